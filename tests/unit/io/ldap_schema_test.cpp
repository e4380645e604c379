// SPDX-License-Identifier: Apache-2.0
#include "../../../src/io/directory/ldap/ldap_schema.hpp"

#include <gtest/gtest.h>

#include "../../../src/io/directory/ldap/ldap_organization.hpp"
#include "../../../src/io/directory/ldap/ldap_url.hpp"

namespace eas451 {
namespace {

const std::string users = "(objectClass=user)";

std::string filter(const std::string& login, const std::map<std::string, std::string>& attributes = {}) {
    return LdapSchema(users, attributes).login_filter(*parse_login_name(login));
}

TEST(LdapSchema, OneAttributeForEachFormOfLogin) {
    EXPECT_EQ(filter("user12@contoso.com"), "(&(objectClass=user)(userPrincipalName=user12@contoso.com))");
    EXPECT_EQ(filter("CONTOSO\\user12"), "(&(objectClass=user)(sAMAccountName=user12))");
    EXPECT_EQ(filter("user12"), "(&(objectClass=user)(sAMAccountName=user12))");
    EXPECT_EQ(filter("user12", {{"sAMAccountName", "uid"}}), "(&(objectClass=user)(uid=user12))");
}

TEST(LdapSchema, ForeignBytesAreValuesAndNothingElse) {
    EXPECT_EQ(filter("us(er)12"), "(&(objectClass=user)(sAMAccountName=us\\28er\\2912))");
    EXPECT_EQ(filter("j\xc3\xb6rg@contoso.com"), "(&(objectClass=user)(userPrincipalName=j\\c3\\b6rg@contoso.com))");
}

LdapEntry entry(std::vector<std::pair<std::string, std::vector<std::string>>> attributes) {
    return {"CN=User 12,DC=contoso,DC=com", std::move(attributes)};
}

TEST(LdapSchema, EveryAttributeOfAnEntry) {
    const auto recipient = LdapSchema(users, {{"mail", "rfc822Mailbox"}})
                               .recipient_of(entry({{"USERPRINCIPALNAME", {"user12@contoso.com"}},
                                                    {"sAMAccountName", {"user12"}},
                                                    {"rfc822Mailbox", {"u12@contoso.com"}},
                                                    {"proxyAddresses", {"SMTP:u12@contoso.com", "smtp:b@contoso.com"}},
                                                    {"mailNickname", {"u12"}},
                                                    {"homeMDB", {"CN=DB"}},
                                                    {"msExchHomeServerName", {"/o=C"}},
                                                    {"targetAddress", {"SMTP:u12@c.mail.onmicrosoft.com"}},
                                                    {"msExchRecipientTypeDetails", {"2147483648"}},
                                                    {"msExchRemoteRecipientType", {"4"}},
                                                    {"userAccountControl", {"66048"}},
                                                    {"msExchOmaAdminWirelessEnable", {"4"}},
                                                    {"msExchMailboxGuid", {std::string("\0\x01", 2)}}}));
    ASSERT_TRUE(recipient);
    EXPECT_EQ(recipient->distinguished_name, "CN=User 12,DC=contoso,DC=com");
    EXPECT_EQ(recipient->user_principal_name, "user12@contoso.com");
    EXPECT_EQ(recipient->sam_account_name, "user12");
    EXPECT_EQ(recipient->mail, "u12@contoso.com");
    EXPECT_EQ(recipient->proxy_addresses.size(), 2U);
    EXPECT_EQ(recipient->mail_nickname, "u12");
    EXPECT_EQ(recipient->home_mdb, "CN=DB");
    EXPECT_EQ(recipient->home_server_name, "/o=C");
    EXPECT_EQ(recipient->target_address, "SMTP:u12@c.mail.onmicrosoft.com");
    EXPECT_EQ(recipient->recipient_type_details, 2147483648);
    EXPECT_EQ(recipient->remote_recipient_type, 4);
    EXPECT_EQ(recipient->user_account_control, 66048U);
    EXPECT_EQ(recipient->mobile_features, 4);
    EXPECT_TRUE(recipient->has_mailbox_guid);
}

TEST(LdapSchema, AnEntryWithNothing) {
    const auto recipient = LdapSchema(users, {}).recipient_of(entry({}));
    ASSERT_TRUE(recipient);
    EXPECT_FALSE(recipient->is_mail_enabled());
    EXPECT_EQ(recipient->recipient_type_details, std::nullopt);
    EXPECT_FALSE(recipient->has_mailbox_guid);
}

TEST(LdapSchema, ANegativeAccountControlKeepsItsBits) {
    const auto recipient = LdapSchema(users, {}).recipient_of(entry({{"userAccountControl", {"-2147483646"}}}));
    ASSERT_TRUE(recipient);
    EXPECT_TRUE(recipient->is_disabled());
}

TEST(LdapSchema, WhatIsNoNumberIsNoEntry) {
    for (const char* bad : {"x", "1x", " 1", "4294967296", "0x2"}) {
        const auto recipient = LdapSchema(users, {}).recipient_of(entry({{"userAccountControl", {bad}}}));
        ASSERT_FALSE(recipient) << bad;
        EXPECT_EQ(recipient.error(), "userAccountControl of CN=User 12,DC=contoso,DC=com is no number");
    }
    EXPECT_FALSE(LdapSchema(users, {}).recipient_of(entry({{"msExchRecipientTypeDetails", {"9223372036854775808"}}})));
}

TEST(LdapSchema, Relationships) {
    const auto read = relationship_of({"CN=Office 365,CN=Federation",
                                       {{"cn", {"Office 365"}},
                                        {"msExchFedDomainNames", {"a.example", "b.example"}},
                                        {"msExchFedTargetOWAURL", {"https://a.example/owa"}},
                                        {"msExchFedIsEnabled", {"false"}}}});
    EXPECT_EQ(read.name, "Office 365");
    EXPECT_EQ(read.domain_names, (std::vector<std::string>{"a.example", "b.example"}));
    EXPECT_EQ(read.target_owa_url, "https://a.example/owa");
    EXPECT_FALSE(read.enabled);
    EXPECT_EQ(read.source, OrganizationRelationship::Source::directory);
    const auto bare = relationship_of({"CN=Bare,CN=Federation", {}});
    EXPECT_EQ(bare.name, "Bare");
    EXPECT_TRUE(bare.enabled);
    EXPECT_TRUE(bare.domain_names.empty());
}

TEST(LdapNaming, WhereALoginIsSearched) {
    const LdapNaming naming{"DC=contoso,DC=com", {}, {{"contoso", "contoso.com", "DC=contoso,DC=com"},
                                                     {"emea", "emea.contoso.com", "DC=emea,DC=contoso,DC=com"}}};
    EXPECT_EQ(naming.base_of(*parse_login_name("user12@elsewhere.com")), "DC=contoso,DC=com");
    EXPECT_EQ(naming.base_of(*parse_login_name("user12")), "DC=contoso,DC=com");
    EXPECT_EQ(naming.base_of(*parse_login_name("Contoso\\user12")), "DC=contoso,DC=com");
    EXPECT_EQ(naming.base_of(*parse_login_name("EMEA.contoso.com\\user12")), "DC=emea,DC=contoso,DC=com");
    EXPECT_EQ(naming.base_of(*parse_login_name("FABRIKAM\\user12")), std::nullopt);
    // Who has that UPN may be in any domain.
    EXPECT_EQ(naming.base_of(*parse_login_name("user12@emea.contoso.com")), "DC=contoso,DC=com");
}

TEST(LdapNaming, WhoseDomainIsMeant) {
    const LdapNaming naming{"DC=contoso,DC=com", {}, {{"contoso", "contoso.com", "DC=contoso,DC=com"},
                                                     {"emea", "emea.contoso.com", "DC=emea,DC=contoso,DC=com"}}};
    const auto name_of = [](const LdapNaming::Domain* domain) { return domain == nullptr ? "none" : domain->netbios_name; };
    const auto login = [&](const char* text) { return name_of(naming.domain_of_login(*parse_login_name(text))); };
    EXPECT_EQ(login("user12@Emea.contoso.com"), "emea");
    EXPECT_EQ(login("user12@emea"), "none");
    EXPECT_EQ(login("user12@elsewhere.com"), "none");
    EXPECT_EQ(login("Emea\\user12"), "emea");
    EXPECT_EQ(login("user12"), "contoso");
    const auto entry = [&](const char* dn) { return name_of(naming.domain_of_entry(dn)); };
    EXPECT_EQ(entry("CN=x,dc=Emea, DC=contoso,DC=com"), "emea");
    EXPECT_EQ(entry("CN=x,DC=contoso,DC=com"), "contoso");
    EXPECT_EQ(entry("CN=x,DC=xcontoso,DC=com"), "none");
}

TEST(LdapNaming, InACatalogADomainIsNotThoseBeneathIt) {
    LdapNaming forest{"", {}, {{"contoso", "contoso.com", "DC=contoso,DC=com"},
                               {"emea", "emea.contoso.com", "DC=emea,DC=contoso,DC=com"}}};
    forest.is_forest = true;
    forest.bare_base = "DC=contoso,DC=com";
    const LoginName upn = *parse_login_name("user12@elsewhere.com");
    const LoginName bare = *parse_login_name("user12");
    const LoginName netbios = *parse_login_name("EMEA\\user12");
    EXPECT_EQ(forest.base_of(upn), "");
    EXPECT_EQ(forest.base_of(bare), "DC=contoso,DC=com");
    EXPECT_EQ(forest.base_of(netbios), "DC=emea,DC=contoso,DC=com");

    const auto is_in_domain = [&](const LoginName& login, const char* dn) { return forest.is_in_domain_of(login, dn); };
    EXPECT_TRUE(is_in_domain(upn, "CN=User 12,DC=fabrikam,DC=com")) << "of a suffix no domain is known";
    EXPECT_TRUE(is_in_domain(bare, "CN=User 12,OU=Staff,dc=Contoso, dc=com"));
    EXPECT_FALSE(is_in_domain(bare, "CN=User 12,DC=emea,DC=contoso,DC=com"));
    EXPECT_TRUE(is_in_domain(netbios, "CN=User 12,DC=emea,DC=contoso,DC=com"));
    // A comma that is escaped, and a backslash before one that is not.
    EXPECT_TRUE(is_in_domain(bare, "CN=User\\,DC=emea,DC=contoso,DC=com"));
    EXPECT_FALSE(is_in_domain(bare, "CN=User\\\\,DC=emea,DC=contoso,DC=com"));
    // Also where the domain beneath, or every domain, has no name that is known.
    forest.domains.pop_back();
    EXPECT_FALSE(is_in_domain(bare, "CN=User 12,DC=emea,DC=contoso,DC=com"));
    EXPECT_FALSE(is_in_domain(*parse_login_name("CONTOSO\\user12"), "CN=User 12,DC=emea,DC=contoso,DC=com"));
    EXPECT_FALSE(is_in_domain(*parse_login_name("user12@contoso.com"), "CN=User 12,DC=emea,DC=contoso,DC=com"));
    forest.domains.clear();
    EXPECT_FALSE(is_in_domain(bare, "CN=User 12,DC=emea,DC=contoso,DC=com"));
    forest.bare_base = "OU=Staff,DC=contoso,DC=com";
    EXPECT_TRUE(is_in_domain(bare, "CN=User 12,OU=Staff,DC=contoso,DC=com"));

    const LdapNaming alone{"DC=contoso,DC=com", {}, {{"contoso", "contoso.com", "DC=contoso,DC=com"}}};
    EXPECT_TRUE(alone.is_in_domain_of(bare, "uid=user12,dc=emea,dc=contoso,dc=com"));
}

TEST(LdapUrl, TheCatalogOnTheSameHost) {
    const LdapServer tls = catalog_of(ldap_server_of("ldaps://dc1.contoso.com"), 0);
    EXPECT_EQ(tls.name, "ldaps://dc1.contoso.com:3269");
    EXPECT_EQ(tls.host, "dc1.contoso.com");
    EXPECT_EQ(tls.port, 3269);
    EXPECT_FALSE(tls.start_tls);
    const LdapServer start_tls = catalog_of(ldap_server_of("ldap://[2001:db8::1]:389"), 0);
    EXPECT_EQ(start_tls.name, "ldap://[2001:db8::1]:3268");
    EXPECT_EQ(start_tls.host, "2001:db8::1");
    EXPECT_TRUE(start_tls.start_tls);
    EXPECT_EQ(catalog_of(ldap_server_of("ldaps://dc1:6360"), 6361).name, "ldaps://dc1:6361");
}

TEST(LdapUrl, HostPortAndStartTls) {
    const LdapServer plain = ldap_server_of("ldaps://dc1.contoso.com");
    EXPECT_EQ(plain.name, "ldaps://dc1.contoso.com");
    EXPECT_EQ(plain.host, "dc1.contoso.com");
    EXPECT_EQ(plain.port, 636);
    EXPECT_FALSE(plain.start_tls);
    const LdapServer other = ldap_server_of("ldap://10.0.0.1:3890");
    EXPECT_EQ(other.host, "10.0.0.1");
    EXPECT_EQ(other.port, 3890);
    EXPECT_TRUE(other.start_tls);
    EXPECT_EQ(ldap_server_of("ldap://dc1").port, 389);
    EXPECT_EQ(ldap_server_of("ldaps://[2001:db8::1]:6360").host, "2001:db8::1");
    EXPECT_THROW(ldap_server_of("srv:contoso.com"), std::invalid_argument);
    EXPECT_THROW(ldap_server_of("https://dc1"), std::invalid_argument);
}

}  // namespace
}  // namespace eas451
