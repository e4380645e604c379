// SPDX-License-Identifier: Apache-2.0
#include "ldap_filter.hpp"

#include <algorithm>

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

std::string fill_filter(std::string_view pattern, std::string_view placeholder, std::string_view value) {
    const std::string escaped = escape_filter_value(value);
    std::string filled;
    for (std::size_t at = 0; at < pattern.size();) {
        const std::size_t found = std::min(pattern.find(placeholder, at), pattern.size());
        filled += pattern.substr(at, found - at);
        if (found == pattern.size()) break;
        filled += escaped;
        at = found + placeholder.size();
    }
    return filled;
}

}  // namespace eas451
