// SPDX-License-Identifier: Apache-2.0
#include "../../../src/app/admin_query.hpp"

#include <gtest/gtest.h>

namespace eas451 {
namespace {

std::string mistake(std::string_view query) {
    const auto asked = explain_request_of(query);
    return asked ? "" : asked.error();
}

TEST(AdminQuery, IsReadAsAFormIsWritten) {
    const auto read = parse_admin_query("a=1&&b=x+y%2Bz&c=&d&e=1=2&%66=%C3%A4");
    ASSERT_TRUE(read);
    const std::map<std::string, std::string> expected{{"a", "1"}, {"b", "x y+z"}, {"c", ""}, {"d", ""}, {"e", "1=2"}, {"f", "\xC3\xA4"}};
    EXPECT_EQ(*read, expected);
    EXPECT_TRUE(parse_admin_query("")->empty());
}

TEST(AdminQuery, WhatIsNotClearIsRefused) {
    for (const std::string_view query : {"a=%", "a=%4", "a=%zz", "%=1", "a=%00", "a=%0A", "a=%FF", "%ff=1", "a=1&a=1", "a=1&%61=2"}) {
        EXPECT_FALSE(parse_admin_query(query)) << query;
    }
}

TEST(AdminQuery, OfExplainHasTheDefaultsOfTheCommand) {
    const auto asked = explain_request_of("login=user12@contoso.com");
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->login, "user12@contoso.com");
    EXPECT_EQ(asked->command, ExplainRequest().command);
    EXPECT_EQ(asked->method, "POST");
    EXPECT_EQ(asked->device_type, ExplainRequest().device_type);
    EXPECT_FALSE(asked->protocol_version);
}

TEST(AdminQuery, OfExplainTakesWhatTheCommandTakes) {
    const auto asked = explain_request_of("login=CONTOSO%5Cuser12&protocol_version=16.1&command=Ping&user_agent=Apple+iPad&device_type=iPad");
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->login, "CONTOSO\\user12");
    EXPECT_EQ(asked->protocol_version, "16.1");
    EXPECT_EQ(asked->command, "Ping");
    EXPECT_EQ(asked->user_agent, "Apple iPad");
    EXPECT_EQ(asked->device_type, "iPad");
    EXPECT_EQ(explain_request_of("method=OPTIONS&login=u")->method, "OPTIONS");
}

TEST(AdminQuery, OfExplainSaysWhatIsWrong) {
    EXPECT_EQ(mistake("").substr(0, 6), "login:");
    EXPECT_EQ(mistake("login=").substr(0, 6), "login:");
    EXPECT_EQ(mistake("login=u&method=OPTIONS&command=Sync"), "method excludes command");
    EXPECT_EQ(mistake("login=u&method=GET"), "method: not POST or OPTIONS");
    EXPECT_EQ(mistake("login=u&json=1").substr(0, 26), "no parameter json is known");
    EXPECT_EQ(mistake("login=u&login=v"), "parameter login stands there twice");
}

}  // namespace
}  // namespace eas451
