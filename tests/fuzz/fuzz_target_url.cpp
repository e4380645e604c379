// SPDX-License-Identifier: Apache-2.0
// Any bytes as a TargetOwaURL, an EAS URL or a targetAddress. Oracle: what devices are sent to is always
// https://HOST[:PORT]/Microsoft-Server-ActiveSync with a clean host, whatever it was made of, and is its own
// EAS URL; and a domain of an address is a piece of that address.
#include <algorithm>
#include <string>

#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/smtp_address.hpp"
#include "eas451/core/text.hpp"
#include "fuzz_input.hpp"

namespace {

using namespace eas451;

void check_host(std::string_view host) {
    require(!host.empty() && host == ascii_lower(host));
    const auto is_clean = [](char c) { return is_visible(c) && std::string_view("/?#@\\\"<>").find(c) == std::string_view::npos; };
    require(std::ranges::all_of(host, is_clean));
    // A name is one of DNS; what is in brackets is an address.
    require(is_domain_name(host) || host.starts_with('['));
}

void check_made(const Result<EasUrl, UrlFault>& made, bool may_have_port) {
    if (!made) {
        require(!to_string(made.error()).empty());
        return;
    }
    check_host(made->host);
    std::string_view url = made->url;
    require(url.starts_with("https://" + made->host) && url.ends_with(eas_path));
    url = url.substr(8 + made->host.size(), url.size() - 8 - made->host.size() - eas_path.size());
    require(url.empty() != made->has_port && (may_have_port || url.empty()));
    if (!url.empty()) {
        require(url[0] == ':' && url.size() >= 2 && url.size() <= 6 && std::ranges::all_of(url.substr(1), is_ascii_digit));
        const int port = std::stoi(std::string(url.substr(1)));
        require(port >= 1 && port <= 65535);
    }
    const auto again = eas_url_from_override(made->url);
    require(again.has_value() && again->url == made->url && again->host == made->host);
}

void check_addresses(std::string_view text) {
    if (const auto domain = remote_routing_domain(text)) {
        require(is_domain_name(*domain) && text.ends_with(*domain) && text[text.size() - domain->size() - 1] == '@');
    }
    if (const auto address = SmtpAddress::parse(text)) {
        require(address->domain == ascii_lower(address->domain) && !contains_control(address->local_part));
        require(equals_ignore_case(address->local_part + '@' + address->domain, text));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_made(eas_url_from_owa_url(text), false);
    check_made(eas_url_from_override(text), true);
    if (const auto host = https_host(text)) check_host(*host);
    check_addresses(text);
    return 0;
}
