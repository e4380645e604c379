// SPDX-License-Identifier: Apache-2.0
// Bytes and letters: ASCII case, percent-decoding, base64, UTF-8. Pure functions, any thread.
//
// Protocol names (HTTP fields, EAS parameters, SMTP domains) are ASCII and compare without regard
// to case; nothing here depends on a locale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eas451 {

constexpr bool is_ascii_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_ascii_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_ascii_alpha(char c) { return is_ascii_upper(c) || is_ascii_lower(c); }
constexpr bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_ascii_alnum(char c) { return is_ascii_alpha(c) || is_ascii_digit(c); }
/// C0 controls and DEL. Bytes of 0x80 and above are not controls here: they may be UTF-8.
constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
/// VCHAR of RFC 5234: printable ASCII without the blank.
constexpr bool is_visible(char c) { return c > 0x20 && c < 0x7f; }
constexpr char ascii_lower(char c) { return is_ascii_upper(c) ? static_cast<char>(c | 0x20) : c; }

/// A copy with A-Z lower-cased; every other byte as it is.
std::string ascii_lower(std::string_view text);

/// Equal when A-Z and a-z count as the same. `b` has `size` bytes too.
bool equal_letters(const char* a, const char* b, std::size_t size);
// Most names differ in length alone, and are not worth a call.
inline bool equals_ignore_case(std::string_view a, std::string_view b) {
    return a.size() == b.size() && equal_letters(a.data(), b.data(), a.size());
}
inline bool starts_with_ignore_case(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() && equal_letters(text.data(), prefix.data(), prefix.size());
}

/// Without blanks and tabs at both ends (OWS of RFC 9110).
constexpr std::string_view trim(std::string_view text) {
    const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

bool contains_control(std::string_view text);

/// A port in one to five decimal digits, at most 65535. Leading zeros and 0 itself are for the caller to judge.
std::optional<std::uint16_t> parse_port(std::string_view text);

/// 0 to 15, or -1 for any other character.
constexpr int hex_value(char c) {
    if (is_ascii_digit(c)) return c - '0';
    const char lower = ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// %XX decoded, everything else as it is ('+' stays '+'). Empty when a '%' is not followed by two
/// hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text);

/// Bytes of base64 (RFC 4648). Both alphabets ("+/" and "-_"), with padding or without. Empty when
/// a character is foreign, padding is wrong, or one character is left over.
std::optional<std::string> base64_decode(std::string_view text);
std::string base64_encode(std::string_view bytes);

/// How many bytes the character at the front has, of non-empty UTF-8, if a terminal or a reader of logs could be misled by
/// it: ASCII and C1 controls, and those that end lines or turn the direction of writing. 0: it is none of these.
std::size_t length_of_control(std::string_view text);
/// One line of foreign text for a terminal, these characters as '?'.
std::string printable(std::string_view text);

/// Upper-case hexadecimal digits, two a byte.
std::string hex_upper(std::string_view bytes);

/// Strict UTF-8 of RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_valid_utf8(std::string_view text);
/// Every byte taken as one Latin-1 character and written in UTF-8.
std::string latin1_to_utf8(std::string_view text);

/// Appends text as a JSON string with its quotes. Invalid UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace eas451
