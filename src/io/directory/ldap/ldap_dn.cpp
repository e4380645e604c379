// SPDX-License-Identifier: Apache-2.0
#include "ldap_dn.hpp"

#include <algorithm>

#include "eas451/core/text.hpp"

namespace eas451 {

std::string plain_dn(std::string_view dn) {
    std::string plain;
    for (const char c : dn) {
        if (c == ' ' && (plain.empty() || plain.back() == ',')) continue;
        plain += ascii_lower(c);
    }
    return plain;
}

bool is_at_or_below(std::string_view dn, std::string_view base) {
    return dn == base || (dn.size() > base.size() && dn.ends_with(base) && dn[dn.size() - base.size() - 1] == ',');
}

std::string dn_of_domain(std::string_view dns_name) {
    std::string dn;
    for (std::size_t at = 0; at <= dns_name.size();) {
        const std::size_t dot = std::min(dns_name.find('.', at), dns_name.size());
        dn.append(dn.empty() ? "DC=" : ",DC=").append(dns_name.substr(at, dot - at));
        at = dot + 1;
    }
    return dn;
}

std::string domain_part(std::string_view dn) {
    const std::string plain = ',' + plain_dn(dn);
    std::size_t begin = plain.size();
    while (begin > 0) {
        const std::size_t comma = plain.rfind(',', begin - 1);
        const bool is_escaped = comma > 0 && (comma - plain.find_last_not_of('\\', comma - 1) - 1) % 2 == 1;
        if (is_escaped || plain.compare(comma, 4, ",dc=") != 0) break;
        begin = comma;
    }
    return plain.substr(begin);
}

std::string container_of(std::string_view dn) {
    for (std::size_t at = 0; at < dn.size(); ++at) {
        if (dn[at] == '\\') {
            ++at;
        } else if (dn[at] == ',') {
            return std::string(dn.substr(at + 1));
        }
    }
    return {};
}

}  // namespace eas451
