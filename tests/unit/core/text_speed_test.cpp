// SPDX-License-Identifier: Apache-2.0
// Eight bytes at a time must say what one byte at a time says, wherever in the text a byte stands.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "eas451/core/smtp_address.hpp"
#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

constexpr std::size_t longest = 35;

/// Text of plain letters with `c` at every place in turn, at every length.
template <class Check>
void for_each_place(Check check) {
    for (int byte = 0; byte < 256; ++byte) {
        for (std::size_t length = 1; length <= longest; ++length) {
            for (std::size_t place = 0; place < length; ++place) {
                std::string text(length, 'm');
                text[place] = static_cast<char>(byte);
                check(text, static_cast<char>(byte));
            }
        }
    }
}

bool equal_one_by_one(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

TEST(TextSpeed, ControlsAreFoundEverywhere) {
    for_each_place([](const std::string& text, char c) { ASSERT_EQ(contains_control(text), is_control(c)) << text; });
}

TEST(TextSpeed, AsciiIsUtf8AndOneStrangeByteIsNot) {
    for_each_place([](const std::string& text, char c) {
        ASSERT_EQ(is_valid_utf8(text), static_cast<unsigned char>(c) < 0x80) << text;
    });
}

TEST(TextSpeed, BlanksAndControlsAreNotOfAnAddress) {
    for_each_place([](const std::string& text, char c) {
        const bool good = c != ' ' && !is_control(c);
        ASSERT_EQ(SmtpAddress::parse(text + "@contoso.com").has_value(), good) << text;
    });
}

TEST(TextSpeed, EveryPairOfBytesComparesAsItsLettersDo) {
    for (int x = 0; x < 256; ++x) {
        for (int y = 0; y < 256; ++y) {
            const bool same = ascii_lower(static_cast<char>(x)) == ascii_lower(static_cast<char>(y));
            for (const std::size_t length : {1U, 7U, 8U, 9U, 17U}) {
                for (const std::size_t place : {std::size_t{0}, length / 2, length - 1}) {
                    std::string a(length, 'q');
                    std::string b(length, 'Q');
                    a[place] = static_cast<char>(x);
                    b[place] = static_cast<char>(y);
                    ASSERT_EQ(equals_ignore_case(a, b), same) << x << ' ' << y << ' ' << length << ' ' << place;
                }
            }
        }
    }
}

TEST(TextSpeed, RandomTextsCompareAsTheirLettersDo) {
    std::mt19937 random(451);
    std::uniform_int_distribution<int> byte(0, 255);
    for (int round = 0; round < 20000; ++round) {
        std::string a(static_cast<std::size_t>(byte(random) % 40), '\0');
        for (char& c : a) c = static_cast<char>(byte(random));
        std::string b = a;
        for (char& c : b) c = byte(random) % 2 == 0 ? ascii_lower(c) : c;
        if (!b.empty() && byte(random) % 2 == 0) b[b.size() / 2] ^= 0x20;
        ASSERT_EQ(equals_ignore_case(a, b), equal_one_by_one(a, b));
        ASSERT_EQ(starts_with_ignore_case(a + "x", b), equal_one_by_one(a, b));
    }
}

TEST(TextSpeed, JsonEscapesAByteTheSameEverywhere) {
    for_each_place([](const std::string& text, char c) {
        std::string alone;
        append_json_string(alone, {&c, 1});
        std::string all;
        append_json_string(all, text);
        const std::size_t place = std::min(text.find(c), text.size());
        const std::string expected =
            c == 'm' ? text : text.substr(0, place) + alone.substr(1, alone.size() - 2) + text.substr(place + 1);
        ASSERT_EQ(all, '"' + expected + '"');
    });
}

TEST(TextSpeed, TrimTakesBlanksAndTabsOffBothEnds) {
    for_each_place([](const std::string& text, char c) {
        const bool blank = c == ' ' || c == '\t';
        ASSERT_EQ(trim(" \t" + text + "\t "), blank ? trim(text) : std::string_view(text));
        if (!blank) ASSERT_EQ(trim(text), text);
    });
}

TEST(TextSpeed, PercentDecodingTouchesEscapesOnly) {
    for_each_place([](const std::string& text, char c) {
        ASSERT_EQ(percent_decode(text), c == '%' ? std::nullopt : std::optional(text)) << text;
        std::string escaped = text;
        escaped.replace(text.size() / 2, 1, '%' + hex_upper(text.substr(text.size() / 2, 1)));
        if (c != '%' || text[text.size() / 2] == '%') ASSERT_EQ(percent_decode(escaped), text) << escaped;
    });
}

TEST(TextSpeed, Base64RefusesEveryForeignByteAtEveryPlace) {
    for_each_place([](const std::string& text, char c) {
        if (c == '=') return;
        const bool digit = is_ascii_alnum(c) || c == '+' || c == '/' || c == '-' || c == '_';
        ASSERT_EQ(base64_decode(text).has_value(), digit && text.size() % 4 != 1) << text;
    });
}

}  // namespace
}  // namespace eas451
