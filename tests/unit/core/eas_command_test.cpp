// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "eas451/core/eas_request.hpp"
#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

const std::vector<std::string> all_names = {
    "Sync",         "SendMail",     "SmartForward", "SmartReply",       "GetAttachment",    "FolderSync",
    "FolderCreate", "FolderDelete", "FolderUpdate", "MoveItems",        "GetItemEstimate",  "MeetingResponse",
    "Search",       "Settings",     "Ping",         "ItemOperations",   "Provision",        "ResolveRecipients",
    "ValidateCert", "Find",         "GetHierarchy", "CreateCollection", "DeleteCollection", "MoveCollection",
    "Notify"};

// MS-ASHTTP R58 to R78.
const std::map<int, std::string> all_codes = {{0, "Sync"},
                                              {1, "SendMail"},
                                              {2, "SmartForward"},
                                              {3, "SmartReply"},
                                              {4, "GetAttachment"},
                                              {9, "FolderSync"},
                                              {10, "FolderCreate"},
                                              {11, "FolderDelete"},
                                              {12, "FolderUpdate"},
                                              {13, "MoveItems"},
                                              {14, "GetItemEstimate"},
                                              {15, "MeetingResponse"},
                                              {16, "Search"},
                                              {17, "Settings"},
                                              {18, "Ping"},
                                              {19, "ItemOperations"},
                                              {20, "Provision"},
                                              {21, "ResolveRecipients"},
                                              {22, "ValidateCert"},
                                              {23, "Find"}};

TEST(eas_command, every_name) {
    ASSERT_EQ(all_names.size(), static_cast<std::size_t>(EasCommand::unknown));
    for (std::size_t i = 0; i < all_names.size(); ++i) {
        const auto command = static_cast<EasCommand>(i);
        EXPECT_EQ(to_string(command), all_names[i]);
        EXPECT_EQ(eas_command_from_name(all_names[i]), command);
        EXPECT_EQ(eas_command_from_name(ascii_lower(all_names[i])), command);
        EXPECT_EQ(eas_command_from_name(all_names[i] + "s"), EasCommand::unknown);
    }
    EXPECT_EQ(to_string(EasCommand::notify), "Notify");
    EXPECT_EQ(to_string(EasCommand::unknown), "Unknown");
    for (const auto* name : {"", "Unknown", "Autodiscover", "Syn"})
        EXPECT_EQ(eas_command_from_name(name), EasCommand::unknown);
}

TEST(eas_command, every_code) {
    for (int code = 0; code < 256; ++code) {
        const auto known = all_codes.find(code);
        const auto command = eas_command_from_code(static_cast<std::uint8_t>(code));
        EXPECT_EQ(to_string(command), known == all_codes.end() ? "Unknown" : known->second) << code;
    }
}

TEST(protocol_version, parses_what_it_prints) {
    for (const auto* text :
         {"0.0", "2.5", "12.0", "12.1", "14.0", "14.1", "16.0", "16.1", "19.1", "14.05", "14.125", "999.999"}) {
        const auto version = ProtocolVersion::parse(text);
        ASSERT_TRUE(version) << text;
        EXPECT_EQ(version->to_string(), text);
    }
    EXPECT_EQ(ProtocolVersion::parse("014.100")->to_string(), "14.1");
    EXPECT_EQ(ProtocolVersion::parse("14.000")->to_string(), "14.0");
}

TEST(protocol_version, refuses_all_else) {
    for (const auto* text : {"", ".", "1", "1.", ".1", "1.1.1", "1..1", " 1.1", "1.1 ", "+1.1", "1.-1", "1,1", "a.b",
                             "1000.0", "0.1000", "1.1\n"}) {
        EXPECT_FALSE(ProtocolVersion::parse(text)) << text;
    }
}

TEST(protocol_version, compares_as_a_decimal_number) {
    EXPECT_EQ(ProtocolVersion::parse("14.1"), ProtocolVersion(14, 1));
    EXPECT_EQ(ProtocolVersion::parse("14.10"), ProtocolVersion(14, 1));
    const std::vector<std::string> rising = {"2.5",   "9.9",  "12.0",  "12.1", "13.999", "14.0", "14.01",
                                             "14.09", "14.1", "14.11", "14.2", "16.1",   "100.0"};
    for (std::size_t i = 1; i < rising.size(); ++i) {
        EXPECT_LT(*ProtocolVersion::parse(rising[i - 1]), *ProtocolVersion::parse(rising[i])) << rising[i];
    }
}

TEST(protocol_version, every_byte) {
    for (unsigned tenths = 0; tenths < 256; ++tenths) {
        const auto text = std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10);
        const auto version = ProtocolVersion::from_byte(static_cast<std::uint8_t>(tenths));
        EXPECT_EQ(version.to_string(), text);
        EXPECT_EQ(ProtocolVersion::parse(text), version);
    }
}

TEST(eas_command, a_name_is_1_to_32_letters) {
    for (const char* name : {"S", "sync", "FooBar", "AbcdefghijklmnopqrstuvwxyzAbcdef"}) {
        EXPECT_TRUE(is_command_name(name)) << name;
    }
    for (const char* name : {"", "AbcdefghijklmnopqrstuvwxyzAbcdefg", "Sync1", "Sy nc", "Sync\n", "S\xc3\xa4"}) {
        EXPECT_FALSE(is_command_name(name)) << name;
    }
}

TEST(query_fault, every_one_has_a_word) {
    for (unsigned i = 0; i <= static_cast<unsigned>(QueryFault::bad_policy_key); ++i) {
        EXPECT_FALSE(to_string(static_cast<QueryFault>(i)).empty()) << i;
    }
}

}  // namespace
}  // namespace eas451
