// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/wbxml_status.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

struct Row {
    EasCommand command;
    const char* status_123;
};

// Typed from the published token tables (MS-ASWBXML 2.1.2.1), byte by byte, not from our own table.
const std::vector<Row> rows{
    {EasCommand::sync, "03016A00454E03313233000101"},
    {EasCommand::send_mail, "03016A000015455203313233000101"},
    {EasCommand::smart_forward, "03016A000015465203313233000101"},
    {EasCommand::smart_reply, "03016A000015475203313233000101"},
    {EasCommand::folder_sync, "03016A000007564C03313233000101"},
    {EasCommand::folder_create, "03016A000007534C03313233000101"},
    {EasCommand::folder_delete, "03016A000007544C03313233000101"},
    {EasCommand::folder_update, "03016A000007554C03313233000101"},
    {EasCommand::move_items, "03016A000005454B03313233000101"},
    {EasCommand::get_item_estimate, "03016A000006454E03313233000101"},
    {EasCommand::meeting_response, "03016A000008474B03313233000101"},
    {EasCommand::search, "03016A00000F454C03313233000101"},
    {EasCommand::settings, "03016A000012454603313233000101"},
    {EasCommand::ping, "03016A00000D454703313233000101"},
    {EasCommand::item_operations, "03016A000014454D03313233000101"},
    {EasCommand::provision, "03016A00000E454B03313233000101"},
    {EasCommand::resolve_recipients, "03016A00000A454703313233000101"},
    {EasCommand::validate_cert, "03016A00000B454A03313233000101"},
    {EasCommand::find, "03016A000019454A03313233000101"},
};

TEST(WbxmlStatus, Status123OfAll19Commands) {
    ASSERT_EQ(rows.size(), 19U);
    for (const Row& row : rows) {
        EXPECT_EQ(hex_upper(wbxml_status_document(row.command, EasStatus::user_has_no_mailbox)), row.status_123)
            << to_string(row.command);
    }
}

TEST(WbxmlStatus, EveryOtherStatusDiffersInItsThreeDigitsOnly) {
    const std::vector<std::pair<EasStatus, const char*>> statuses{
        {EasStatus::device_id_missing_or_invalid, "313038"}, {EasStatus::device_type_missing_or_invalid, "313039"},
        {EasStatus::server_error_retry_later, "313131"},     {EasStatus::user_principal_could_not_be_found, "313235"},
        {EasStatus::user_disabled_for_sync, "313236"},
    };
    for (const Row& row : rows) {
        for (const auto& [status, digits] : statuses) {
            std::string expected = row.status_123;
            expected.replace(expected.size() - 12, 6, digits);
            EXPECT_EQ(hex_upper(wbxml_status_document(row.command, status)), expected) << to_string(row.command);
        }
    }
}

TEST(WbxmlStatus, OnlyThose19CommandsHaveADocument) {
    unsigned count = 0;
    for (unsigned i = 0; i <= static_cast<unsigned>(EasCommand::unknown); ++i) {
        count += has_status_document(static_cast<EasCommand>(i)) ? 1 : 0;
    }
    EXPECT_EQ(count, 19U);
    for (const Row& row : rows) EXPECT_TRUE(has_status_document(row.command)) << to_string(row.command);
    for (const EasCommand command :
         {EasCommand::get_attachment, EasCommand::get_hierarchy, EasCommand::create_collection,
          EasCommand::delete_collection, EasCommand::move_collection, EasCommand::notify, EasCommand::unknown}) {
        EXPECT_FALSE(has_status_document(command)) << to_string(command);
        EXPECT_EQ(wbxml_status_document(command, EasStatus::user_has_no_mailbox), "")
            << "no document rather than a wrong one";
    }
}

std::string bytes(std::initializer_list<int> values) {
    std::string text;
    for (const int value : values) text += static_cast<char>(value);
    return text;
}

TEST(WbxmlStatus, OurDocumentsAreReadBack) {
    for (const Row& row : rows) {
        const std::string document = wbxml_status_document(row.command, EasStatus::server_error_retry_later);
        EXPECT_EQ(read_wbxml_status(row.command, document), 111U) << to_string(row.command);
        // What is behind the Status, its end too, is not needed; what is before is, all of it.
        const std::size_t enough = document.size() - 2;
        for (std::size_t i = 0; i < document.size(); ++i) {
            EXPECT_EQ(read_wbxml_status(row.command, document.substr(0, i)).has_value(), i >= enough) << i;
        }
    }
    EXPECT_EQ(read_wbxml_status(EasCommand::get_attachment, "\x03"), std::nullopt);
}

TEST(WbxmlStatus, OfOtherServersTheFirstStatusIsRead) {
    const std::string folders = bytes({0x03, 0x01, 0x6a, 0x00, 0x00, 0x07, 0x56, 0x4c, 0x03, '1', 0x00, 0x01, 0x52, 0x03, '7', 0x00, 0x01, 0x01});
    EXPECT_EQ(read_wbxml_status(EasCommand::folder_sync, folders), 1U);
    EXPECT_EQ(read_wbxml_status(EasCommand::folder_create, folders), std::nullopt) << "of another command";
    const std::string switched = bytes({0x03, 0x01, 0x6a, 0x00, 0x00, 0x00, 0x45, 0x4e, 0x03, '3', 0x00, 0x01, 0x01});
    EXPECT_EQ(read_wbxml_status(EasCommand::sync, switched), 3U) << "a switch to the page that is there anyway";
    const std::string long_one = bytes({0x03, 0x01, 0x6a, 0x00, 0x45, 0x4e, 0x03, '1', '2', '3', '4', 0x00, 0x01, 0x01});
    EXPECT_EQ(read_wbxml_status(EasCommand::sync, long_one), std::nullopt);
    const std::string no_digit = bytes({0x03, 0x01, 0x6a, 0x00, 0x45, 0x4e, 0x03, 0x00, 0x01, 0x01});
    EXPECT_EQ(read_wbxml_status(EasCommand::sync, no_digit), std::nullopt);
}

TEST(WbxmlStatus, CommonNames) {
    EXPECT_EQ(common_status_name(101), "InvalidContent");
    EXPECT_EQ(common_status_name(123), "UserHasNoMailbox");
    EXPECT_EQ(common_status_name(143), "PolicyRefresh");
    EXPECT_EQ(common_status_name(160), "AvailabilityTooManyRecipients");
    EXPECT_EQ(common_status_name(177), "MaximumDevicesReached");
    EXPECT_EQ(common_status_name(184), "OneOrMoreExceptionsFailed");
    for (const unsigned status : {0U, 1U, 100U, 157U, 180U, 185U, 999U}) EXPECT_EQ(common_status_name(status), "") << status;
    // The names that we have for our own are the same.
    for (const EasStatus status : {EasStatus::device_id_missing_or_invalid, EasStatus::device_type_missing_or_invalid,
                                   EasStatus::server_error_retry_later, EasStatus::user_has_no_mailbox,
                                   EasStatus::user_principal_could_not_be_found, EasStatus::user_disabled_for_sync}) {
        EXPECT_EQ(common_status_name(static_cast<unsigned>(status)), to_string(status));
    }
}

}  // namespace
}  // namespace eas451
