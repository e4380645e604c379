// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/exchange/exchange_pool.hpp"

#include <algorithm>

#include "exchange_connection.hpp"

namespace eas451 {
namespace {

constexpr std::chrono::milliseconds between_sweeps{1000};

SteadyTime steady_now() { return std::chrono::steady_clock::now(); }

}  // namespace

ExchangePool::ExchangePool(boost::asio::io_context& loop) : loop_(loop), timer_(loop) {}

ExchangePool::~ExchangePool() = default;

void ExchangePool::set_options(ExchangePoolOptions options) {
    options_ = std::make_shared<const ExchangePoolOptions>(std::move(options));
    kept_.clear();
}

void ExchangePool::set_servers(std::shared_ptr<const ExchangeServers> servers, std::function<void(std::size_t)> suspect) {
    servers_ = std::move(servers);
    suspect_ = std::move(suspect);
    // Of a server that is gone, or down, none is kept: it may have come back as another.
    std::erase_if(kept_, [this](const Kept& kept) { return !is_up(kept.url); });
}

bool ExchangePool::is_up(const std::string& url) const {
    if (servers_ == nullptr) return false;
    return std::ranges::any_of(servers_->servers, [&](const ExchangeServer& server) { return server.is_up && server.url == url; });
}

void ExchangePool::suspect(const std::string& url) const {
    if (!suspect_ || servers_ == nullptr) return;
    const auto found = std::ranges::find(servers_->servers, url, &ExchangeServer::url);
    if (found != servers_->servers.end()) suspect_(static_cast<std::size_t>(found - servers_->servers.begin()));
}

std::unique_ptr<ExchangeConnection> ExchangePool::take(const ExchangeServer& server) {
    const auto found = std::ranges::find(kept_, server.url, &Kept::url);
    if (found == kept_.end()) return nullptr;
    auto& connections = found->connections;
    const SteadyTime oldest = steady_now() - options_->idle;
    while (!connections.empty()) {
        auto connection = std::move(connections.back());
        connections.pop_back();
        if (connection->idle_since > oldest && connection->is_quiet()) return connection;
    }
    return nullptr;
}

void ExchangePool::keep(const ExchangeServer& server, std::unique_ptr<ExchangeConnection> connection) {
    if (is_closed_ || connection->options() != options_ || !is_up(server.url)) return;
    auto found = std::ranges::find(kept_, server.url, &Kept::url);
    if (found == kept_.end()) found = kept_.insert(kept_.end(), Kept{server.url, {}});
    if (found->connections.size() >= options_->most_kept) return;
    connection->rests = false;
    connection->idle_since = steady_now();
    found->connections.push_back(std::move(connection));
    arm();
}

void ExchangePool::close() {
    is_closed_ = true;
    kept_.clear();
    timer_.cancel();
}

/// With a timer of its own: a worker that serves nobody has no other.
void ExchangePool::arm() {
    if (is_armed_) return;
    is_armed_ = true;
    const bool all_rest = std::ranges::all_of(kept_, [](const Kept& kept) {
        return std::ranges::all_of(kept.connections, [](const auto& connection) { return connection->rests; });
    });
    timer_.expires_after(all_rest ? between_sweeps : rest_after);
    timer_.async_wait([this](const boost::system::error_code& error) {
        is_armed_ = false;
        if (!error) sweep(steady_now());
    });
}

void ExchangePool::sweep(SteadyTime now) {
    for (Kept& kept : kept_) {
        const auto first_young = std::ranges::find_if(
            kept.connections, [&](const auto& connection) { return connection->idle_since + options_->idle > now; });
        kept.connections.erase(kept.connections.begin(), first_young);
        for (const auto& connection : kept.connections) {
            if (!connection->rests && connection->idle_since + rest_after <= now) connection->rest();
        }
    }
    if (kept() != 0) arm();
}

std::size_t ExchangePool::kept() const {
    std::size_t count = 0;
    for (const Kept& kept : kept_) count += kept.connections.size();
    return count;
}

}  // namespace eas451
