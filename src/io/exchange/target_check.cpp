// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/exchange/target_check.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "eas451/core/text.hpp"
#include "eas451/io/net/name_lookup.hpp"
#include "exchange_probe.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;

constexpr auto as_result = net::as_tuple(net::use_awaitable);

/// A name that is being looked up. What is under way when nobody waits any more holds it.
struct Resolving {
    explicit Resolving(const net::any_io_executor& loop) : ended(loop) {}
    net::steady_timer ended;  // cancelled then
    bool is_done = false;
    boost::system::error_code error;
    NameLookup::Endpoints endpoints;
    std::shared_ptr<std::string> canonical = std::make_shared<std::string>();
};

std::string alias_of(const std::string& host, std::string_view canonical) {
    if (canonical.ends_with('.')) canonical.remove_suffix(1);
    std::string name = ascii_lower(canonical);
    return name == host ? std::string() : name;
}

net::awaitable<void> resolve(ExchangeServer& server, TargetFacts& facts, std::chrono::milliseconds limit) {
    const net::any_io_executor loop = co_await net::this_coro::executor;
    const auto resolving = std::make_shared<Resolving>(loop);
    auto take = [resolving](const boost::system::error_code& error, NameLookup::Endpoints found) {
        resolving->is_done = true;
        resolving->error = error;
        resolving->endpoints = std::move(found);
        resolving->ended.cancel();
    };
    resolving->ended.expires_after(limit);
    const auto call = NameLookup::start(loop, server.host, server.port, std::move(take), resolving->canonical);
    if (!resolving->is_done) co_await resolving->ended.async_wait(as_result);
    call->abandon();
    if (!resolving->is_done) {
        facts.trouble = "its name was not resolved in time";
    } else if (resolving->error) {
        facts.trouble = "its name is not resolved: " + resolving->error.message();
    } else if (resolving->endpoints.empty()) {
        facts.trouble = "its name has no address";
    } else {
        if (resolving->endpoints.size() > ExchangeServer::most_addresses) resolving->endpoints.resize(ExchangeServer::most_addresses);
        server.addresses = std::move(resolving->endpoints);
        facts.canonical_name = alias_of(server.host, *resolving->canonical);
    }
}

net::awaitable<void> ask(const ExchangeServer& server, TargetFacts& facts, TargetCheckOptions options) {
    const net::any_io_executor loop = co_await net::this_coro::executor;
    const auto probe = std::make_shared<ExchangeProbe>(loop, options.tls, options.limit);
    const auto replied = co_await probe->ask(server, ExchangeQuestion::target);
    if (!replied) {
        facts.trouble = replied.error();
        facts.is_distrusted = probe->is_distrusted();
        co_return;
    }
    facts.status = replied->status;
    facts.speaks_eas = replied->speaks_eas;
    facts.certificate_expiry = replied->certificate_expiry;
    const auto again = std::make_shared<ExchangeProbe>(loop, options.tls, options.limit);
    const auto health = co_await again->ask(server, ExchangeQuestion::health);
    facts.is_eas451 = health && health->is_of_eas451;
}

net::awaitable<void> check_target(ExchangeServer server, TargetFacts& facts, TargetCheckOptions options) {
    if (server.addresses.empty()) co_await resolve(server, facts, options.limit);
    for (const auto& endpoint : server.addresses) facts.addresses.push_back(endpoint.address());
    if (facts.trouble.empty()) co_await ask(server, facts, options);
}

}  // namespace

std::vector<TargetFacts> check_targets(const std::vector<std::string>& targets, const TargetCheckOptions& options) {
    net::io_context loop(1);
    std::vector<TargetFacts> all(targets.size());
    std::exception_ptr failure;
    const auto ended = [&failure](const std::exception_ptr& thrown) {
        if (thrown) failure = thrown;
    };
    for (std::size_t i = 0; i < targets.size(); ++i) {
        ExchangeServer server = ExchangeServer::at(targets[i]);
        all[i].host = server.host;
        all[i].port = server.port;
        auto work = check_target(std::move(server), all[i], options);
        net::co_spawn(loop, std::move(work), ended);
    }
    loop.run();
    if (failure) std::rethrow_exception(failure);
    return all;
}

}  // namespace eas451
