// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace eas451 {
namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";
constexpr std::string_view base64_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t foreign = 0xff;

constexpr std::array<std::uint8_t, 256> make_base64_values() {
    std::array<std::uint8_t, 256> values{};
    values.fill(foreign);
    for (std::size_t i = 0; i < base64_alphabet.size(); ++i) {
        values[static_cast<std::uint8_t>(base64_alphabet[i])] = static_cast<std::uint8_t>(i);
    }
    values['-'] = values['+'];
    values['_'] = values['/'];
    return values;
}
constexpr auto base64_values = make_base64_values();
constexpr bool is_foreign_to_base64(char c) {
    return base64_values[static_cast<std::uint8_t>(c)] == foreign;
}

constexpr std::uint8_t byte_at(std::string_view text, std::size_t index) {
    return static_cast<std::uint8_t>(text[index]);
}

/// Without the padding. Padding, where there is any, fills the last group of four exactly.
std::optional<std::string_view> without_padding(std::string_view text) {
    std::size_t length = text.size();
    while (length > 0 && text[length - 1] == '=') --length;
    const std::size_t padding = text.size() - length;
    if (padding > 2 || (padding > 0 && text.size() % 4 != 0)) return std::nullopt;
    return text.substr(0, length);
}

/// The lowest and highest second byte that a lead byte allows: this is where overlong forms,
/// surrogates and code points above U+10FFFF are told apart (RFC 3629 section 4).
struct SecondByte {
    std::uint8_t low;
    std::uint8_t high;
};
constexpr SecondByte second_byte_of(std::uint8_t lead) {
    switch (lead) {
        case 0xe0:
            return {0xa0, 0xbf};
        case 0xed:
            return {0x80, 0x9f};
        case 0xf0:
            return {0x90, 0xbf};
        case 0xf4:
            return {0x80, 0x8f};
        default:
            return {0x80, 0xbf};
    }
}

/// Bytes of the well-formed sequence at the front of `text`, which is not empty; 0 when there is none.
std::size_t utf8_sequence(std::string_view text) {
    const std::uint8_t lead = byte_at(text, 0);
    if (lead < 0x80) return 1;
    if (lead < 0xc2 || lead > 0xf4) return 0;
    const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (text.size() < length) return 0;
    const SecondByte second = second_byte_of(lead);
    if (byte_at(text, 1) < second.low || byte_at(text, 1) > second.high) return 0;
    for (std::size_t i = 2; i < length; ++i) {
        if ((byte_at(text, i) & 0xc0) != 0x80) return 0;
    }
    return length;
}

constexpr bool is_plain_in_json(char c) {
    return (c == ' ' || is_visible(c)) && c != '"' && c != '\\';
}

void append_json_escape(std::string& out, char c) {
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    const auto byte = static_cast<std::uint8_t>(c);
    out += "\\u00";
    out += hex_digits[byte >> 4U];
    out += hex_digits[byte & 0xfU];
}

}  // namespace

std::string ascii_lower(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) c = ascii_lower(c);
    return lower;
}

bool equals_ignore_case(std::string_view a, std::string_view b) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

bool starts_with_ignore_case(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() && equals_ignore_case(text.substr(0, prefix.size()), prefix);
}

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool contains_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), is_control);
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        if (text.size() - i < 3) return std::nullopt;
        const int high = hex_value(text[i + 1]);
        const int low = hex_value(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        decoded += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return decoded;
}

std::optional<std::string> base64_decode(std::string_view text) {
    // What is decoded may be a password: one object from here to the caller, no copy of it on the
    // way, nothing decoded before all is known to be good, and room for all of it at once.
    std::optional<std::string> decoded;
    const auto digits = without_padding(text);
    if (!digits || digits->size() % 4 == 1) return decoded;
    if (std::any_of(digits->begin(), digits->end(), is_foreign_to_base64)) return decoded;
    decoded.emplace().reserve(digits->size() / 4 * 3 + 2);
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : *digits) {
        bits = (bits << 6U) | base64_values[static_cast<std::uint8_t>(c)];
        count += 6;
        if (count >= 8) {
            count -= 8;
            *decoded += static_cast<char>((bits >> count) & 0xffU);
        }
    }
    return decoded;
}

std::string base64_encode(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t left = std::min<std::size_t>(bytes.size() - i, 3);
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 3; ++k) bits = (bits << 8U) | (k < left ? byte_at(bytes, i + k) : 0U);
        for (std::size_t k = 0; k < 4; ++k) {
            text += k <= left ? base64_alphabet[(bits >> (18 - 6 * k)) & 0x3fU] : '=';
        }
    }
    return text;
}

std::string hex_upper(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        text += hex_digits[byte_at(bytes, i) >> 4U];
        text += hex_digits[byte_at(bytes, i) & 0xfU];
    }
    return text;
}

bool is_valid_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_sequence(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string latin1_to_utf8(std::string_view text) {
    std::string utf8;
    utf8.reserve(text.size() * 2);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::uint8_t byte = byte_at(text, i);
        if (byte < 0x80) {
            utf8 += text[i];
        } else {
            utf8 += static_cast<char>(0xc0U | (byte >> 6U));
            utf8 += static_cast<char>(0x80U | (byte & 0x3fU));
        }
    }
    return utf8;
}

namespace {

/// C1 controls move a terminal's cursor, and U+2028 and U+2029 end a line for some readers: a log line
/// stays one line for everybody.
void append_or_escape(std::string& out, std::string_view sequence) {
    const bool is_c1 = sequence.size() == 2 && byte_at(sequence, 0) == 0xc2 && byte_at(sequence, 1) < 0xa0;
    if (is_c1) {
        out += "\\u00";
        out += hex_digits[byte_at(sequence, 1) >> 4U];
        out += hex_digits[byte_at(sequence, 1) & 0xfU];
    } else if (sequence == "\xe2\x80\xa8") {
        out += "\\u2028";
    } else if (sequence == "\xe2\x80\xa9") {
        out += "\\u2029";
    } else {
        out.append(sequence);
    }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const auto plain =
            static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_plain_in_json) - text.begin());
        out.append(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty()) break;
        std::size_t length = 1;
        if (byte_at(text, 0) < 0x80) {
            append_json_escape(out, text[0]);
        } else if (length = utf8_sequence(text); length > 0) {
            append_or_escape(out, text.substr(0, length));
        } else {
            out += "\xef\xbf\xbd";
            length = 1;
        }
        text.remove_prefix(length);
    }
    out += '"';
}

}  // namespace eas451
