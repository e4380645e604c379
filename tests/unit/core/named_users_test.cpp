// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/named_users.hpp"

#include <gtest/gtest.h>

namespace eas451 {
namespace {

using Users = std::vector<std::string>;

TEST(NamedUsers, are_lower_case_sorted_and_each_once) {
    EXPECT_EQ((Users{"anna", "contoso\\jim"}), named_users({"CONTOSO\\Jim", "Anna", "contoso\\jim"}));
    EXPECT_EQ(Users(), named_users({}));
}

TEST(NamedUsers, a_recipient_is_named_by_each_of_its_names) {
    Recipient jim;
    jim.user_principal_name = "Jim@contoso.com";
    jim.mail = "jim.mail@contoso.com";
    jim.proxy_addresses = {"smtp:alias@contoso.com", "SMTP:James@Contoso.com"};
    jim.sam_account_name = "CONTOSO\\jimmy";
    for (const char* name : {"jim@CONTOSO.com", "jim.mail@contoso.com", "james@contoso.com", "Contoso\\Jimmy", "jimmy"}) {
        EXPECT_TRUE(is_named(jim, named_users({"other@contoso.com", name}))) << name;
    }
    for (const char* name : {"alias@contoso.com", "jim", "jim@contoso.co", "fabrikam\\jimmy", ""}) {
        EXPECT_FALSE(is_named(jim, named_users({name}))) << name;
    }
    EXPECT_FALSE(is_named(jim, Users()));
    EXPECT_FALSE(is_named(Recipient(), named_users({""})));
}

TEST(NamedUsers, a_plain_account_name_is_that_of_its_domain) {
    Recipient jim;
    jim.sam_account_name = "Jimmy";
    jim.netbios_name = "contoso";
    for (const char* name : {"CONTOSO\\jimmy", "jimmy"}) EXPECT_TRUE(is_named(jim, named_users({"ann", name}))) << name;
    for (const char* name : {"FABRIKAM\\jimmy", "CONTOSO\\jim", "\\jimmy", "CONTOSO\\"}) EXPECT_FALSE(is_named(jim, named_users({name}))) << name;
}

TEST(NamedUsers, a_plain_account_name_is_that_of_any_domain_where_its_own_is_not_known) {
    Recipient jim;
    jim.sam_account_name = "jimmy";
    for (const char* name : {"CONTOSO\\Jimmy", "fabrikam\\jimmy"}) EXPECT_TRUE(is_named(jim, named_users({"ann", name}))) << name;
    for (const char* name : {"CONTOSO\\jim", "CONTOSO\\", "CONTOSO\\jimmy2"}) EXPECT_FALSE(is_named(jim, named_users({name}))) << name;
    jim.sam_account_name = "";
    EXPECT_FALSE(is_named(jim, named_users({"CONTOSO\\"})));
}

TEST(NamedUsers, a_login_is_named_as_it_stands_or_without_its_netbios_name) {
    const Users users = named_users({"jimmy", "FABRIKAM\\ann", "jim@contoso.com"});
    for (const char* login : {"JIMMY", "contoso\\jimmy", "fabrikam\\Ann", "Jim@Contoso.com"}) EXPECT_TRUE(is_named(login, users)) << login;
    for (const char* login : {"ann", "contoso\\ann", "jim", "", "\\", "jimmy\\"}) EXPECT_FALSE(is_named(login, users)) << login;
}

}  // namespace
}  // namespace eas451
