// SPDX-License-Identifier: Apache-2.0
#include "ldap_filter.hpp"

#include "eas451/core/text.hpp"

namespace eas451 {

std::string escape_filter_value(std::string_view value) {
    constexpr std::string_view harmless = "._@-";
    constexpr std::string_view digits = "0123456789abcdef";
    std::string escaped;
    escaped.reserve(value.size());
    for (const char c : value) {
        if (is_ascii_alnum(c) || harmless.find(c) != std::string_view::npos) {
            escaped += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        escaped += '\\';
        escaped += digits[byte >> 4U];
        escaped += digits[byte & 0xfU];
    }
    return escaped;
}

}  // namespace eas451
