// SPDX-License-Identifier: Apache-2.0
// The base64 of text.hpp.
#include <algorithm>
#include <array>
#include <cstdint>

#include "eas451/core/secret.hpp"
#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

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

}  // namespace

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

}  // namespace eas451
