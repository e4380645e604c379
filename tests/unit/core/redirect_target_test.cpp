// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/redirect_target.hpp"

#include <gtest/gtest.h>

#include "decision_world.hpp"

namespace eas451 {
namespace {

using Kind = TargetFault::Kind;

class RedirectTargetTest : public testing::Test {
protected:
    Result<RedirectTarget, TargetFault> target() {
        const RelationshipTable table({relationship_});
        const auto found = target_of(table.all().front(), policy_);
        // The views go with the table.
        url_ = found ? found->url : found.error().target.url;
        host_ = found ? found->host : found.error().target.host;
        return found;
    }

    OrganizationRelationship relationship_ = test::office365();
    Policy policy_ = test::policy();
    std::string url_;
    std::string host_;
};

TEST_F(RedirectTargetTest, IsTheEasUrl) {
    ASSERT_TRUE(target().has_value());
    EXPECT_EQ(url_, "https://outlook.office365.com/Microsoft-Server-ActiveSync");
    EXPECT_EQ(host_, "outlook.office365.com");
    relationship_.target_owa_url.clear();
    const auto missing = target();
    ASSERT_TRUE(missing.has_error());
    EXPECT_EQ(missing.error().kind, Kind::bad_url);
    EXPECT_EQ(missing.error().url_fault, UrlFault::missing);
    EXPECT_EQ(to_string(missing.error()), to_string(UrlFault::missing));
    relationship_.eas_url = "https://mail.fabrikam.com:8443";
    ASSERT_TRUE(target().has_value());
    EXPECT_EQ(url_, "https://mail.fabrikam.com:8443/Microsoft-Server-ActiveSync");
    EXPECT_EQ(host_, "mail.fabrikam.com");
}

TEST_F(RedirectTargetTest, VerbatimIsHttpsAlone) {
    policy_.location = RedirectLocation::target_owa_url;
    ASSERT_TRUE(target().has_value());
    EXPECT_EQ(url_, "https://outlook.office.com/mail");
    EXPECT_EQ(host_, "outlook.office.com");
    relationship_.target_owa_url = "http://outlook.office.com/mail";
    const auto plain = target();
    ASSERT_TRUE(plain.has_error());
    EXPECT_EQ(plain.error().kind, Kind::not_https);
}

TEST_F(RedirectTargetTest, ItsHostMustBeAllowedAndNotOurs) {
    policy_.allowed_hosts = {"outlook.office365.com"};
    EXPECT_TRUE(target().has_value());
    policy_.public_names = {"*.office365.com"};
    auto refused = target();
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().kind, Kind::ourselves);
    EXPECT_EQ(url_, "https://outlook.office365.com/Microsoft-Server-ActiveSync");
    policy_.allowed_hosts = {"office365.com"};
    refused = target();
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().kind, Kind::host_not_allowed) << "the first hit wins";
    EXPECT_EQ(host_, "outlook.office365.com");
}

}  // namespace
}  // namespace eas451
