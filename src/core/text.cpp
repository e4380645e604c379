// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/text.hpp"

#include <algorithm>
#include <cstdint>

#include "byte_set.hpp"
#include "byte_words.hpp"

namespace eas451 {
namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";

constexpr std::uint8_t byte_at(std::string_view text, std::size_t index) {
    return static_cast<std::uint8_t>(text[index]);
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

constexpr bool is_non_ascii(char c) {
    return static_cast<std::uint8_t>(c) >= 0x80;
}
constexpr ByteSet plain_in_json([](char c) { return (c == ' ' || is_visible(c)) && c != '"' && c != '\\'; });

/// How many bytes at the front a JSON string holds as they are.
std::size_t plain_run_in_json(std::string_view text) {
    using byte_words::has;
    std::size_t length = 0;
    for (; text.size() - length >= byte_words::word_bytes; length += byte_words::word_bytes) {
        const auto word = byte_words::load(text.data() + length);
        if (byte_words::has_control(word) || byte_words::has_non_ascii(word)) break;
        if (has(word, '"') || has(word, '\\')) break;
    }
    return length + plain_in_json.run_at_front_of(text.substr(length));
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
    return byte_words::any_of<byte_words::has_control, is_control>(text);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    constexpr std::size_t most_digits = 5;
    constexpr unsigned most = 65535;
    if (text.empty() || text.size() > most_digits || !std::ranges::all_of(text, is_ascii_digit)) return std::nullopt;
    unsigned port = 0;
    for (const char digit : text) port = port * 10 + static_cast<unsigned>(digit - '0');
    return port <= most ? std::optional(static_cast<std::uint16_t>(port)) : std::nullopt;
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

std::size_t length_of_control(std::string_view text) {
    if (is_control(text.front())) return 1;
    constexpr unsigned char continues = 0x80;
    const auto byte = [text](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
    if (byte(0) == 0xc2 && byte(1) >= continues && byte(1) < 0xa0) return 2;  // U+0080 to U+009F
    if (byte(0) != 0xe2) return 0;
    if (byte(1) == 0x80 && byte(2) >= 0xa8 && byte(2) <= 0xae) return 3;  // U+2028 to U+202E
    return byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9 ? 3 : 0;  // U+2066 to U+2069
}

std::string printable(std::string_view text) {
    std::string shown;
    shown.reserve(text.size());
    while (!text.empty()) {
        const std::size_t control = length_of_control(text);
        shown += control == 0 ? text.front() : '?';
        text.remove_prefix(control == 0 ? 1 : control);
    }
    return shown;
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
    if (!byte_words::any_of<byte_words::has_non_ascii, is_non_ascii>(text)) return true;
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
        const std::size_t plain = plain_run_in_json(text);
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
