// SPDX-License-Identifier: Apache-2.0
// The part of server.hpp that looks at Exchange: on behalf of the workers, and before anybody is served by what it sees.
#include "eas451/io/log/log.hpp"
#include "server.hpp"

namespace eas451 {

/// One that the workers are not told of until they are given it (deploy_to_workers). What a former watch knew of the same
/// servers it takes over.
std::unique_ptr<ExchangeWatch> Server::begin_watch(const Deployment& deployment) {
    if (!deployment.exchange) return nullptr;
    ExchangeWatchOptions options = *deployment.exchange;
    if (exchange_watch_ != nullptr) options.former = exchange_watch_->servers();
    ExchangeWatchEvents events;
    events.changed = [this, number = ++watches_begun_](const std::shared_ptr<const ExchangeServers>& servers) {
        if (number == watch_in_use_) tell_workers(servers);
        if (servers->is_known()) (number == watch_in_use_ ? first_look_ : look_before_reload_).cancel();
    };
    events.tell = [](LogLevel level, const std::string& text) { log::say(level, text); };
    events.metrics = &metrics_;
    return std::make_unique<ExchangeWatch>(loop_.get_executor(), std::move(options), std::move(events));
}

void Server::tell_workers(const std::shared_ptr<const ExchangeServers>& servers) {
    for (const auto& worker : workers_) worker->set_exchange_servers(servers, exchange_watch_->suspicion());
}

/// Not before the first look at Exchange: local users who come in those milliseconds would be told that it is down. Who
/// connects meanwhile waits in the kernel.
void Server::start_listening_once_exchange_is_known() {
    exchange_watch_ = begin_watch(*deployment_);
    watch_in_use_ = watches_begun_;
    if (exchange_watch_ == nullptr) return start_listening();
    tell_workers(exchange_watch_->servers());
    first_look_.expires_after(deployment_->exchange->times.limit);
    first_look_.async_wait([this](const boost::system::error_code&) {
        if (!draining_) start_listening();
    });
}

/// What is decided and where it is passed on to change together: a request finds the one with the other.
void Server::deploy_to_workers(const std::shared_ptr<const Deployment>& deployment) {
    const auto former = std::exchange(exchange_watch_, std::move(next_watch_));
    watch_in_use_ = watches_begun_;
    const auto servers = exchange_watch_ != nullptr ? exchange_watch_->servers() : nullptr;
    const auto suspicion = exchange_watch_ != nullptr ? exchange_watch_->suspicion() : ExchangeWatch::Suspicion();
    for (const auto& worker : workers_) worker->deploy(deployment, access_log_, servers, suspicion);
    if (servers == nullptr || servers->is_known()) first_look_.cancel();  // of a start that this reload came into
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
