// SPDX-License-Identifier: Apache-2.0
// ExchangeWatch: keeps an eye on the Exchange servers and publishes who is up, where, and what they say of modern
// authentication.
//
// Each server is checked every `check_every`: its name is resolved, a connection made and verified, and
// /Microsoft-Server-ActiveSync/healthcheck.htm has to answer 200. Two failed checks in a row take a server that is up
// down, two good ones take one up again that was found to be down; the first check ever decides alone. After a failed
// check, and while it is down, the next is `recheck_after` later. A name that cannot be resolved any more does no harm by
// itself: the addresses it had are used.
//
// Everything happens on the loop's thread, but for suspicion(). No wait is longer than three times `limit`, and what is
// under way when this ends is ended too, with the next turns of the loop; nothing is told any more.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "eas451/core/organization_relationship.hpp"
#include "eas451/io/exchange/exchange_servers.hpp"
#include "eas451/io/runtime/log_level.hpp"

namespace boost::asio::ssl {
class context;
}

namespace eas451 {

class Metrics;
class ServerWatch;

struct ExchangeWatchTimes {
    std::chrono::milliseconds check_every = std::chrono::seconds(10);   // limits.exchange_check
    std::chrono::milliseconds limit = std::chrono::seconds(5);          // limits.exchange_connect
    std::chrono::milliseconds recheck_after = std::chrono::seconds(2);  // or check_every, where that is shorter
    /// From the begin of a check to that of the next one that a suspicion asks for.
    std::chrono::milliseconds between_checks = std::chrono::seconds(1);
    std::chrono::milliseconds between_lines = std::chrono::seconds(10);  // that a server went down, or that it is back
    std::chrono::milliseconds challenge_every = std::chrono::minutes(10);
};

struct ExchangeWatchOptions {
    std::vector<std::string> servers;                // URLs as in the settings, ExchangeServers::most at most
    std::shared_ptr<boost::asio::ssl::context> tls;  // of make_client_context()
    ExchangeWatchTimes times;
    /// What another watch published last: a server that is in both begins as it was there, and the challenges go on.
    /// So a reload is no outage. Null: every server is down until its first check.
    std::shared_ptr<const ExchangeServers> former;
};

/// All called on the loop's thread, never by the constructor, and the watch does not end within one.
struct ExchangeWatchEvents {
    std::function<void(std::shared_ptr<const ExchangeServers>)> changed;
    std::function<void(LogLevel, const std::string&)> tell;
    Metrics* metrics = nullptr;  // exchange_up{server}
};

class ExchangeWatch {
public:
    /// Says that a connection to a server could not be made: its index. Any thread, also when the watch is gone, but
    /// not after its loop.
    using Suspicion = std::function<void(std::size_t server)>;

    /// The first checks begin at once.
    ExchangeWatch(const boost::asio::any_io_executor& loop, ExchangeWatchOptions options, ExchangeWatchEvents events);
    ~ExchangeWatch();
    ExchangeWatch(const ExchangeWatch&) = delete;
    ExchangeWatch& operator=(const ExchangeWatch&) = delete;

    /// What was published last, or the state before the first check. Never null.
    [[nodiscard]] std::shared_ptr<const ExchangeServers> servers() const { return servers_; }
    /// A suspected server is checked at once, but not twice within `between_checks`.
    [[nodiscard]] Suspicion suspicion() const { return suspicion_; }

private:
    void publish();
    bool begin_challenge();
    void end_challenge(const std::string& server, const std::optional<std::string>& lines);
    void tell(LogLevel level, const std::string& text) const;

    ExchangeWatchTimes times_;
    ExchangeWatchEvents events_;
    std::vector<std::shared_ptr<ServerWatch>> watches_;
    std::shared_ptr<const ExchangeServers> servers_;
    Suspicion suspicion_;
    std::string challenges_;
    SteadyTime challenge_due_{};
    bool challenge_was_told_ = false;
    bool asks_for_challenge_ = false;
};

}  // namespace eas451
