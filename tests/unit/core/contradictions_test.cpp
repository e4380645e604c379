// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/contradictions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decision_world.hpp"

namespace eas451 {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Contradictions, NoneInAnEntryThatGoesTogether) {
    EXPECT_THAT(contradictions(test::moved_recipient()), IsEmpty());
    EXPECT_THAT(contradictions(test::local_recipient()), IsEmpty());
    EXPECT_THAT(contradictions(Recipient{}), IsEmpty());
}

TEST(Contradictions, OfALocalMailbox) {
    Recipient recipient = test::local_recipient();
    recipient.home_mdb.clear();
    recipient.home_server_name = "/o=Contoso/cn=EX1";
    recipient.target_address = "SMTP:user12@contoso.mail.onmicrosoft.com";
    recipient.recipient_type_details = 2147483648;
    EXPECT_THAT(contradictions(recipient), ElementsAre(HasSubstr("targetAddress"),
                                                       AllOf(HasSubstr("2147483648 (RemoteUserMailbox)"),
                                                             HasSubstr("homeMDB or msExchHomeServerName")),
                                                       HasSubstr("msExchHomeServerName is set and homeMDB is not")));
}

TEST(Contradictions, OfAMovedMailbox) {
    Recipient recipient = test::moved_recipient();
    recipient.recipient_type_details = 1;
    recipient.has_mailbox_guid = true;
    recipient.mobile_features = 4;
    recipient.remote_recipient_type = 10;
    EXPECT_THAT(contradictions(recipient),
                ElementsAre(HasSubstr("1 (UserMailbox)"), HasSubstr("msExchMailboxGuid"),
                            HasSubstr("msExchOmaAdminWirelessEnable"), HasSubstr("DeprovisionMailbox")));
}

TEST(Contradictions, ATargetWithoutMailNickname) {
    Recipient recipient = test::moved_recipient();
    recipient.mail_nickname.clear();
    EXPECT_THAT(contradictions(recipient), ElementsAre(HasSubstr("mailNickname")));
}

TEST(Contradictions, OtherBitsOfTheRemoteTypeAreFine) {
    Recipient recipient = test::moved_recipient();
    for (const std::int64_t bits : {1, 3, 4, 6, 33, 100}) {
        recipient.remote_recipient_type = bits;
        EXPECT_THAT(contradictions(recipient), IsEmpty()) << bits;
    }
    for (const std::int64_t bits : {8, 10, 24}) {
        recipient.remote_recipient_type = bits;
        EXPECT_THAT(contradictions(recipient), ElementsAre(HasSubstr("DeprovisionMailbox"))) << bits;
    }
}

TEST(Contradictions, AnAccountThatCannotLogIn) {
    for (Recipient recipient : {test::moved_recipient(), test::local_recipient(), Recipient{}}) {
        for (const std::uint32_t fine : {0U, 512U, 0x10200U, 0x20U}) {
            recipient.user_account_control = fine;
            EXPECT_THAT(contradictions(recipient), IsEmpty()) << fine;
        }
        recipient.user_account_control = 514;
        EXPECT_THAT(contradictions(recipient),
                    ElementsAre("the account is disabled: where passwords are looked at, a device of this user is answered 401"));
        recipient.user_account_control = 0x200 | 0x10;
        EXPECT_THAT(contradictions(recipient),
                    ElementsAre("the account is locked: where passwords are looked at, a device of this user is answered 401"));
        recipient.user_account_control = 0x200 | 0x800000;
        EXPECT_THAT(contradictions(recipient),
                    ElementsAre("the password has expired: where passwords are looked at, a device of this user is answered 401"));
        recipient.user_account_control = 0xffffffff;
        EXPECT_THAT(contradictions(recipient), ElementsAre(HasSubstr("disabled"), HasSubstr("locked"),
                                                           HasSubstr("expired")));
    }
}

TEST(Contradictions, AnotherPrimaryAddressThanTheLogin) {
    Recipient recipient = test::moved_recipient();
    recipient.proxy_addresses = {"SMTP:USER12@contoso.com"};
    EXPECT_THAT(contradictions(recipient), IsEmpty()) << "case does not count";
    recipient.proxy_addresses = {"SMTP:u.twelve@contoso.com"};
    EXPECT_THAT(contradictions(recipient),
                ElementsAre(AllOf(HasSubstr("user12@contoso.com"), HasSubstr("u.twelve@contoso.com"))));
    recipient.user_principal_name.clear();
    EXPECT_THAT(contradictions(recipient), IsEmpty());
}

}  // namespace
}  // namespace eas451
