// SPDX-License-Identifier: Apache-2.0
// The part of server.hpp that looks at Exchange: on behalf of the workers, and before anybody is served.
#include "eas451/io/log/log.hpp"
#include "server.hpp"

namespace eas451 {

/// Those that a former watch knew are taken over as it knew them: a reload is no outage.
void Server::watch_exchange(const Deployment& deployment) {
    const auto former = exchange_watch_ ? exchange_watch_->servers() : nullptr;
    exchange_watch_.reset();
    const auto tell_workers = [this](const std::shared_ptr<const ExchangeServers>& servers) {
        const auto suspicion = exchange_watch_ ? exchange_watch_->suspicion() : ExchangeWatch::Suspicion();
        for (const auto& worker : workers_) worker->set_exchange_servers(servers, suspicion);
    };
    if (!deployment.exchange) return tell_workers(nullptr);
    ExchangeWatchOptions options = *deployment.exchange;
    options.former = former;
    ExchangeWatchEvents events;
    events.changed = [this, tell_workers](const std::shared_ptr<const ExchangeServers>& servers) {
        tell_workers(servers);
        if (servers->is_known()) first_look_.cancel();
    };
    events.tell = [](LogLevel level, const std::string& text) { log::say(level, text); };
    events.metrics = &metrics_;
    exchange_watch_.emplace(loop_.get_executor(), std::move(options), std::move(events));
    tell_workers(exchange_watch_->servers());
}

/// Not before the first look at Exchange: local users who come in those milliseconds would be told that it is down. Who
/// connects meanwhile waits in the kernel.
void Server::start_listening_once_exchange_is_known() {
    if (!deployment_->exchange) return start_listening();
    first_look_.expires_after(deployment_->exchange->times.limit);
    first_look_.async_wait([this](const boost::system::error_code&) {
        if (!draining_) start_listening();
    });
}

void Server::start_listening() {
    for (const Endpoint& endpoint : endpoints_) {
        endpoint.listener->start();
        const BindAddress bound{endpoint.bind.address, endpoint.listener->port()};
        log::always("listening on " + std::string(endpoint.tls != nullptr ? "https" : "http") + "://" + bound.to_string());
    }
    note_ready("serving");
}

}  // namespace eas451
