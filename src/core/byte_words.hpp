// SPDX-License-Identifier: Apache-2.0
// Eight bytes of text at a time, in one 64-bit word: nearly every text here is plain ASCII, and eight
// of its bytes are found to be so for the price of one or two.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace eas451::byte_words {

using Word = std::uint64_t;
inline constexpr std::size_t word_bytes = sizeof(Word);

constexpr Word each(unsigned char byte) { return 0x0101010101010101U * byte; }
inline constexpr Word high_bits = each(0x80);

inline Word load(const char* bytes) {
    Word word;
    std::memcpy(&word, bytes, sizeof word);
    return word;
}

constexpr bool has_non_ascii(Word word) { return (word & high_bits) != 0; }

/// A byte below `limit`, which is at most 0x80. The borrow of one that is there may make its neighbour look
/// so too; where there is none, nothing borrows.
constexpr bool has_below(Word word, unsigned char limit) { return ((word - each(limit)) & ~word & high_bits) != 0; }
constexpr bool has(Word word, char byte) { return has_below(word ^ each(static_cast<unsigned char>(byte)), 1); }
/// is_control() of any byte.
constexpr bool has_control(Word word) {
    const Word delete_or_not = word ^ each(0x7f);
    return ((((word - each(0x20)) & ~word) | ((delete_or_not - each(1)) & ~delete_or_not)) & high_bits) != 0;
}

/// ascii_lower() of every byte. No sum of seven bits and less than 0x80 reaches the next byte.
constexpr Word lowered(Word word) {
    const Word low = word & each(0x7f);
    const Word from_a = low + each(0x80 - 'A');
    const Word beyond_z = low + each(0x7f - 'Z');
    return word | (((from_a ^ beyond_z) & ~word & high_bits) >> 2U);
}

/// Four to seven bytes as a word; some of them are in it twice.
inline Word load_short(std::string_view text) {
    std::uint32_t first;
    std::uint32_t last;
    std::memcpy(&first, text.data(), sizeof first);
    std::memcpy(&last, text.data() + text.size() - sizeof last, sizeof last);
    return Word{first} << 32U | last;
}

/// Whether any byte of the text is one that `is_one` tells; `has_one` tells the same of a word.
template <bool (*has_one)(Word), bool (*is_one)(char)>
bool any_of(std::string_view text) {
    if (text.size() < word_bytes) {
        if (text.size() >= word_bytes / 2) return has_one(load_short(text));
        return std::any_of(text.begin(), text.end(), [](char c) { return is_one(c); });
    }
    const char* const last = text.data() + text.size() - word_bytes;
    for (const char* at = text.data(); at < last; at += word_bytes) {
        if (has_one(load(at))) return true;
    }
    return has_one(load(last));
}

}  // namespace eas451::byte_words
