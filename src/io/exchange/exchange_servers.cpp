// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/exchange/exchange_servers.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <stdexcept>

#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

constexpr std::string_view scheme = "https://";

/// The last steps of splitmix64: every bit of the number reaches every bit of the result.
std::uint64_t mixed(std::uint64_t number) {
    number += 0x9e3779b97f4a7c15U;
    number = (number ^ (number >> 30U)) * 0xbf58476d1ce4e5b9U;
    number = (number ^ (number >> 27U)) * 0x94d049bb133111ebU;
    return number ^ (number >> 31U);
}

}  // namespace

std::uint64_t user_number(std::string_view identity) {
    std::uint64_t number = 0xcbf29ce484222325U;  // FNV-1a
    for (const char c : identity) number = (number ^ static_cast<unsigned char>(ascii_lower(c))) * 0x100000001b3U;
    return mixed(number);
}

ExchangeServer ExchangeServer::at(std::string_view url) {
    constexpr std::uint16_t https_port = 443;
    const auto parsed = boost::urls::parse_uri({url.data(), url.size()});
    if (parsed.has_error() || !url.starts_with(scheme)) throw std::invalid_argument("no Exchange server: " + std::string(url));
    ExchangeServer server;
    server.url = url;
    server.host = parsed->host_type() == boost::urls::host_type::ipv6 ? parsed->host_ipv6_address().to_string().c_str()
                                                                      : std::string(parsed->host_address());
    server.port = parsed->has_port() && parsed->port_number() != 0 ? parsed->port_number() : https_port;
    server.hash = user_number(url);
    server.why_down = "not checked yet";
    boost::system::error_code is_a_name;
    const auto address = boost::asio::ip::make_address(server.host, is_a_name);
    if (!is_a_name) server.addresses.emplace_back(address, server.port);
    return server;
}

std::string_view ExchangeServer::authority() const { return std::string_view(url).substr(scheme.size()); }

bool ExchangeServers::any_up() const { return std::ranges::any_of(servers, &ExchangeServer::is_up); }

bool ExchangeServers::is_known() const { return any_up() || std::ranges::all_of(servers, &ExchangeServer::was_checked); }

ExchangeOrder ExchangeServers::order_for(std::uint64_t user) const {
    std::array<std::uint64_t, most> weights{};
    ExchangeOrder found;
    for (std::size_t i = 0; i < std::min(servers.size(), most); ++i) {
        weights[i] = mixed(user ^ servers[i].hash);
        if (servers[i].is_up) found.push_back(i);
    }
    const auto comes_before = [&](std::uint8_t a, std::uint8_t b) {
        return weights[a] != weights[b] ? weights[a] > weights[b] : servers[a].url < servers[b].url;
    };
    found.sort(comes_before);
    return found;
}

}  // namespace eas451
