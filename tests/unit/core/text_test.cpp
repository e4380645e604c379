// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace eas451 {
namespace {

using namespace std::string_literals;

std::string all_bytes() {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    return bytes;
}

std::string json(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

TEST(text, classes_of_bytes_are_those_of_ascii) {
    std::size_t controls = 0;
    std::size_t visible = 0;
    std::size_t alnum = 0;
    for (const char c : all_bytes()) {
        controls += is_control(c) ? 1U : 0U;
        visible += is_visible(c) ? 1U : 0U;
        alnum += is_ascii_alnum(c) ? 1U : 0U;
    }
    EXPECT_EQ(controls, 33U);
    EXPECT_EQ(visible, 94U);
    EXPECT_EQ(alnum, 62U);
}

TEST(text, lower_case_touches_ascii_letters_only) {
    EXPECT_EQ(ascii_lower("AZaz09@[`{\xc3\x84"), "azaz09@[`{\xc3\x84");
    for (const char c : all_bytes()) {
        if (!is_ascii_upper(c)) {
            EXPECT_EQ(ascii_lower(c), c);
        }
    }
}

TEST(text, compares_without_case) {
    EXPECT_TRUE(equals_ignore_case("", ""));
    EXPECT_TRUE(equals_ignore_case("DeviceId", "DEVICEID"));
    EXPECT_FALSE(equals_ignore_case("DeviceId", "DeviceIdx"));
    EXPECT_FALSE(equals_ignore_case("@", "`"));  // 0x20 apart, and no letters
    EXPECT_FALSE(equals_ignore_case("\xc3\x84", "\xc3\xa4"));
    EXPECT_TRUE(starts_with_ignore_case("sMtP:a@b", "SMTP:"));
    EXPECT_TRUE(starts_with_ignore_case("x", ""));
    EXPECT_FALSE(starts_with_ignore_case("SMT", "SMTP"));
}

TEST(text, trims_blanks_and_tabs_only) {
    EXPECT_EQ(trim(" \t a b\t "), "a b");
    EXPECT_EQ(trim(" \t "), "");
    EXPECT_EQ(trim(""), "");
    EXPECT_EQ(trim("\r\na\v"), "\r\na\v");
}

TEST(text, finds_controls) {
    EXPECT_FALSE(contains_control(""));
    EXPECT_FALSE(contains_control("a b~\x80\xff"));
    for (const char c : {'\0', '\t', '\n', '\x1f', '\x7f'}) EXPECT_TRUE(contains_control("a"s + c + "b"));
}

TEST(text, percent_decodes) {
    EXPECT_EQ(percent_decode(""), "");
    EXPECT_EQ(percent_decode("a+b"), "a+b");
    EXPECT_EQ(percent_decode("a%40b%5c%5C"), "a@b\\\\");
    EXPECT_EQ(percent_decode("%00%fF"), "\0\xff"s);
    EXPECT_EQ(percent_decode("%2541"), "%41");  // once only
    for (const char* broken : {"%", "a%", "%4", "%4g", "%g4", "%%41", "% 41", "%u0041", "%-1", "%+1"}) {
        EXPECT_FALSE(percent_decode(broken)) << broken;
    }
}

TEST(text, base64_of_the_rfc) {
    const std::vector<std::pair<std::string, std::string>> vectors = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, text] : vectors) {
        EXPECT_EQ(base64_encode(bytes), text);
        EXPECT_EQ(base64_decode(text), bytes);
    }
    EXPECT_EQ(base64_decode("Zg"), "f");
    EXPECT_EQ(base64_decode("Zm8"), "fo");
}

TEST(text, base64_round_trips_every_byte_at_every_length) {
    const auto bytes = all_bytes();
    for (std::size_t length = 0; length <= bytes.size(); ++length) {
        const auto part = bytes.substr(bytes.size() - length);
        EXPECT_EQ(base64_decode(base64_encode(part)), part);
    }
}

TEST(text, base64_reads_both_alphabets) {
    EXPECT_EQ(base64_decode("+/+/"), base64_decode("-_-_"));
    EXPECT_EQ(base64_decode("+_-/"), base64_decode("-/+_"));
}

TEST(text, base64_refuses_what_is_none) {
    for (const char* broken : {"A", "AAAAA", "Zg=", "Zg===", "=", "==", "====", "Z===", "Zm9v=", "Zm9v==", "Z=g=",
                               "Zm8=Zm8=", "Zm 8", "Zm8\n", "Zm8=\n", "Zm8*", "Zm8.", "Zm%38", "\xc3\xa4\xc3\xa4"}) {
        EXPECT_FALSE(base64_decode(broken)) << broken;
    }
    EXPECT_FALSE(base64_decode("Zm9\0"s));
}

TEST(text, base64_knows_every_foreign_byte) {
    for (const char c : all_bytes()) {
        const bool digit = is_ascii_alnum(c) || c == '+' || c == '/' || c == '-' || c == '_';
        EXPECT_EQ(base64_decode("AA"s + c + "A").has_value(), digit) << static_cast<int>(c);
    }
}

TEST(text, hexadecimal_digits_have_a_value) {
    for (int value = 0; value < 16; ++value) {
        EXPECT_EQ(hex_value("0123456789abcdef"[value]), value);
        EXPECT_EQ(hex_value("0123456789ABCDEF"[value]), value);
    }
    for (const char c : {'/', ':', '@', 'G', '`', 'g', '\0', '\xff'}) EXPECT_EQ(hex_value(c), -1) << c;
}

TEST(text, hexadecimal_is_upper_case) {
    EXPECT_EQ(hex_upper(""), "");
    EXPECT_EQ(hex_upper("\x00\x0f\xa5\xff"s), "000FA5FF");
}

TEST(text, utf8_is_that_of_rfc_3629) {
    for (const char* good :
         {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
          "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xb1z"}) {
        EXPECT_TRUE(is_valid_utf8(good)) << hex_upper(good);
    }
    for (const char* bad : {"\x80",
                            "\xbf",
                            "\xc0\x80",
                            "\xc1\xbf",
                            "\xc3",
                            "\xc3\x28",
                            "\xe0\x9f\xbf",
                            "\xe2\x82",
                            "\xe2\x82\x28",
                            "\xe2\x28\xac",
                            "\xed\xa0\x80",
                            "\xed\xbf\xbf",
                            "\xf0\x8f\xbf\xbf",
                            "\xf0\x9f\x93",
                            "\xf0\x9f\x93\x28",
                            "\xf4\x90\x80\x80",
                            "\xf5\x80\x80\x80",
                            "\xff",
                            "a\xc3",
                            "\xc3\xa4\xa4"}) {
        EXPECT_FALSE(is_valid_utf8(bad)) << hex_upper(bad);
    }
}

TEST(text, latin1_becomes_utf8) {
    EXPECT_EQ(latin1_to_utf8("a\xe4\x80\xff"), "a\xc3\xa4\xc2\x80\xc3\xbf");
    EXPECT_TRUE(is_valid_utf8(latin1_to_utf8(all_bytes())));
}

TEST(text, json_strings) {
    EXPECT_EQ(json(""), R"("")");
    EXPECT_EQ(json(R"(DOM\user "x"/)"), R"("DOM\\user \"x\"/")");
    EXPECT_EQ(json("\n\r\t\b\x1f\x7f"), R"("\n\r\t\u0008\u001F\u007F")");
    EXPECT_EQ(json("\0"s), R"("\u0000")");
    EXPECT_EQ(json("\xc3\xa4\xf0\x9f\x93\xb1"), "\"\xc3\xa4\xf0\x9f\x93\xb1\"");
    EXPECT_EQ(json("a\xff\xc3"), "\"a\xef\xbf\xbd\xef\xbf\xbd\"");
    EXPECT_EQ(json("\xc3\"x"), "\"\xef\xbf\xbd\\\"x\"");
}

TEST(text, json_of_any_byte_is_one_line_of_utf8) {
    const auto text = json(all_bytes());
    EXPECT_TRUE(is_valid_utf8(text));
    EXPECT_FALSE(contains_control(text));
}

TEST(text, json_holds_nothing_that_moves_a_cursor_or_ends_a_line) {
    EXPECT_EQ(json("a\xc2\x85\xc2\x9b\xc2\xa0"), "\"a\\u0085\\u009B\xc2\xa0\"");
    EXPECT_EQ(json("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa"), "\"\xe2\x80\xa7\\u2028\\u2029\xe2\x80\xaa\"");
}

TEST(text, json_is_appended) {
    std::string out = "{\"a\":";
    append_json_string(out, "b");
    EXPECT_EQ(out, "{\"a\":\"b\"");
}

}  // namespace
}  // namespace eas451
