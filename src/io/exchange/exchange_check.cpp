// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/exchange/exchange_check.hpp"

#include <boost/asio/this_coro.hpp>
#include <ctime>

#include "eas451/io/net/certificate_age.hpp"
#include "server_watch.hpp"

namespace eas451 {
namespace {

std::string challenge_fact(const std::optional<std::string>& lines) {
    if (!lines) return "it does not answer a request without a token by 401, so whether it offers modern authentication is not known";
    return lines->empty() ? "no modern authentication offered (its 401 has no Bearer challenge)" : "modern authentication offered (Bearer)";
}

std::string text_of(const boost::asio::ip::tcp::endpoint& address) {
    const std::string text = address.address().to_string();
    return (address.address().is_v6() ? '[' + text + ']' : text) + ':' + std::to_string(address.port());
}

}  // namespace

boost::asio::awaitable<ExchangeFindings> check_exchange_servers(ExchangeWatchOptions options) {
    const auto loop = co_await boost::asio::this_coro::executor;
    ExchangeFindings findings;
    for (const std::string& url : options.servers) {
        const ServerWatchEvents nobody;
        const auto server = std::make_shared<ServerWatch>(loop, options.tls, ExchangeServer::at(url), options.times, nobody);
        const auto why = co_await server->check();
        if (why) {
            findings.errors.push_back("exchange: " + url + ": " + *why);
        } else {
            findings.facts.push_back("exchange: " + url + " is up at " + text_of(server->server().addresses.front()));
            const auto lines = co_await server->ask_challenge();
            findings.facts.push_back("exchange: " + url + ": " + challenge_fact(lines));
            const ExchangeReply& last = server->last_reply();
            if (!last.version.empty()) findings.versions.push_back(url + " " + last.version);
            if (last.certificate_expiry) {
                const auto soon = expires_soon(*last.certificate_expiry, std::time(nullptr));
                if (soon) findings.warnings.push_back("exchange: " + url + ": its certificate " + *soon);
            }
        }
        server->stop();
    }
    co_return findings;
}

}  // namespace eas451
