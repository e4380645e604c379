// SPDX-License-Identifier: Apache-2.0
// ByteSet: which bytes may stand somewhere, worked out when this is compiled; one look into a table for
// each byte of a text.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "eas451/core/text.hpp"

namespace eas451 {

class ByteSet {
public:
    /// `others`, and the letters and digits of ASCII if `alnum`.
    constexpr explicit ByteSet(std::string_view others, bool alnum = true) {
        for (std::size_t i = 0; i < has_.size(); ++i) has_[i] = alnum && is_ascii_alnum(static_cast<char>(i));
        for (const char c : others) has_[static_cast<unsigned char>(c)] = true;
    }
    /// The bytes that `is_in` is true of.
    constexpr explicit ByteSet(bool (*is_in)(char)) {
        for (std::size_t i = 0; i < has_.size(); ++i) has_[i] = is_in(static_cast<char>(i));
    }

    [[nodiscard]] constexpr bool holds(char c) const { return has_[static_cast<unsigned char>(c)]; }
    [[nodiscard]] constexpr bool holds_all_of(std::string_view text) const {
        return std::all_of(text.begin(), text.end(), [this](char c) { return holds(c); });
    }
    [[nodiscard]] constexpr bool holds_any_of(std::string_view text) const {
        return std::any_of(text.begin(), text.end(), [this](char c) { return holds(c); });
    }
    /// How many bytes at the front are all in the set.
    [[nodiscard]] constexpr std::size_t run_at_front_of(std::string_view text) const {
        std::size_t length = 0;
        while (length < text.size() && holds(text[length])) ++length;
        return length;
    }

private:
    std::array<bool, 256> has_{};
};

inline constexpr ByteSet alnum_bytes("");
inline constexpr ByteSet visible_bytes(is_visible);

}  // namespace eas451
