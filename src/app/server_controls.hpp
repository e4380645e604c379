// SPDX-License-Identifier: Apache-2.0
// ServerControls: what administrators may ask of the running server, and have it do. Everything on the control loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "eas451/io/directory/directory.hpp"
#include "eas451/io/exchange/exchange_servers.hpp"

namespace eas451 {

/// How a reload ended.
struct ReloadReport {
    std::chrono::system_clock::time_point ended;
    std::vector<std::string> mistakes;       // one sentence each; not empty: nothing was changed
    std::vector<std::string> needs_restart;  // keys of the configuration that changed; the rest is applied
};

struct ServerStatus {
    std::chrono::system_clock::time_point started;
    std::chrono::steady_clock::duration uptime{};
    bool draining = false;
    std::size_t workers = 0;
    std::size_t connections = 0;  // of devices
    std::shared_ptr<const ExchangeServers> exchange;  // null: nothing is passed on
    std::optional<ReloadReport> last_reload;
};

class ServerControls {
public:
    virtual ~ServerControls() = default;

    [[nodiscard]] virtual ServerStatus status() const = 0;
    [[nodiscard]] virtual std::uint64_t dropped_log_lines() const = 0;
    /// Asks the directory on its own loop; Unavailable at the deadline.
    virtual boost::asio::awaitable<LoginAnswer> ask(std::shared_ptr<Directory> directory, LoginQuestion question,
                                                    SteadyTime deadline) = 0;
    /// Reads the configuration as SIGHUP has it read; where one reload is under way already, in one more after it, and all
    /// who ask meanwhile share that one. Nothing: it has not ended by the deadline, or the server is stopping.
    virtual boost::asio::awaitable<std::optional<ReloadReport>> reload(SteadyTime deadline) = 0;
};

}  // namespace eas451
