// SPDX-License-Identifier: Apache-2.0
// OrganizationWatch: has the server that the organization relationships were read from tell when one of
// them changes, so that they are read again at once and not only by the clock. What a change was is never
// looked at: everything is read anew.
//
// After each placing there is one more reading, which sees what changed between the reading before and the
// placing. The clock goes on beside it: nobody tells of a relationship that is deleted or moved away, which
// leaves the watched container without having been changed in it.
//
// On the directory loop's thread only, held by shared_ptr.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ldap_organization.hpp"

namespace eas451 {

struct OrganizationWatchTimes {
    /// From a change to the reading: changes come in groups.
    std::chrono::milliseconds gathering{200};
    /// From the begin of a reading to that of the next one for a change.
    std::chrono::milliseconds between_readings{1000};
    /// A watch that ends sooner was not taken.
    std::chrono::milliseconds taken_after = std::chrono::seconds(10);
    /// A server that does not take it is asked again after this.
    std::chrono::milliseconds refused_for = std::chrono::minutes(15);
};

class OrganizationWatch : public std::enable_shared_from_this<OrganizationWatch> {
public:
    /// So often in a row may a connection be lost soon after a watch was placed on it; then the watch
    /// counts as the reason, and as refused.
    static constexpr unsigned max_early_losses = 3;

    /// `wake` ends the waiting for the next reading; `tell` is given lines for the log, when watching begins or ends.
    OrganizationWatch(const boost::asio::any_io_executor& loop, std::function<void()> wake,
                      std::function<void(const std::string&)> tell, OrganizationWatchTimes times = {});

    void reading_begins(SteadyTime now);
    /// After a good reading: watches what was read where it was read, if it is not watched there already.
    void follow(LdapServers& servers, const LdapOrganization& read);
    /// A reading is due now.
    [[nodiscard]] bool wants_reading() const { return wants_reading_; }
    /// No call of what was given from here on.
    void stop();

private:
    /// Another server came up during the reading, as at start.
    [[nodiscard]] static bool is_overtaken(const LdapServers& servers, const LdapOrganization& read);
    void place(LdapServers& servers, const LdapOrganization& read);
    void ended(const LdapWatchEnd& why);
    void end_watch();
    void demand_reading();
    void say(std::string line);

    boost::asio::steady_timer due_;
    std::function<void()> wake_;
    std::function<void(const std::string&)> tell_;
    OrganizationWatchTimes times_;
    std::shared_ptr<LdapWatch> watch_;  // while there is one
    SteadyTime placed_at_{};
    std::string server_;                   // of the watch, or of the last one
    std::vector<std::string> containers_;  // the same, also those for which there is no room
    unsigned early_losses_ = 0;
    std::string refused_by_;
    SteadyTime refused_until_{};
    SteadyTime reading_begun_{};
    bool was_overtaken_ = false;
    bool is_demanded_ = false;
    bool wants_reading_ = false;
    std::string last_line_;
    bool stopped_ = false;
};

}  // namespace eas451
