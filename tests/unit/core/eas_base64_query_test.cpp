// SPDX-License-Identifier: Apache-2.0
// The base64 form of an ActiveSync query: every field at its limits, and cut short everywhere.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "eas451/core/eas_request.hpp"
#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

using namespace std::string_literals;

std::string counted(const std::string& bytes) {
    return static_cast<char>(bytes.size()) + bytes;
}

/// The fields of a query; what a test does not name is a plain 14.1 Sync.
struct Fields {
    unsigned version = 141;
    unsigned code = 0;
    std::string locale = "\x09\x04";
    std::string device_id = "v140Device";
    std::string policy_key;
    std::string device_type = "SmartPhone";
    std::string tags;

    [[nodiscard]] std::string bytes() const {
        return std::string{static_cast<char>(version), static_cast<char>(code)} + locale + counted(device_id) +
               counted(policy_key) + counted(device_type) + tags;
    }
};
std::string tag(int number, const std::string& value) {
    return static_cast<char>(number) + counted(value);
}

Result<EasRequest, QueryFault> parse_query(std::string_view query, std::string_view version_header = {}) {
    RequestHead head;
    head.method = "POST";
    head.path = "/Microsoft-Server-ActiveSync";
    head.query = query;
    if (!version_header.empty()) head.add({"MS-ASProtocolVersion", version_header});
    return parse_eas_request(head);
}
Result<EasRequest, QueryFault> parse(const Fields& fields) {
    return parse_query(base64_encode(fields.bytes()));
}
EasRequest good(const Fields& fields) {
    const auto request = parse(fields);
    EXPECT_TRUE(request) << hex_upper(fields.bytes());
    return request ? *request : EasRequest{};
}
std::string_view fault(const Fields& fields) {
    const auto request = parse(fields);
    return request ? std::string_view{} : to_string(request.error());
}

TEST(eas_base64_query, the_specifications_example) {
    for (const auto* query : {"jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l", "jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25%6C"}) {
        const auto request = parse_query(query);
        ASSERT_TRUE(request);
        EXPECT_EQ(request->form, QueryForm::base64);
        EXPECT_EQ(request->version, ProtocolVersion(14, 0));
        EXPECT_EQ(request->command, EasCommand::sync);
        EXPECT_EQ(request->command_name, "Sync");
        EXPECT_EQ(request->device_id, "v140Device");
        EXPECT_EQ(request->device_type, "SmartPhone");
        EXPECT_EQ(request->user, "");
        EXPECT_TRUE(request->device_id_valid && request->device_type_valid && request->understands_status());
        EXPECT_EQ(plain_query_of(*request), "Cmd=Sync&DeviceId=v140Device&DeviceType=SmartPhone");
    }
}

TEST(eas_base64_query, a_windows_phones_guid) {
    const std::string guid = "\x79\x6a\xcd\x8c\x98\x22\xbb\x3c\x18\xd3\x73\x28\x2f\x01\x02\x03";
    const auto query = base64_encode(Fields{
        .code = 17, .locale = "\x07\x04", .device_id = guid, .policy_key = "\x01\x02\x03\x04", .device_type = "WP8"}
                                         .bytes());
    EXPECT_EQ(query.substr(0, 20), "jREHBBB5as2MmCK7PBjT");
    const auto request = parse_query(query);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->command, EasCommand::settings);
    EXPECT_EQ(request->device_id, "796ACD8C9822BB3C18D373282F010203");
    EXPECT_TRUE(request->device_id_valid);
    EXPECT_EQ(request->device_type, "WP8");
}

TEST(eas_base64_query, reads_either_alphabet_escaped_or_not_padded_or_not) {
    const Fields fields{.version = 161, .device_type = "~~~?>", .tags = tag(8, "\xc3\xa4\xc3\xbf>>>???")};
    const auto standard = base64_encode(fields.bytes());
    ASSERT_NE(standard.find_first_of("+/"), std::string::npos);
    ASSERT_TRUE(standard.ends_with("="));
    std::string url_safe;
    std::string escaped;
    for (const char c : standard) {
        if (c != '=') url_safe += c == '+' ? '-' : c == '/' ? '_' : c;
        escaped += is_ascii_alnum(c) ? std::string{c} : "%" + hex_upper({&c, 1});
    }
    for (const auto& query : {standard, url_safe, escaped}) {
        const auto request = parse_query(query);
        ASSERT_TRUE(request) << query;
        EXPECT_EQ(request->form, QueryForm::base64);
        EXPECT_EQ(request->device_type, "~~~?>");
        EXPECT_EQ(request->user, "\xc3\xa4\xc3\xbf>>>???");
    }
}

TEST(eas_base64_query, what_only_looks_like_it_is_plain) {
    const auto fault_of = [](std::string_view query) { return parse_query(query).error(); };
    for (const auto* plain :
         {"User=", "User==", "deviceid=", "DEVICETYPE=", "a=b", "Zm9v===", "=Zm9v", "Zm9v Zg", "Zm9v.", "Zm9v%20"}) {
        EXPECT_EQ(fault_of(plain), QueryFault::no_command) << plain;
    }
    EXPECT_EQ(fault_of("cmd="), QueryFault::bad_command);
    for (const auto* broken : {"A", "=", "==", "Zg=", "Zm9v=", "AAAAA"}) {
        EXPECT_EQ(fault_of(broken), QueryFault::bad_base64) << broken;
    }
    EXPECT_EQ(fault_of("Cmd"), QueryFault::truncated_base64);
    EXPECT_EQ(fault_of("jAAJ%4"), QueryFault::bad_escape);
}

TEST(eas_base64_query, every_version_byte) {
    for (unsigned byte = 0; byte < 256; ++byte) {
        EXPECT_EQ(good({.version = byte}).version, ProtocolVersion::from_byte(static_cast<std::uint8_t>(byte)));
    }
}

TEST(eas_base64_query, every_command_code) {
    for (unsigned code = 0; code < 256; ++code) {
        const auto request = good({.code = code});
        EXPECT_EQ(request.command, eas_command_from_code(static_cast<std::uint8_t>(code)));
        const bool known = request.command != EasCommand::unknown;
        EXPECT_EQ(request.command_name, known ? std::string(to_string(request.command)) : std::to_string(code));
    }
}

TEST(eas_base64_query, its_version_wins_over_the_header) {
    const auto query = base64_encode(Fields{.version = 141}.bytes());
    EXPECT_EQ(parse_query(query, "12.1")->version, ProtocolVersion(14, 1));
    EXPECT_EQ(parse_query(query, "12").error(), QueryFault::bad_version);
}

TEST(eas_base64_query, device_ids_of_every_length) {
    for (std::size_t length = 0; length < 256; ++length) {
        const auto text = good({.device_id = std::string(length, 'a')});
        const auto bytes = good({.device_id = std::string(length, '\x80')});
        std::string hex;
        for (std::size_t i = 0; i < length; ++i) hex += "80";
        EXPECT_EQ(bytes.device_id, hex);
        EXPECT_EQ(bytes.device_id_valid, length == 16);
        EXPECT_EQ(text.device_id.size(), length == 16 ? 32U : length);
        EXPECT_EQ(text.device_id_valid, length >= 1 && length <= 32) << length;
    }
}

TEST(eas_base64_query, device_ids_that_are_no_words) {
    const auto id = [](const std::string& bytes) { return good({.device_id = bytes}); };
    EXPECT_EQ(id("a-b").device_id, "a-b");
    EXPECT_EQ(id("a b").device_id, "a b");
    EXPECT_EQ(id("a\0b"s).device_id, "610062");
    EXPECT_EQ(id("a\r\n").device_id, "610D0A");
    EXPECT_EQ(id("\xc3\xa4").device_id, "C3A4");
    for (const auto& bytes : {"a-b"s, "a b"s, "a\0b"s, "\xc3\xa4"s}) EXPECT_FALSE(id(bytes).device_id_valid);
}

TEST(eas_base64_query, policy_keys_have_four_bytes_or_none) {
    for (std::size_t length = 0; length < 256; ++length) {
        EXPECT_EQ(fault({.policy_key = std::string(length, 'k')}), length == 0 || length == 4 ? "" : "bad-policy-key")
            << length;
    }
}

TEST(eas_base64_query, device_types) {
    for (std::size_t length = 0; length < 256; ++length) {
        const auto request = good({.device_type = std::string(length, 't')});
        EXPECT_EQ(request.device_type, std::string(length, 't'));
        EXPECT_EQ(request.device_type_valid, length >= 1 && length <= 32) << length;
    }
    EXPECT_EQ(good({.device_type = "\xe4"}).device_type, "\xc3\xa4");
    EXPECT_FALSE(good({.device_type = "a b"}).device_type_valid);
    for (const auto& bad : {"\0"s, "a\n"s, "\x7f"s}) EXPECT_EQ(fault({.device_type = bad}), "control-byte");
}

TEST(eas_base64_query, tags) {
    EXPECT_EQ(good({.tags = tag(8, "DOM\\user")}).user, "DOM\\user");
    EXPECT_EQ(good({.tags = tag(8, std::string(255, 'u'))}).user, std::string(255, 'u'));
    EXPECT_EQ(good({.tags = tag(8, "m\xfcller")}).user, "m\xc3\xbcller");
    EXPECT_EQ(good({.tags = tag(8, "")}).user, "");
    EXPECT_EQ(good({.tags = tag(7, "\x03") + tag(1, "5") + tag(1, "\0"s) + tag(8, "u") + tag(200, "x")}).user, "u");
    EXPECT_EQ(fault({.tags = tag(8, "u") + tag(8, "u")}), "duplicate-parameter");
    EXPECT_EQ(fault({.tags = tag(8, "") + tag(0, "x") + tag(8, "")}), "duplicate-parameter");
    for (const auto& bad : {"u\0"s, "u\r\nX: y"s, "\x1b[2J"s, "\x7f"s})
        EXPECT_EQ(fault({.tags = tag(8, bad)}), "control-byte");
    for (int number = 0; number < 256; ++number) {
        EXPECT_EQ(good({.tags = tag(number, "v")}).user, number == 8 ? "v" : "") << number;
    }
    EXPECT_EQ(good({.tags = tag(0, std::string(255, 'a')) + tag(8, "u")}).user, "u");
}

TEST(eas_base64_query, cut_at_every_byte) {
    const Fields fields{.policy_key = "abcd", .tags = tag(7, "\x01") + tag(8, "user")};
    const auto whole = fields.bytes();
    const std::set<std::size_t> ends = {Fields{.policy_key = "abcd"}.bytes().size(), whole.size() - 6, whole.size()};
    for (std::size_t length = 1; length <= whole.size(); ++length) {
        const auto request = parse_query(base64_encode(whole.substr(0, length)));
        ASSERT_EQ(request.has_value(), ends.contains(length)) << length;
        if (!request) {
            EXPECT_EQ(request.error(), QueryFault::truncated_base64) << length;
        }
    }
}

TEST(eas_base64_query, lengths_that_reach_past_the_end) {
    const std::string up_to_id = "\x8d\x00\x09\x04"s;
    for (const auto& bytes : {up_to_id + "\xff"s + std::string(254, 'a'), up_to_id + "\x01"s + "a\x04" + "abc",
                              up_to_id + "\x01"s + "a" + "\x00\xff"s + "abc", Fields{}.bytes() + "\x08",
                              Fields{}.bytes() + "\x08\xff" + std::string(254, 'u')}) {
        const auto request = parse_query(base64_encode(bytes));
        ASSERT_FALSE(request) << hex_upper(bytes);
        EXPECT_EQ(request.error(), QueryFault::truncated_base64);
    }
}

}  // namespace
}  // namespace eas451
