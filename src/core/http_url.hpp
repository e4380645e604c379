// SPDX-License-Identifier: Apache-2.0
// An absolute http or https URL, taken apart as strictly as whoever follows it needs. Pure.
#pragma once

#include <string>
#include <string_view>

#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/result.hpp"

namespace eas451 {

struct HttpUrl {
    std::string scheme;     // http or https
    std::string host;       // lower-case; an IPv6 address in its brackets
    std::string port;       // digits, empty when not given
    std::string path;       // as written
    bool has_more = false;  // a query or a fragment
};

Result<HttpUrl, UrlFault> parse_http_url(std::string_view text);

}  // namespace eas451
