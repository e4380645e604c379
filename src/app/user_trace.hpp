// SPDX-License-Identifier: Apache-2.0
// log.trace_users: whose requests the log tells step by step, and until when. Ends by itself, so that nobody forgets it.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/recipient.hpp"
#include "eas451/io/config/settings.hpp"

namespace eas451 {

/// The users of one list and the time they are traced for. Off until begin(). Any thread.
class UserTrace {
public:
    /// `users`: of named_users().
    UserTrace(std::vector<std::string> users, std::chrono::milliseconds lasts) : users_(std::move(users)), lasts_(lasts) {}

    /// Null: nobody is traced. Where the settings name the users and the time that `former` has, that one: it goes on, or has
    /// ended, and does not begin anew.
    static std::shared_ptr<UserTrace> of(const Settings& settings, std::shared_ptr<UserTrace> former);

    void begin(SteadyTime now) { until_ = (now + lasts_).time_since_epoch().count(); }
    void end() { until_ = SteadyTime::min().time_since_epoch().count(); }
    [[nodiscard]] bool is_on(SteadyTime now) const { return now.time_since_epoch().count() < until_; }
    /// Who was found; where nobody was, the login as it was typed, or the User of the query where there is none.
    [[nodiscard]] bool names(const Recipient* recipient, std::string_view login) const;

    [[nodiscard]] const std::vector<std::string>& users() const { return users_; }
    [[nodiscard]] std::chrono::milliseconds lasts() const { return lasts_; }

private:
    const std::vector<std::string> users_;
    const std::chrono::milliseconds lasts_;
    std::atomic<SteadyTime::rep> until_{SteadyTime::min().time_since_epoch().count()};
};

/// Begins traces and ends them in time, and says both in the log. The control loop's thread.
class TraceWatch {
public:
    explicit TraceWatch(boost::asio::io_context& loop) : timer_(loop) {}
    /// That of the deployment that serves from now on. One that is watched already goes on as it is.
    void use(std::shared_ptr<UserTrace> trace);
    /// So that the loop can end.
    void stop() { timer_.cancel(); }

private:
    void end(const std::string& why);

    boost::asio::steady_timer timer_;
    std::shared_ptr<UserTrace> trace_;
};

}  // namespace eas451
