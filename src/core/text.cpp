// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "byte_set.hpp"
#include "byte_words.hpp"
#include "eas451/core/secret.hpp"

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

/// Up to four digits as one number of six bits each, the first in front. `seen` collects the bits of their
/// values: those of a digit are in 0x3f, those of a foreign byte are not.
template <std::size_t count>
std::uint32_t base64_group(const char* digits, std::uint8_t& seen) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint8_t value = base64_values[static_cast<std::uint8_t>(digits[i])];
        seen |= value;
        bits = (bits << 6U) | value;
    }
    return bits << (6U * (4 - count));
}

/// The `count` first of the three bytes in `bits`.
template <std::size_t count>
void put_bytes(char* out, std::uint32_t bits) {
    for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<char>(bits >> (16 - 8 * i));
}

/// Decodes into `out`, which has room; false when a digit is foreign, and then what is there is worth nothing.
bool decode_base64_digits(std::string_view digits, char* out) {
    std::uint8_t seen = 0;
    const char* in = digits.data();
    for (std::size_t groups = digits.size() / 4; groups > 0; --groups, in += 4, out += 3) {
        put_bytes<3>(out, base64_group<4>(in, seen));
    }
    if (digits.size() % 4 == 3) put_bytes<2>(out, base64_group<3>(in, seen));
    if (digits.size() % 4 == 2) put_bytes<1>(out, base64_group<2>(in, seen));
    return (seen & 0xc0U) == 0;
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

constexpr ByteSet plain_in_json([](char c) { return (c == ' ' || is_visible(c)) && c != '"' && c != '\\'; });

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

bool equal_letters(const char* a, const char* b, std::size_t size) {
    using byte_words::load;
    using byte_words::lowered;
    using byte_words::word_bytes;
    if (size < word_bytes) {
        return std::equal(a, a + size, b, [](char x, char y) { return x == y || ascii_lower(x) == ascii_lower(y); });
    }
    const auto same = [a, b](std::size_t at) {
        const auto x = load(a + at);
        const auto y = load(b + at);
        return x == y || lowered(x) == lowered(y);
    };
    for (std::size_t at = 0; at < size - word_bytes; at += word_bytes) {
        if (!same(at)) return false;
    }
    return same(size - word_bytes);
}

bool contains_control(std::string_view text) {
    return byte_words::any_of(text, byte_words::has_control, is_control);
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::optional<std::string> decoded(text);
    std::size_t length = std::min(text.find('%'), text.size());
    for (std::size_t i = length; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (text.size() - i < 3) return std::nullopt;
            const int high = hex_value(text[i + 1]);
            const int low = hex_value(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        }
        (*decoded)[length++] = c;
    }
    decoded->resize(length);
    return decoded;
}

std::optional<std::string> base64_decode(std::string_view text) {
    // What is decoded may be a password: one object from here to the caller, room for all of it at once, no
    // copy of it on the way, and nothing of it left behind when it turns out to be none.
    std::optional<std::string> decoded;
    const auto digits = without_padding(text);
    if (!digits || digits->size() % 4 == 1) return decoded;
    decoded.emplace(digits->size() / 4 * 3 + digits->size() % 4 * 3 / 4, '\0');
    if (!decode_base64_digits(*digits, decoded->data())) {
        cleanse(*decoded);
        decoded.reset();
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
    const auto is_non_ascii = [](char c) { return static_cast<std::uint8_t>(c) >= 0x80; };
    if (!byte_words::any_of(text, byte_words::has_non_ascii, is_non_ascii)) return true;
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
        const std::size_t plain = plain_in_json.run_at_front_of(text);
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
