// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/recipient.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace eas451 {
namespace {

struct DetailsRow {
    std::int64_t value;
    const char* name;
};

// The published decimal numbers, typed as such: our table shifts bits, and a shift by one too many
// would look right in it.
const std::vector<DetailsRow> published{
    {1, "UserMailbox"},
    {2, "LinkedMailbox"},
    {4, "SharedMailbox"},
    {8, "LegacyMailbox"},
    {16, "RoomMailbox"},
    {32, "EquipmentMailbox"},
    {64, "MailContact"},
    {128, "MailUser"},
    {256, "MailUniversalDistributionGroup"},
    {512, "MailNonUniversalGroup"},
    {1024, "MailUniversalSecurityGroup"},
    {2048, "DynamicDistributionGroup"},
    {4096, "PublicFolder"},
    {8192, "SystemAttendantMailbox"},
    {16384, "SystemMailbox"},
    {32768, "MailForestContact"},
    {65536, "User"},
    {131072, "Contact"},
    {262144, "UniversalDistributionGroup"},
    {524288, "UniversalSecurityGroup"},
    {1048576, "NonUniversalGroup"},
    {2097152, "DisabledUser"},
    {4194304, "MicrosoftExchange"},
    {8388608, "ArbitrationMailbox"},
    {16777216, "MailboxPlan"},
    {33554432, "LinkedUser"},
    {268435456, "RoomList"},
    {536870912, "DiscoveryMailbox"},
    {1073741824, "RoleGroup"},
    {2147483648, "RemoteUserMailbox"},
    {4294967296, "Computer"},
    {8589934592, "RemoteRoomMailbox"},
    {17179869184, "RemoteEquipmentMailbox"},
    {34359738368, "RemoteSharedMailbox"},
    {68719476736, "PublicFolderMailbox"},
    {137438953472, "TeamMailbox"},
    {274877906944, "RemoteTeamMailbox"},
    {549755813888, "MonitoringMailbox"},
    {1099511627776, "GroupMailbox"},
    {2199023255552, "LinkedRoomMailbox"},
    {4398046511104, "AuditLogMailbox"},
    {8796093022208, "RemoteGroupMailbox"},
    {17592186044416, "SchedulingMailbox"},
    {35184372088832, "GuestMailUser"},
    {70368744177664, "AuxAuditLogMailbox"},
    {140737488355328, "SupervisoryReviewPolicyMailbox"},
};

TEST(RecipientTypeDetails, NamesEveryPublishedValue) {
    for (const DetailsRow& row : published) {
        EXPECT_EQ(recipient_type_details_name(row.value), row.name) << row.value;
        EXPECT_EQ(recipient_type_details_value(row.name), row.value) << row.name;
    }
}

TEST(RecipientTypeDetails, KnowsNothingElse) {
    for (const std::int64_t value :
         {std::int64_t{0}, std::int64_t{3}, std::int64_t{67108864}, std::int64_t{134217728},
          std::int64_t{281474976710656}, std::int64_t{-1}, std::int64_t{-2147483648},
          std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
        EXPECT_EQ(recipient_type_details_name(value), "") << value;
    }
    std::size_t known = 0;
    for (int bit = 0; bit < 63; ++bit) known += recipient_type_details_name(std::int64_t{1} << bit).empty() ? 0 : 1;
    EXPECT_EQ(known, published.size());
    EXPECT_EQ(recipient_type_details_value(""), std::nullopt);
    EXPECT_EQ(recipient_type_details_value("UserMailbox "), std::nullopt);
    EXPECT_EQ(recipient_type_details_value("Mailbox"), std::nullopt);
}

TEST(RecipientTypeDetails, NamesCompareWithoutRegardToCase) {
    EXPECT_EQ(recipient_type_details_value("remoteusermailbox"), 2147483648);
    EXPECT_EQ(recipient_type_details_value("REMOTEROOMMAILBOX"), 8589934592);
}

TEST(RecipientTypeDetails, FiveValuesAreRemoteMailboxes) {
    std::vector<std::int64_t> remote;
    for (const DetailsRow& row : published) {
        if (is_remote_mailbox_type(row.value)) remote.push_back(row.value);
    }
    EXPECT_EQ(remote, (std::vector<std::int64_t>{2147483648, 8589934592, 17179869184, 34359738368, 274877906944}));
    EXPECT_FALSE(is_remote_mailbox_type(0)) << "an unknown value has an empty name";
    EXPECT_FALSE(is_remote_mailbox_type(-2147483648)) << "RemoteUserMailbox cut to 32 bits";
}

Recipient mail_user(std::string target_address) {
    Recipient recipient;
    recipient.mail_nickname = "user12";
    recipient.target_address = std::move(target_address);
    return recipient;
}

TEST(LocateMailbox, AHomeIsLocalWhateverElseTheEntrySays) {
    Recipient recipient = mail_user("SMTP:user12@contoso.mail.onmicrosoft.com");
    recipient.recipient_type_details = 2147483648;
    recipient.home_server_name = "/o=Contoso/cn=EX1";
    auto location = locate_mailbox(recipient);
    ASSERT_TRUE(std::holds_alternative<LocalMailbox>(location));
    EXPECT_EQ(std::get<LocalMailbox>(location).home, "/o=Contoso/cn=EX1");
    recipient.home_mdb = "CN=DB1";
    location = locate_mailbox(recipient);
    ASSERT_TRUE(std::holds_alternative<LocalMailbox>(location));
    EXPECT_EQ(std::get<LocalMailbox>(location).home, "CN=DB1");
    EXPECT_EQ(recipient_type(recipient), RecipientType::user_mailbox);
    recipient.mail_nickname.clear();
    EXPECT_EQ(recipient_type(recipient), RecipientType::user_mailbox);
}

TEST(LocateMailbox, AMailUserIsRemote) {
    const Recipient recipient = mail_user("smtp:User12@Contoso.Mail.OnMicrosoft.com");
    const auto location = locate_mailbox(recipient);
    ASSERT_TRUE(std::holds_alternative<RemoteMailbox>(location));
    const auto& remote = std::get<RemoteMailbox>(location);
    EXPECT_EQ(remote.routing_address, recipient.target_address);
    EXPECT_EQ(remote.domain, "Contoso.Mail.OnMicrosoft.com");
    EXPECT_EQ(recipient_type(recipient), RecipientType::mail_user);
}

TEST(LocateMailbox, ARemoteAddressThatIsNotSmtpHasNoDomain) {
    for (const char* address :
         {"X400:c=US;s=Twelve;", "NOTES:a@b.example", "user12@contoso.com", "SMTP:", "SMTP:user12@"}) {
        const Recipient recipient = mail_user(address);
        const auto location = locate_mailbox(recipient);
        ASSERT_TRUE(std::holds_alternative<RemoteMailbox>(location)) << address;
        EXPECT_EQ(std::get<RemoteMailbox>(location).domain, std::nullopt) << address;
    }
}

TEST(LocateMailbox, NoMailboxSaysWhy) {
    Recipient recipient = mail_user("");
    recipient.has_mailbox_guid = true;
    auto location = locate_mailbox(recipient);
    ASSERT_TRUE(std::holds_alternative<NoMailbox>(location)) << "a mailbox GUID proves nothing";
    EXPECT_EQ(std::get<NoMailbox>(location).cause, NoMailboxCause::no_target_address);
    EXPECT_EQ(recipient_type(recipient), RecipientType::user);
    recipient = mail_user("SMTP:user12@contoso.mail.onmicrosoft.com");
    recipient.mail_nickname.clear();
    location = locate_mailbox(recipient);
    ASSERT_TRUE(std::holds_alternative<NoMailbox>(location));
    EXPECT_EQ(std::get<NoMailbox>(location).cause, NoMailboxCause::not_mail_enabled);
}

TEST(RecipientTest, RecipientTypeWords) {
    EXPECT_EQ(to_string(RecipientType::user_mailbox), "UserMailbox");
    EXPECT_EQ(to_string(RecipientType::mail_user), "MailUser");
    EXPECT_EQ(to_string(RecipientType::user), "User");
}

TEST(RecipientTest, ThePrimaryAddressHasTheCapitalPrefix) {
    Recipient recipient;
    recipient.mail = "mail@contoso.com";
    EXPECT_EQ(recipient.primary_smtp_address(), "mail@contoso.com");
    recipient.proxy_addresses = {"smtp:alias@contoso.com", "X500:/o=Contoso", "Smtp:mixed@contoso.com"};
    EXPECT_EQ(recipient.primary_smtp_address(), "mail@contoso.com");
    recipient.proxy_addresses.emplace_back("SMTP:primary@contoso.com");
    EXPECT_EQ(recipient.primary_smtp_address(), "primary@contoso.com");
}

TEST(RecipientTest, OnlyBitFourSwitchesActiveSyncOff) {
    Recipient recipient;
    for (const std::int32_t value : {0, 1, 2, 3, 8, 11, 16}) {
        recipient.mobile_features = value;
        EXPECT_FALSE(recipient.is_eas_disabled()) << value;
    }
    for (const std::int32_t value : {4, 5, 7, 12, 15, -1}) {
        recipient.mobile_features = value;
        EXPECT_TRUE(recipient.is_eas_disabled()) << value;
    }
}

TEST(RecipientTest, IsCalledByTheFirstNameItHas) {
    Recipient recipient;
    EXPECT_EQ(recipient.display_name(), "");
    recipient.mail = "a@x.com";
    EXPECT_EQ(recipient.display_name(), "a@x.com");
    recipient.sam_account_name = "X\\a";
    EXPECT_EQ(recipient.display_name(), "X\\a");
    recipient.user_principal_name = "a.upn@x.com";
    EXPECT_EQ(recipient.display_name(), "a.upn@x.com");
    recipient.distinguished_name = "CN=a";
    EXPECT_EQ(recipient.display_name(), "CN=a");
}

TEST(RecipientTest, OnlyBitTwoDisablesTheAccount) {
    Recipient recipient;
    for (const std::uint32_t value : {0U, 512U, 0x10200U, 0x40200U}) {
        recipient.user_account_control = value;
        EXPECT_FALSE(recipient.is_disabled()) << value;
    }
    for (const std::uint32_t value : {2U, 514U, 66050U, 0xffffffffU}) {
        recipient.user_account_control = value;
        EXPECT_TRUE(recipient.is_disabled()) << value;
    }
}

}  // namespace
}  // namespace eas451
