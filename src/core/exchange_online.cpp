// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/exchange_online.hpp"

#include <algorithm>

namespace eas451 {
namespace {

// Clients' names of the service, and what these are aliases of (….ms-acdc.office.com).
constexpr std::string_view domains[] = {"office365.com", "office.com", "outlook.com", "office365.us", "outlook.cn", "office.de",
                                        "cloud.microsoft", "webmail.apps.mil"};

bool is_below(std::string_view host, std::string_view domain) {
    return host.size() > domain.size() && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.';
}

}  // namespace

bool is_exchange_online(std::string_view host) {
    return std::ranges::any_of(domains, [host](std::string_view domain) { return host == domain || is_below(host, domain); });
}

}  // namespace eas451
