// SPDX-License-Identifier: Apache-2.0
#include "addresses.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

#include "eas451/core/ip_address.hpp"
#include "eas451/core/smtp_address.hpp"
#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

namespace ip = boost::asio::ip;

std::optional<ip::address> parse_address(std::string_view text) {
    // A zone ("%eth0") would be looked up in the system.
    if (text.find('%') != std::string_view::npos) return std::nullopt;
    boost::system::error_code error;
    const auto address = ip::make_address(std::string(text), error);
    if (error) return std::nullopt;
    return address;
}

std::optional<unsigned> parse_number(std::string_view text, unsigned most) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number > most) return std::nullopt;
    return number;
}

}  // namespace

bool BindAddress::is_loopback() const {
    const auto parsed = parse_address(address);
    if (!parsed) return false;
    if (parsed->is_v6() && parsed->to_v6().is_v4_mapped()) {
        return ip::make_address_v4(ip::v4_mapped, parsed->to_v6()).is_loopback();
    }
    return parsed->is_loopback();
}

std::string BindAddress::to_string() const {
    const bool is_v6 = address.find(':') != std::string::npos;
    return (is_v6 ? '[' + address + ']' : address) + ':' + std::to_string(port);
}

std::optional<BindAddress> parse_bind_address(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto port = parse_number(text.substr(colon + 1), 65535);
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    const auto address = parse_address(host);
    if (!port || !address || address->is_v6() != bracketed) return std::nullopt;
    return BindAddress{address->to_string(), static_cast<std::uint16_t>(*port)};
}

std::optional<BindAddress> parse_name_server(std::string_view text) {
    constexpr std::uint16_t domain_port = 53;
    if (const auto alone = parse_address(text)) return BindAddress{alone->to_string(), domain_port};
    const bool is_bracketed_alone = text.size() > 2 && text.front() == '[' && text.back() == ']';
    auto whole = parse_bind_address(is_bracketed_alone ? std::string(text) + ":53" : std::string(text));
    if (whole && whole->port == 0) return std::nullopt;
    return whole;
}

Network parse_network(std::string_view text) {
    const auto network = IpNetwork::parse(text);
    if (!network) return {};
    const bool has_bits_behind = IpAddress::parse(text.substr(0, text.find('/'))) != network->address();
    if (has_bits_behind) return {std::nullopt, network->to_string()};
    return {network->to_string(), network->to_string()};
}

std::optional<std::string> parse_server_url(std::string_view text, std::string_view scheme) {
    const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
    if (parsed.has_error()) return std::nullopt;
    const auto& url = *parsed;
    const boost::core::string_view host = url.encoded_host();
    const bool is_host = url.host_type() == boost::urls::host_type::ipv4 ||
                         url.host_type() == boost::urls::host_type::ipv6 || is_domain_name({host.data(), host.size()});
    const bool is_plain = !url.has_userinfo() && url.encoded_path().empty() && !url.has_query() && !url.has_fragment();
    const bool is_port = !url.has_port() || url.port_number() != 0;
    const boost::core::string_view found = url.scheme();
    if (!equals_ignore_case({found.data(), found.size()}, scheme) || !is_host || !is_plain || !is_port) {
        return std::nullopt;
    }
    return ascii_lower(text);
}

std::string mask_password(std::string url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string::npos) return url;
    const std::size_t start = scheme + 3;
    const std::size_t end = std::min(url.find_first_of("/?#", start), url.size());
    const std::size_t at = url.substr(0, end).rfind('@');
    if (at == std::string::npos || at < start) return url;
    const std::size_t colon = url.find(':', start);
    if (colon >= at) return url;
    return url.replace(colon + 1, at - colon - 1, "***");
}

}  // namespace eas451
