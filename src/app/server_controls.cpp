// SPDX-License-Identifier: Apache-2.0
// The part of server.hpp that administrators ask.
#include "server_controls.hpp"

#include "server.hpp"

namespace eas451 {

ServerStatus Server::status() const {
    ServerStatus status;
    status.started = started_at_;
    status.uptime = std::chrono::steady_clock::now() - started_;
    status.draining = draining_;
    status.workers = workers_.size();
    for (const auto& worker : workers_) status.connections += worker->load();
    if (exchange_watch_ != nullptr) status.exchange = exchange_watch_->servers();
    status.last_reload = last_reload_;
    return status;
}

boost::asio::awaitable<LoginAnswer> Server::ask(std::shared_ptr<Directory> directory, LoginQuestion question, SteadyTime deadline) {
    return directory_loop_->ask(std::move(directory), std::move(question), deadline);
}

boost::asio::awaitable<std::optional<ReloadReport>> Server::reload(SteadyTime deadline) {
    const std::uint64_t awaited = reloads_ended_ + (reloading_ ? 2 : 1);
    begin_reload();
    bool goes_on = !draining_;
    while (goes_on && reloads_ended_ < awaited) {
        const bool was_woken = co_await reload_ended_.wait(deadline);
        goes_on = was_woken && !draining_;
    }
    if (reloads_ended_ < awaited) co_return std::nullopt;
    co_return last_reload_;
}

}  // namespace eas451
