// SPDX-License-Identifier: Apache-2.0
#include "http_url.hpp"

#include <boost/url.hpp>

#include "eas451/core/smtp_address.hpp"
#include "eas451/core/text.hpp"

namespace eas451 {

Result<HttpUrl, UrlFault> parse_http_url(std::string_view text) {
    if (trim(text).empty()) return UrlFault::missing;
    const auto url = boost::urls::parse_uri(trim(text));
    if (!url) return UrlFault::not_a_url;
    std::string scheme = ascii_lower(std::string_view(url->scheme()));
    if (scheme != "http" && scheme != "https") return UrlFault::not_http;
    if (url->has_userinfo()) return UrlFault::has_userinfo;
    std::string host = ascii_lower(std::string_view(url->encoded_host()));
    const bool is_name = url->host_type() == boost::urls::host_type::name;
    if (is_name ? !is_domain_name(host) : host.empty()) return UrlFault::bad_host;
    std::string port(std::string_view(url->port()));
    // Boost.URL 1.81 wraps ports above 65535, so the digits are looked at here.
    if (url->has_port() && !port.empty() && parse_port(port).value_or(0) == 0) return UrlFault::bad_port;
    std::string path(std::string_view(url->encoded_path()));
    // And takes what is no digit in a port for the beginning of the path.
    if (!path.empty() && path.front() != '/') return UrlFault::bad_port;
    return HttpUrl{std::move(scheme), std::move(host), std::move(port), std::move(path),
                   url->has_query() || url->has_fragment()};
}

}  // namespace eas451
