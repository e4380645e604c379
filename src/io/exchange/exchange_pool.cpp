// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/exchange/exchange_pool.hpp"

#include <algorithm>

#include "exchange_connection.hpp"

namespace eas451 {

ExchangePool::ExchangePool(boost::asio::io_context& loop) : loop_(loop) {}

ExchangePool::~ExchangePool() = default;

void ExchangePool::set_options(ExchangePoolOptions options) {
    options_ = std::move(options);
    kept_.clear();
}

void ExchangePool::set_servers(std::shared_ptr<const ExchangeServers> servers, std::function<void(std::size_t)> suspect) {
    servers_ = std::move(servers);
    suspect_ = std::move(suspect);
    // Of a server that is gone, or down, none is kept: it may have come back as another.
    std::erase_if(kept_, [this](const Kept& kept) {
        if (servers_ == nullptr) return true;
        return std::ranges::none_of(servers_->servers, [&](const ExchangeServer& server) { return server.is_up && server.url == kept.url; });
    });
}

void ExchangePool::suspect(std::size_t server) const {
    if (suspect_) suspect_(server);
}

ExchangePool::Kept& ExchangePool::kept_of(const std::string& url) {
    const auto found = std::ranges::find(kept_, url, &Kept::url);
    return found != kept_.end() ? *found : kept_.emplace_back(Kept{url, {}});
}

std::unique_ptr<ExchangeConnection> ExchangePool::take(const ExchangeServer& server) {
    auto& connections = kept_of(server.url).connections;
    while (!connections.empty()) {
        auto connection = std::move(connections.back());
        connections.pop_back();
        if (connection->is_quiet()) return connection;
    }
    return nullptr;
}

void ExchangePool::keep(const ExchangeServer& server, std::unique_ptr<ExchangeConnection> connection) {
    auto& connections = kept_of(server.url).connections;
    if (connections.size() >= options_.most_kept) return;
    connection->was_used = true;
    connection->rests = false;
    connection->idle_since = std::chrono::steady_clock::now();
    connections.push_back(std::move(connection));
}

void ExchangePool::sweep(SteadyTime now) {
    for (Kept& kept : kept_) {
        const auto first_young = std::ranges::find_if(kept.connections, [&](const auto& connection) {
            return connection->idle_since + options_.idle > now;
        });
        kept.connections.erase(kept.connections.begin(), first_young);
        for (const auto& connection : kept.connections) {
            if (!connection->rests && connection->idle_since + rest_after <= now) connection->rest();
        }
    }
}

std::size_t ExchangePool::kept() const {
    std::size_t count = 0;
    for (const Kept& kept : kept_) count += kept.connections.size();
    return count;
}

}  // namespace eas451
