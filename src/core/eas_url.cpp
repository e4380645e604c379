// SPDX-License-Identifier: Apache-2.0
// The URL part of organization_relationship.hpp: what becomes of a TargetOwaURL.
#include <algorithm>
#include <array>

#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/text.hpp"
#include "http_url.hpp"

namespace eas451 {
namespace {

// Where the hybrid wizard's OWA names are served for EAS.
constexpr std::array<std::string_view, 3> outlook_names{"outlook.com", "www.outlook.com", "outlook.office.com"};
constexpr std::string_view outlook_eas_host = "outlook.office365.com";

constexpr std::string_view https_port = "443";

std::string eas_host(const std::string& host) {
    const bool is_outlook = std::ranges::find(outlook_names, host) != outlook_names.end();
    return is_outlook ? std::string(outlook_eas_host) : host;
}

EasUrl make_url(std::string host, std::string_view port) {
    EasUrl made;
    made.has_port = !port.empty();
    made.url = "https://" + host;
    if (made.has_port) made.url.append(":").append(port);
    made.url += eas_path;
    made.host = std::move(host);
    return made;
}

}  // namespace

std::string_view to_string(UrlFault fault) {
    switch (fault) {
        case UrlFault::missing: return "there is none";
        case UrlFault::not_a_url: return "not an absolute URL";
        case UrlFault::not_http: return "not an http or https URL";
        case UrlFault::not_https: return "not an https URL";
        case UrlFault::has_userinfo: return "it holds a user name";
        case UrlFault::bad_host: return "its host is no domain name and no address";
        case UrlFault::bad_port: break;
    }
    return "its port is not 1 to 65535";
}

Result<EasUrl, UrlFault> eas_url_from_owa_url(std::string_view target_owa_url) {
    auto read = parse_http_url(target_owa_url);
    if (!read) return read.error();
    return make_url(eas_host(read->host), {});
}

Result<EasUrl, UrlFault> eas_url_from_override(std::string_view eas_url) {
    auto read = parse_http_url(eas_url);
    if (!read) return read.error();
    if (read->scheme != "https") return UrlFault::not_https;
    const std::string_view port = read->port == https_port ? std::string_view{} : std::string_view(read->port);
    return make_url(eas_host(read->host), port);
}

std::optional<std::string> https_host(std::string_view url) {
    auto read = parse_http_url(url);
    if (!read || read->scheme != "https" || trim(url) != url) return std::nullopt;
    return std::move(read->host);
}

}  // namespace eas451
