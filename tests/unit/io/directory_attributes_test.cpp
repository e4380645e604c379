// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "directory_texts.hpp"

namespace eas451 {
namespace {

constexpr auto every_attribute_yaml = R"(users:
  - userPrincipalName: anna@contoso.com
    sAMAccountName: CONTOSO\anna
    mail: anna@contoso.com
    proxyAddresses: ["SMTP:anna@contoso.com", "smtp:a@contoso.com", "X500:/o=Contoso"]
    targetAddress: SMTP:anna@contoso.mail.onmicrosoft.com
    msExchRecipientTypeDetails: 274877906944
    msExchRemoteRecipientType: 97
    homeMDB: CN=DB01
    msExchHomeServerName: /cn=EX1
    mailNickname: annie
    userAccountControl: 0x10202
    msExchOmaAdminWirelessEnable: 5
    msExchMailboxGuid: 0f9619ff-8b86-d011-b42d-00c04fc964ff
    distinguishedName: CN=Anna,DC=contoso,DC=com
    displayName: Anna Andersen
    password: secret
)";
constexpr auto every_attribute_json = R"({"users": [{"USERPRINCIPALNAME": "anna@contoso.com",
  "samaccountname": "CONTOSO\\anna", "Mail": "anna@contoso.com",
  "ProxyAddresses": ["SMTP:anna@contoso.com", "smtp:a@contoso.com", "X500:/o=Contoso"],
  "targetaddress": "SMTP:anna@contoso.mail.onmicrosoft.com", "msexchrecipienttypedetails": "remoteteammailbox",
  "MSEXCHREMOTERECIPIENTTYPE": "97", "homemdb": "CN=DB01", "msexchhomeservername": "/cn=EX1",
  "MAILNICKNAME": "annie", "useraccountcontrol": 66050, "msexchomaadminwirelessenable": 5,
  "msexchmailboxguid": "x", "DN": "CN=Anna,DC=contoso,DC=com", "displayname": null, "PASSWORD": "secret"}]})";
constexpr auto every_attribute_ldif = R"(version: 1

dn: CN=Anna,
 DC=contoso,DC=com
ObjectClass: top
objectclass: user
USERPRINCIPALNAME: anna@contoso.com
samaccountname: CONTOSO\anna
mail:: YW5uYUBjb250b3NvLmNvbQ==
proxyAddresses: SMTP:anna@contoso.com
proxyaddresses: smtp:a@con
 toso.com
proxyAddresses: X500:/o=Contoso
TargetAddress: SMTP:anna@contoso.mail.onmicrosoft.com
msExchRecipientTypeDetails: 274877906944
msExchRemoteRecipientType: 97
homeMDB: CN=DB01
msExchHomeServerName: /cn=EX1
mailNickname: annie
userAccountControl: 66050
msExchOmaAdminWirelessEnable: 5
msExchMailboxGuid;binary:: /xmWD4aLEdC0LQDAT8lk/w==
displayName: Anna Andersen
description: what we do not know is passed over
thumbnailPhoto:: AAAA
password: secret
)";

class EveryAttribute : public testing::TestWithParam<ReadContents (*)()> {};

TEST_P(EveryAttribute, ReachesTheRecipient) {
    const auto directory = directory_of(GetParam()());
    ASSERT_NE(directory, nullptr);
    EXPECT_EQ(at_once(*directory, question("anna@contoso.com", "secret")), "account-disabled");
    const auto answer = directory->log_in_at_once(unchecked("anna@contoso.com"));
    ASSERT_TRUE(answer.has_value());
    const auto* accepted = std::get_if<Accepted>(&answer->outcome);
    ASSERT_NE(accepted, nullptr);
    const Recipient& anna = *accepted->recipient;
    EXPECT_EQ(anna.distinguished_name, "CN=Anna,DC=contoso,DC=com");
    EXPECT_EQ(anna.user_principal_name, "anna@contoso.com");
    EXPECT_EQ(anna.sam_account_name, "CONTOSO\\anna");
    EXPECT_EQ(anna.mail, "anna@contoso.com");
    EXPECT_EQ(anna.proxy_addresses,
              (std::vector<std::string>{"SMTP:anna@contoso.com", "smtp:a@contoso.com", "X500:/o=Contoso"}));
    EXPECT_EQ(anna.target_address, "SMTP:anna@contoso.mail.onmicrosoft.com");
    EXPECT_EQ(anna.recipient_type_details, 274877906944);
    EXPECT_EQ(anna.remote_recipient_type, 97);
    EXPECT_EQ(anna.home_mdb, "CN=DB01");
    EXPECT_EQ(anna.home_server_name, "/cn=EX1");
    EXPECT_EQ(anna.mail_nickname, "annie");
    EXPECT_EQ(anna.user_account_control, 0x10202U);
    EXPECT_EQ(anna.mobile_features, 5);
    EXPECT_TRUE(anna.has_mailbox_guid);
}

INSTANTIATE_TEST_SUITE_P(DirectoryAttributes, EveryAttribute,
                         testing::Values([] { return read_document(every_attribute_yaml); },
                                         [] { return read_document(every_attribute_json); },
                                         [] { return read_ldif(every_attribute_ldif); },
                                         [] { return read_ldif(with_crlf(every_attribute_ldif)); }));

TEST(DirectoryAttributes, AbsentAttributesStayAbsent) {
    for (const auto& contents : {std::string("users: [{mail: a@x.com}]"),
                                 std::string("users: [{mail: a@x.com, homeMDB: '', targetAddress: ~, "
                                             "msExchMailboxGuid: '', proxyAddresses: [], dn: null}]")}) {
        const auto directory = directory_of(read_document(contents));
        ASSERT_NE(directory, nullptr);
        const auto answer = directory->log_in_at_once(unchecked("a@x.com"));
        ASSERT_TRUE(answer && std::holds_alternative<Accepted>(answer->outcome));
        const Recipient& user = *std::get<Accepted>(answer->outcome).recipient;
        EXPECT_TRUE(user.user_principal_name.empty() && user.home_mdb.empty() && user.target_address.empty());
        EXPECT_TRUE(user.proxy_addresses.empty() && user.mail_nickname.empty() && user.distinguished_name.empty());
        EXPECT_FALSE(user.recipient_type_details || user.remote_recipient_type || user.has_mailbox_guid);
        EXPECT_EQ(user.user_account_control, 0U);
    }
}

TEST(DirectoryAttributes, NumbersKeepTheirWidthAndSign) {
    const auto directory = directory_of(read_document(R"(users:
  - {mail: a@x.com, msExchRecipientTypeDetails: 9223372036854775807, msExchRemoteRecipientType: 9223372036854775807,
     userAccountControl: 4294967295, msExchOmaAdminWirelessEnable: -2147483648}
  - {mail: b@x.com, msExchRecipientTypeDetails: 0, userAccountControl: -2147483648,
     msExchOmaAdminWirelessEnable: 2147483647})"));
    ASSERT_NE(directory, nullptr);
    const auto recipient = [&](std::string_view login) {
        return std::get<Accepted>(directory->log_in_at_once(unchecked(login))->outcome).recipient;
    };
    EXPECT_EQ(recipient("a@x.com")->recipient_type_details, INT64_MAX);
    EXPECT_EQ(recipient("a@x.com")->remote_recipient_type, INT64_MAX);
    EXPECT_EQ(recipient("a@x.com")->user_account_control, UINT32_MAX);
    EXPECT_EQ(recipient("a@x.com")->mobile_features, INT32_MIN);
    EXPECT_EQ(recipient("b@x.com")->recipient_type_details, 0);
    EXPECT_EQ(recipient("b@x.com")->user_account_control, 0x80000000U);
    EXPECT_EQ(recipient("b@x.com")->mobile_features, INT32_MAX);
}

TEST(DirectoryAttributes, PassesOverWhatIsNoUserInLdif) {
    const auto contents = read_ldif(R"(dn: CN=PC1,DC=x
objectClass: top
objectClass: person
objectClass: user
objectClass: computer
sAMAccountName: PC1$

dn: CN=Staff,DC=x
objectClass: group
sAMAccountName: Staff
mail: staff@x.com

dn: CN=Friend,DC=x
objectClass: person
objectClass: contact
mail: friend@x.com
targetAddress: SMTP:friend@elsewhere.com

dn: DC=x
objectClass: domainDNS

dn: CN=noclass,DC=x
userPrincipalName: noclass@x.com

dn: uid=posix,DC=x
objectClass: inetOrgPerson
uid: posix
)");
    ASSERT_TRUE(contents.has_value()) << lines_of(contents.error());
    EXPECT_EQ(contents->users->size(), 2U);
    EXPECT_EQ(contents->users->recipient(0).user_principal_name, "noclass@x.com");
    EXPECT_EQ(contents->users->recipient(1).sam_account_name, "posix");
}

}  // namespace
}  // namespace eas451
