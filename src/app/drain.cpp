// SPDX-License-Identifier: Apache-2.0
// The end of server.hpp: from SIGTERM until the last worker has ended.
#include "eas451/io/log/log.hpp"
#include "server.hpp"

namespace eas451 {

void Server::begin_drain() {
    draining_ = true;
    reload_ended_.wake_all();
    look_before_reload_.cancel();
    readiness_.begin_draining();
    notice_.stopping("no new connections; those that are busy end");
    log::always("stopping: no new connections, " + std::to_string(deployment_->settings.limits.drain.count() / 1000) +
                " s for those that are busy");
    for (const Endpoint& endpoint : endpoints_) endpoint.listener->stop();
    for (const auto& worker : workers_) worker->drain();
    drain_timer_.expires_after(deployment_->settings.limits.drain);
    drain_timer_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        log::warning("the drain limit has passed: sessions are cut");
        for (const auto& worker : workers_) worker->abort();
    });
}

void Server::worker_ended() {
    if (--workers_running_ != 0) return;
    drain_timer_.cancel();
    signals_.cancel();
    first_look_.cancel();
    watchdog_timer_.cancel();
    trace_watch_.stop();
    exchange_watch_.reset();
    next_watch_.reset();
    if (admin_listener_ != nullptr) admin_listener_->stop();
    admin_tasks_.abort();
}

}  // namespace eas451
