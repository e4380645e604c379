// SPDX-License-Identifier: Apache-2.0
// Which bytes may stand where in HTTP/1.1, stated once for heads and for bodies: a trailer line is
// judged by the rules of a field line.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "eas451/core/text.hpp"

namespace eas451 {

class ByteSet {
public:
    constexpr explicit ByteSet(std::string_view others, bool alnum = true) {
        for (std::size_t i = 0; i < has_.size(); ++i) has_[i] = alnum && is_ascii_alnum(static_cast<char>(i));
        for (const char c : others) has_[static_cast<unsigned char>(c)] = true;
    }
    [[nodiscard]] constexpr bool holds(char c) const { return has_[static_cast<unsigned char>(c)]; }
    [[nodiscard]] constexpr bool holds_all_of(std::string_view text) const {
        return std::all_of(text.begin(), text.end(), [this](char c) { return holds(c); });
    }

private:
    std::array<bool, 256> has_{};
};

// tchar of RFC 9110 5.6.2.
inline constexpr ByteSet token_bytes("!#$%&'*+-.^_`|~");
// tchar without '_' and '.': IIS and CGI-like backends take those for '-' (X_Forwarded_For).
inline constexpr ByteSet field_name_bytes("!#$%&'*+-^`|~");
/// Also what may stand in a quoted string, escaped or not, quote and backslash aside.
constexpr bool is_field_value_byte(char c) {
    return c == '\t' || !is_control(c);
}

}  // namespace eas451
