// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/eas_endpoint.hpp"

#include "eas451/core/eas_request.hpp"
#include "eas451/core/text.hpp"
#include "http_url.hpp"

namespace eas451 {
namespace {

using Endpoint = Result<EasEndpoint, std::string_view>;

constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t https_port = 443;

Endpoint no(std::string_view why) {
    return {boost::system::in_place_error, why};
}

std::string without_brackets(const std::string& host) {
    return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

Endpoint endpoint_of(const HttpUrl& url) {
    if (url.has_more) return no("it holds a query or a fragment");
    EasEndpoint made;
    made.tls = url.scheme == "https";
    made.host = without_brackets(url.host);
    made.port = url.port.empty() ? (made.tls ? https_port : http_port) : *parse_port(url.port);
    made.path = url.path.empty() || url.path == "/" ? std::string(eas_path) : url.path;
    if (made.path.size() > max_target_bytes / 2) return no("its path is too long");
    return made;
}

}  // namespace

std::string EasEndpoint::authority() const {
    std::string text = host.find(':') == std::string::npos ? host : '[' + host + ']';
    if (port != (tls ? https_port : http_port)) text += ':' + std::to_string(port);
    return text;
}

std::string EasEndpoint::url() const {
    return (tls ? "https://" : "http://") + authority() + path;
}

Endpoint parse_typed_endpoint(std::string_view text) {
    const bool is_absolute = text.find("://") != std::string_view::npos;
    const auto url = parse_http_url(is_absolute ? std::string(text) : "https://" + std::string(text));
    return url ? endpoint_of(*url) : no(to_string(url.error()));
}

Endpoint parse_location(std::string_view text) {
    const auto url = parse_http_url(text);
    if (!url) return no(to_string(url.error()));
    if (url->scheme != "https") return no("not an https URL");
    return endpoint_of(*url);
}

Result<ConnectTo, std::string_view> parse_connect_to(std::string_view text) {
    constexpr std::string_view form = "not HOST:PORT";
    if (text.find('/') != std::string_view::npos) return {boost::system::in_place_error, form};
    const auto url = parse_http_url("https://" + std::string(text));
    if (!url || url->has_more) return {boost::system::in_place_error, form};
    return ConnectTo{without_brackets(url->host), url->port.empty() ? https_port : *parse_port(url->port)};
}

}  // namespace eas451
