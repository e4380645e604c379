// SPDX-License-Identifier: Apache-2.0
// What server.hpp tells systemd: that it is ready, and, as long as every thread that serves does its work, that it lives.
#include <boost/asio/post.hpp>

#include "eas451/io/log/log.hpp"
#include "server.hpp"

namespace eas451 {
namespace {

/// In the time after which systemd gives us up: so often we look, and a thread may miss two looks.
constexpr int rounds_of_watchdog = 4;

}  // namespace

void Server::note_ready(std::string_view what) {
    notice_.ready(std::string(what) + "; redirect.mode " + std::string(to_string(deployment_->settings.policy.mode)));
}

void Server::watch_for_life() {
    const auto limit = notice_.watchdog();
    if (!limit) return;
    // While we drain, the threads end one after the other, and the drain's own limit holds.
    if (echoes_awaited_ == 0 || draining_) {
        notice_.is_alive();
        ask_for_echoes();
    } else {
        log::error("watchdog: " + std::to_string(echoes_awaited_) + " threads do nothing of what they are given");
    }
    watchdog_timer_.expires_after(*limit / rounds_of_watchdog);
    watchdog_timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error && !has_ended()) watch_for_life();
    });
}

void Server::ask_for_echoes() {
    if (draining_) return;
    const auto echo = [this] { boost::asio::post(loop_, [this] { --echoes_awaited_; }); };
    echoes_awaited_ = workers_.size() + 1;
    for (const auto& worker : workers_) worker->echo(echo);
    directory_loop_->echo(echo);
}

}  // namespace eas451
