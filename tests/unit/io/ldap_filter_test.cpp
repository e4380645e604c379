// SPDX-License-Identifier: Apache-2.0
#include "../../../src/io/directory/ldap/ldap_filter.hpp"

#include <gtest/gtest.h>

#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

TEST(LdapFilter, WhatIsHarmlessStays) {
    EXPECT_EQ(escape_filter_value("user12@contoso.com"), "user12@contoso.com");
    EXPECT_EQ(escape_filter_value("Anna_B-3.x"), "Anna_B-3.x");
    EXPECT_EQ(escape_filter_value(""), "");
}

TEST(LdapFilter, EverythingElseIsEscaped) {
    EXPECT_EQ(escape_filter_value("*)(|(a=*"), "\\2a\\29\\28\\7c\\28a\\3d\\2a");
    EXPECT_EQ(escape_filter_value(std::string_view("a\0\\b", 4)), "a\\00\\5cb");
    EXPECT_EQ(escape_filter_value("jürgen"), "j\\c3\\bcrgen");
    EXPECT_EQ(escape_filter_value(" #+,;<>\"'/"), "\\20\\23\\2b\\2c\\3b\\3c\\3e\\22\\27\\2f");
}

TEST(LdapFilter, NoByteIsEverMoreThanAValue) {
    for (int byte = 0; byte < 256; ++byte) {
        const std::string escaped = escape_filter_value(std::string(1, static_cast<char>(byte)));
        for (const char c : escaped) EXPECT_TRUE(is_ascii_alnum(c) || std::string_view("._@-\\").find(c) != std::string_view::npos);
        EXPECT_TRUE(escaped.size() == 1 || escaped.size() == 3);
    }
}

}  // namespace
}  // namespace eas451
