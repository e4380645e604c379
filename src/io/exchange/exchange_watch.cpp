// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/exchange/exchange_watch.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/post.hpp>
#include <utility>

#include "eas451/io/metrics/metrics.hpp"
#include "server_watch.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;

ExchangeServer begin_as(ExchangeServer server, const ExchangeServers* former) {
    if (former == nullptr) return server;
    const auto same = std::ranges::find(former->servers, server.url, &ExchangeServer::url);
    return same == former->servers.end() ? server : *same;
}

/// Those that were told and not looked at yet: one for each server, however many tell.
class Suspicions {
public:
    Suspicions(net::any_io_executor loop, std::vector<std::weak_ptr<ServerWatch>> watches)
        : loop_(std::move(loop)), watches_(std::move(watches)) {}

    static void take(const std::shared_ptr<Suspicions>& self, std::size_t server) {
        if (server >= self->watches_.size() || self->pending_[server].exchange(true)) return;
        net::post(self->loop_, [self, server] {
            self->pending_[server] = false;
            if (const auto watch = self->watches_[server].lock()) watch->suspect();
        });
    }

private:
    net::any_io_executor loop_;
    std::vector<std::weak_ptr<ServerWatch>> watches_;
    std::array<std::atomic<bool>, ExchangeServers::most> pending_{};
};

}  // namespace

ExchangeWatch::ExchangeWatch(const net::any_io_executor& loop, ExchangeWatchOptions options, ExchangeWatchEvents events)
    : times_(options.times), events_(std::move(events)) {
    if (options.former != nullptr) challenges_ = options.former->challenges;
    const ServerWatchEvents told{
        [this] { publish(); }, [this](LogLevel level, const std::string& text) { tell(level, text); },
        [this] { return begin_challenge(); },
        [this](const std::string& server, const std::optional<std::string>& lines) { end_challenge(server, lines); }};
    options.servers.resize(std::min(options.servers.size(), ExchangeServers::most));
    auto servers = std::make_shared<ExchangeServers>();
    std::vector<std::weak_ptr<ServerWatch>> watches;
    for (const std::string& url : options.servers) {
        servers->servers.push_back(begin_as(ExchangeServer::at(url), options.former.get()));
        watches_.push_back(std::make_shared<ServerWatch>(loop, options.tls, servers->servers.back(), times_, told));
        watches.push_back(watches_.back());
        if (events_.metrics == nullptr) continue;
        events_.metrics->add_exchange(url);
        events_.metrics->set_exchange_up(url, servers->servers.back().is_up);
    }
    servers->challenges = challenges_;
    servers_ = std::move(servers);
    const auto suspicions = std::make_shared<Suspicions>(loop, std::move(watches));
    suspicion_ = [suspicions](std::size_t server) { Suspicions::take(suspicions, server); };
    for (const auto& watch : watches_) watch->start();
}

ExchangeWatch::~ExchangeWatch() {
    for (const auto& watch : watches_) {
        watch->stop();
        if (events_.metrics != nullptr) events_.metrics->remove_exchange(watch->server().url);
    }
}

void ExchangeWatch::tell(LogLevel level, const std::string& text) const {
    if (events_.tell) events_.tell(level, text);
}

void ExchangeWatch::publish() {
    ExchangeServers seen;
    for (const auto& watch : watches_) {
        seen.servers.push_back(watch->server());
        if (events_.metrics != nullptr) events_.metrics->set_exchange_up(watch->server().url, watch->server().is_up);
    }
    seen.challenges = challenges_;
    if (seen == *servers_) return;
    servers_ = std::make_shared<const ExchangeServers>(std::move(seen));
    if (events_.changed) events_.changed(servers_);
}

bool ExchangeWatch::begin_challenge() {
    if (std::chrono::steady_clock::now() < challenge_due_) return false;
    return !std::exchange(asks_for_challenge_, true);
}

/// While nobody tells one, the former stays, and the next server that is well is asked.
void ExchangeWatch::end_challenge(const std::string& server, const std::optional<std::string>& lines) {
    asks_for_challenge_ = false;
    if (!lines) return;
    challenge_due_ = std::chrono::steady_clock::now() + times_.challenge_every;
    const bool is_new = !std::exchange(challenge_was_told_, true) || *lines != challenges_;
    challenges_ = *lines;
    publish();
    if (is_new) tell(LogLevel::info, "exchange: " + server + (lines->empty() ? " offers no modern authentication" : " offers modern authentication"));
}

}  // namespace eas451
