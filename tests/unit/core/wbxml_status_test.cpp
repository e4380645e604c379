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

}  // namespace
}  // namespace eas451
