// SPDX-License-Identifier: Apache-2.0
#include "../../../../src/io/directory/tried_account.hpp"

#include <gtest/gtest.h>

namespace eas451 {
namespace {

TEST(TriedAccount, AnEntryIsTheSameInEitherCase) {
    EXPECT_EQ(account_of_entry("CN=Anna,DC=contoso,DC=com", "CN=Anna,DC=contoso,DC=com"), account_of_entry("cn=anna,dc=CONTOSO,dc=com", "cn=anna,dc=CONTOSO,dc=com"));
    EXPECT_FALSE(account_of_entry("CN=Anna", "CN=Anna") == account_of_entry("CN=Ann", "CN=Ann"));
    EXPECT_TRUE(account_of_entry("CN=Anna", "CN=Anna").entry.has_value());
}

TEST(TriedAccount, NobodyIsNeverAnEntry) {
    EXPECT_EQ(account_of_nobody("Anna@contoso.com"), account_of_nobody("anna@CONTOSO.com"));
    EXPECT_NE(account_of_nobody("CN=Anna").name, account_of_entry("CN=Anna", "CN=Anna").entry);
    EXPECT_EQ(account_of_nobody("anna").name, account_of_entry("ANNA", "CN=Anna").name);
    EXPECT_FALSE(account_of_nobody("anna").entry.has_value());
}

TEST(TriedAccount, ASourceIsAnAddressOfVersionFour) {
    EXPECT_EQ(source_of("192.0.2.1"), source_of("192.0.2.1"));
    EXPECT_NE(source_of("192.0.2.1"), source_of("192.0.2.2"));
    EXPECT_EQ(source_of("192.0.2.1"), source_of("::ffff:192.0.2.1"));
    EXPECT_EQ(source_of("192.0.2.1"), source_of("::FFFF:c000:0201"));
}

TEST(TriedAccount, ASourceIsANetworkOfVersionSix) {
    EXPECT_EQ(source_of("2001:db8:1:2::1"), source_of("2001:db8:1:2:ffff:ffff:ffff:ffff"));
    EXPECT_EQ(source_of("2001:db8:1:2::1"), source_of("2001:0DB8:0001:0002:0000::9"));
    EXPECT_NE(source_of("2001:db8:1:2::1"), source_of("2001:db8:1:3::1"));
    EXPECT_EQ(source_of("fe80::1%eth0"), source_of("fe80::2%eth1"));
    EXPECT_NE(source_of("::1"), source_of("::ffff:0.0.0.1"));
}

TEST(TriedAccount, WhatIsNoAddressIsASourceOfItsOwn) {
    EXPECT_EQ(source_of(""), source_of(""));
    EXPECT_NE(source_of(""), source_of("unix"));
    EXPECT_NE(source_of("192.0.2.1"), source_of("192.0.2.1x"));
}

}  // namespace
}  // namespace eas451
