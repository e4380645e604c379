// SPDX-License-Identifier: Apache-2.0
#include "../../../../src/io/directory/ldap/ldap_login_choice.hpp"

#include <gtest/gtest.h>

#include "../../../../src/io/directory/ldap/ldap_result_code.hpp"

namespace eas451 {
namespace {

const LdapSchema schema("(objectClass=user)", {});

/// A forest of two domains, of which all is below the base, as in a global catalogue.
LdapNaming forest(const std::string& base = "DC=contoso,DC=com") {
    LdapNaming naming;
    naming.base = base;
    naming.domains = {{"contoso", "contoso.com", "DC=contoso,DC=com"}, {"emea", "emea.contoso.com", "DC=emea, DC=contoso,DC=com"}};
    return naming;
}

LdapEntry entry(const std::string& dn, const std::string& upn, const std::string& account, std::vector<std::string> addresses = {},
                const std::string& mail = "") {
    std::vector<std::pair<std::string, std::vector<std::string>>> attributes{{"sAMAccountName", {account}}};
    if (!upn.empty()) attributes.push_back({"userPrincipalName", {upn}});
    if (!mail.empty()) attributes.push_back({"mail", {mail}});
    if (!addresses.empty()) attributes.push_back({"proxyAddresses", std::move(addresses)});
    return {dn + ",DC=contoso,DC=com", std::move(attributes)};
}

/// The name of the entry and the form; or the word for why there is none.
std::string chosen(const std::string& login, std::vector<LdapEntry> entries, bool smtp_logins = false,
                   const LdapNaming& naming = forest(), int code = ldap_code::success) {
    const LdapReply reply{std::move(entries), {code, {}, std::nullopt}, false};
    const LoginName name = *parse_login_name(login);
    const LoginChoice choice = choose_entry(reply, name, naming, schema, smtp_logins);
    if (std::holds_alternative<NotFound>(choice)) return "not-found";
    if (std::holds_alternative<Ambiguous>(choice)) return "ambiguous";
    if (const auto* trouble = std::get_if<std::string>(&choice)) return *trouble;
    const auto& found = std::get<Recipient>(choice);
    return found.distinguished_name.substr(0, found.distinguished_name.find(",DC=contoso")) + " " +
           std::string(to_string(matched_form(found, name, naming)));
}

std::string filter(const std::string& login, bool smtp_logins, const LdapNaming& naming = forest()) {
    const LoginName name = *parse_login_name(login);
    return schema.login_filter(name, ways_of(name, naming, smtp_logins));
}

TEST(LdapLoginFilter, AUpnIsALogonNameTooWhereItsDomainIsOneOfOurs) {
    EXPECT_EQ(filter("sam@contoso.com", false), "(&(objectClass=user)(|(userPrincipalName=sam@contoso.com)(sAMAccountName=sam)))");
    EXPECT_EQ(filter("sam@EMEA.contoso.com", false),
              "(&(objectClass=user)(|(userPrincipalName=sam@EMEA.contoso.com)(sAMAccountName=sam)))");
    // A suffix, a part of a domain's name, a NetBIOS name.
    for (const std::string login : {"sam@fabrikam.com", "sam@com", "sam@xcontoso.com", "sam@EMEA"}) {
        EXPECT_EQ(filter(login, false), "(&(objectClass=user)(userPrincipalName=" + login + "))");
    }
}

TEST(LdapLoginFilter, AddressesOnlyWhereTheyAreLogins) {
    EXPECT_EQ(filter("a@fabrikam.com", true),
              "(&(objectClass=user)(|(userPrincipalName=a@fabrikam.com)(proxyAddresses=smtp:a@fabrikam.com)(mail=a@fabrikam.com)))");
    EXPECT_EQ(filter("a@contoso.com", true),
              "(&(objectClass=user)(|(userPrincipalName=a@contoso.com)(sAMAccountName=a)(proxyAddresses=smtp:a@contoso.com)"
              "(mail=a@contoso.com)))");
    for (const char* login : {"sam", "CONTOSO\\sam", "contoso.com\\sam"}) {
        EXPECT_EQ(filter(login, true), "(&(objectClass=user)(sAMAccountName=sam))");
    }
    EXPECT_EQ(filter("a)(cn-b@contoso.com", true),
              "(&(objectClass=user)(|(userPrincipalName=a\\29\\28cn-b@contoso.com)(sAMAccountName=a\\29\\28cn-b)"
              "(proxyAddresses=smtp:a\\29\\28cn-b@contoso.com)(mail=a\\29\\28cn-b@contoso.com)))");
}

TEST(LdapLoginChoice, NobodyOneOrSeveral) {
    const LdapEntry sam = entry("CN=Sam", "sam@fabrikam.com", "sam");
    EXPECT_EQ(chosen("sam@fabrikam.com", {}), "not-found");
    EXPECT_EQ(chosen("SAM@Fabrikam.com", {sam}), "CN=Sam upn");
    EXPECT_EQ(chosen("sam", {sam}), "CN=Sam bare");
    EXPECT_EQ(chosen("CONTOSO\\Sam", {sam}), "CN=Sam netbios");
    EXPECT_EQ(chosen("contoso.com\\sam", {sam}), "CN=Sam netbios");
    EXPECT_EQ(chosen("sam", {sam, sam}), "ambiguous");
    EXPECT_EQ(chosen("sam@fabrikam.com", {sam, sam}), "ambiguous");
}

TEST(LdapLoginChoice, WhatTheLimitCutOffIsNotDecided) {
    const auto cut = ldap_code::size_limit_exceeded;
    const LdapEntry owner = entry("CN=Owner", "sam@contoso.com", "owner");
    EXPECT_EQ(chosen("sam@contoso.com", {owner, entry("CN=Sam", "", "sam")}, false, forest(), cut), "ambiguous");
    EXPECT_EQ(chosen("sam@contoso.com", {owner}, false, forest(), cut), "a size limit below two");
    EXPECT_EQ(chosen("sam@contoso.com", {}, false, forest(), cut), "a size limit below two");
    LdapNaming naming = forest();
    EXPECT_EQ(login_size_limit(naming), 3);
    naming.domains.resize(1);
    EXPECT_EQ(login_size_limit(naming), 2);
    naming.domains.clear();
    EXPECT_EQ(login_size_limit(naming), 2);
    naming.is_forest = true;
    EXPECT_EQ(login_size_limit(naming), 101) << "each domain may have the name, whether its own is known or not";
    naming.domains.resize(200);
    EXPECT_EQ(login_size_limit(naming), 201);
}

TEST(LdapLoginChoice, ALogonNameAtItsDomain) {
    EXPECT_EQ(chosen("sam@contoso.com", {entry("CN=Sam", "", "sam")}), "CN=Sam upn");
    EXPECT_EQ(chosen("Sam@Contoso.COM", {entry("CN=Sam", "other@fabrikam.com", "SAM")}), "CN=Sam upn");
    EXPECT_EQ(chosen("sam@emea.contoso.com", {entry("CN=Sam,DC=EMEA", "", "sam")}), "CN=Sam,DC=EMEA upn");
    EXPECT_EQ(chosen("sam@contoso.com", {entry("CN=1", "", "sam"), entry("CN=2", "", "sam")}), "ambiguous");
}

TEST(LdapLoginChoice, ALogonNameOfAnotherDomainIsNotIt) {
    const LdapEntry there = entry("CN=There,DC=emea", "", "sam");
    const LdapEntry here = entry("CN=Here", "", "sam");
    EXPECT_EQ(chosen("sam@contoso.com", {there}), "not-found");
    EXPECT_EQ(chosen("sam@emea.contoso.com", {here}), "not-found");
    EXPECT_EQ(chosen("sam@contoso.com", {there, here}), "CN=Here upn");
    EXPECT_EQ(chosen("sam@emea.contoso.com", {there, here}), "CN=There,DC=emea upn");
    EXPECT_EQ(chosen("EMEA\\sam", {there}), "CN=There,DC=emea netbios");
    EXPECT_EQ(chosen("CONTOSO\\sam", {there}), "not-found");
    EXPECT_EQ(chosen("CONTOSO\\sam", {there, here}), "CN=Here netbios");
    // A bare name is one of the domain that the base is in.
    EXPECT_EQ(chosen("sam", {there, here}), "CN=Here bare");
    EXPECT_EQ(chosen("sam", {there}), "not-found");
    EXPECT_EQ(chosen("sam", {there}, false, forest("DC=com")), "CN=There,DC=emea bare");
}

TEST(LdapLoginChoice, WhoseUpnItIsWinsWhereverTheEntryIs) {
    const LdapEntry owner = entry("CN=Owner,DC=emea", "sam@contoso.com", "owner");
    const LdapEntry sam = entry("CN=Sam", "sam@fabrikam.com", "sam");
    EXPECT_EQ(chosen("sam@contoso.com", {sam, owner}), "CN=Owner,DC=emea upn");
    EXPECT_EQ(chosen("sam@contoso.com", {owner, sam, entry("CN=3,DC=emea", "", "sam")}), "CN=Owner,DC=emea upn");
    EXPECT_EQ(chosen("CONTOSO\\sam", {sam}), "CN=Sam netbios");
    EXPECT_EQ(chosen("sam@contoso.com", {owner, owner, sam}), "ambiguous");
}

TEST(LdapLoginChoice, AnAddressIsALoginWhereThatIsWanted) {
    const LdapEntry mail = entry("CN=Mail", "m@corp.lab", "m", {}, "ann@fabrikam.com");
    const LdapEntry proxy = entry("CN=Proxy", "p@corp.lab", "p", {"SMTP:p@fabrikam.com", "smtp:Ann@fabrikam.com"});
    EXPECT_EQ(chosen("ann@fabrikam.com", {mail}, true), "CN=Mail smtp");
    EXPECT_EQ(chosen("Ann@Fabrikam.com", {proxy}, true), "CN=Proxy smtp");
    EXPECT_EQ(chosen("p@fabrikam.com", {proxy}, true), "CN=Proxy smtp");
    EXPECT_EQ(chosen("ann@fabrikam.com", {mail, proxy}, true), "ambiguous");
    const LdapEntry both = entry("CN=Both", "b@corp.lab", "b", {"SMTP:ann@fabrikam.com"}, "ann@fabrikam.com");
    EXPECT_EQ(chosen("ann@fabrikam.com", {both}, true), "CN=Both smtp");
}

TEST(LdapLoginChoice, AnAddressTakesNoLoginFromAnybody) {
    const LdapEntry mail = entry("CN=Mail", "m@corp.lab", "m", {}, "ann@contoso.com");
    const LdapEntry upn = entry("CN=Upn", "ann@contoso.com", "x");
    const LdapEntry account = entry("CN=Account", "", "ann");
    EXPECT_EQ(chosen("ann@contoso.com", {mail, upn}, true), "CN=Upn upn");
    EXPECT_EQ(chosen("ann@contoso.com", {mail, account}, true), "CN=Account upn");
    EXPECT_EQ(chosen("ann@contoso.com", {mail, account, upn}, true), "CN=Upn upn");
    // A logon name elsewhere is no login of that name, but the entry may have the address.
    EXPECT_EQ(chosen("ann@contoso.com", {entry("CN=There,DC=emea", "", "ann", {}, "ann@contoso.com")}, true), "CN=There,DC=emea smtp");
    EXPECT_EQ(chosen("ann@fabrikam.com", {entry("CN=Ann", "", "ann", {}, "ann@fabrikam.com")}, true), "CN=Ann smtp");
}

TEST(LdapLoginChoice, WhatTheDirectoryFoundInItsOwnWayIsTakenOnlyWhenItIsAlone) {
    const LdapEntry accent = entry("CN=Accent", "j\xc3\xb6rg@contoso.com", "joerg");
    const LdapEntry jorg = entry("CN=Jorg", "", "jorg");
    EXPECT_EQ(chosen("jorg@contoso.com", {accent}), "CN=Accent upn");
    EXPECT_EQ(chosen("jorg@contoso.com", {accent, jorg}), "ambiguous");
    EXPECT_EQ(chosen("jorg@contoso.com", {accent, entry("CN=Owner", "jorg@contoso.com", "o")}), "ambiguous");
    EXPECT_EQ(chosen("jorg", {entry("CN=Accent", "", "j\xc3\xb6rg")}), "CN=Accent bare");
    EXPECT_EQ(chosen("jorg", {entry("CN=Accent", "", "j\xc3\xb6rg"), jorg}), "ambiguous");
    EXPECT_EQ(chosen("jorg", {entry("CN=Accent,DC=emea", "", "j\xc3\xb6rg")}), "not-found");
}

TEST(LdapLoginChoice, AnEntryThatCannotBeReadIsNoAnswer) {
    LdapEntry broken = entry("CN=Broken", "b@contoso.com", "b");
    broken.attributes.push_back({"userAccountControl", {"x"}});
    EXPECT_EQ(chosen("b@contoso.com", {broken}), "userAccountControl of CN=Broken,DC=contoso,DC=com is no number");
}

TEST(LdapLogin, ASpellingOfTheEntryItselfIsRemembered) {
    Recipient recipient;
    recipient.user_principal_name = "sam@fabrikam.com";
    recipient.sam_account_name = "sam";
    recipient.mail = "s.am@contoso.com";
    recipient.proxy_addresses = {"smtp:sa.m@contoso.com", "X400:x@contoso.com"};
    for (const char* login : {"SAM@fabrikam.com", "sam@contoso.com", "s.am@Contoso.com", "sa.m@contoso.com", "sam", "CONTOSO\\Sam"}) {
        EXPECT_TRUE(LdapSchema::has_login(recipient, *parse_login_name(login))) << login;
    }
    for (const char* login : {"s\xc3\xa4m@fabrikam.com", "s\xc3\xa4m", "x@contoso.com", "s.am", "CONTOSO\\sa.m"}) {
        EXPECT_FALSE(LdapSchema::has_login(recipient, *parse_login_name(login))) << login;
    }
}

}  // namespace
}  // namespace eas451
