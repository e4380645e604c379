// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/policy.hpp"

#include <gtest/gtest.h>

namespace eas451 {
namespace {

TEST(HostMatches, AName) {
    const std::vector<std::string> names{"mail.contoso.com", "eas.contoso.com"};
    EXPECT_TRUE(host_matches("mail.contoso.com", names));
    EXPECT_TRUE(host_matches("eas.contoso.com", names));
    EXPECT_FALSE(host_matches("contoso.com", names));
    EXPECT_FALSE(host_matches("xmail.contoso.com", names));
    EXPECT_FALSE(host_matches("mail.contoso.com.evil.example", names));
    EXPECT_FALSE(host_matches("", names));
    EXPECT_FALSE(host_matches("mail.contoso.com", {}));
}

TEST(HostMatches, AWildcardIsOneLabel) {
    const std::vector<std::string> names{"*.contoso.com"};
    EXPECT_TRUE(host_matches("mail.contoso.com", names));
    EXPECT_TRUE(host_matches("eas.contoso.com", names));
    EXPECT_FALSE(host_matches("contoso.com", names));
    EXPECT_FALSE(host_matches("a.mail.contoso.com", names));
    EXPECT_FALSE(host_matches(".contoso.com", names));
    EXPECT_FALSE(host_matches("mailcontoso.com", names));
    EXPECT_FALSE(host_matches("mail.xcontoso.com", names));
    EXPECT_FALSE(host_matches("mail", names));
    EXPECT_FALSE(host_matches("", names));
}

TEST(HostMatches, AWildcardElsewhereIsText) {
    EXPECT_FALSE(host_matches("mail.contoso.com", {"*"}));
    EXPECT_FALSE(host_matches("mail.contoso.com", {"mail.*.com"}));
    EXPECT_FALSE(host_matches("mail.contoso.com", {"*mail.contoso.com"}));
}

TEST(RedirectModeTest, WordsOfTheConfiguration) {
    EXPECT_EQ(to_string(RedirectMode::on), "on");
    EXPECT_EQ(to_string(RedirectMode::off), "off");
    EXPECT_EQ(to_string(RedirectMode::report), "report");
}

TEST(PolicyTest, DefaultsAreTheContracts) {
    const Policy policy;
    EXPECT_TRUE(policy.authentication);
    EXPECT_EQ(policy.mode, RedirectMode::on);
    EXPECT_TRUE(policy.only_users.empty());
    EXPECT_EQ(policy.minimum_protocol_version, (ProtocolVersion{14, 0}));
    EXPECT_EQ(policy.location, RedirectLocation::eas_url);
    EXPECT_TRUE(policy.allowed_hosts.empty());
    EXPECT_FALSE(policy.has_exchange);
}

}  // namespace
}  // namespace eas451
