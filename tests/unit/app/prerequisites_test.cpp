// SPDX-License-Identifier: Apache-2.0
#include "../../../src/app/prerequisites.hpp"

#include <gtest/gtest.h>

#include <map>

namespace eas451 {
namespace {

OrganizationRelationship relationship(const std::string& url, OrganizationRelationship::Source source) {
    OrganizationRelationship made;
    made.name = "R" + url;
    made.domain_names = {"r.example"};
    made.target_owa_url = url;
    made.source = source;
    return made;
}
constexpr auto fixed = OrganizationRelationship::Source::static_configuration;
constexpr auto found = OrganizationRelationship::Source::directory;

std::map<std::string, std::string> states(const Seen& seen) {
    std::map<std::string, std::string> all;
    for (const Prerequisite& one : prerequisites(seen, Policy())) {
        EXPECT_FALSE(one.text.empty()) << one.name;
        EXPECT_TRUE(all.emplace(one.name, to_string(one.state)).second) << one.name;
    }
    return all;
}

TEST(Prerequisites, are_named_whatever_was_seen) {
    const std::map<std::string, std::string> expected{
        {"exchange-version", "ok"},     {"device-eas-version", "not-tested"}, {"device-follows-451", "not-tested"},
        {"hybrid", "error"},            {"target-owa-url", "not-tested"},     {"eas-url", "not-tested"},
        {"remote-routing-address", "not-tested"}, {"same-login-and-password", "not-tested"}, {"exchange-online", "not-tested"}};
    EXPECT_EQ(expected, states(Seen()));
}

TEST(Prerequisites, judge_relationships) {
    Seen seen;
    const RelationshipTable none(std::vector<OrganizationRelationship>{});
    seen.relationships = &none;
    EXPECT_EQ("warning", states(seen)["hybrid"]);
    EXPECT_EQ("not-tested", states(seen)["target-owa-url"]);
    const RelationshipTable good({relationship("https://mail.fabrikam.com/owa", found)});
    seen.relationships = &good;
    EXPECT_EQ("ok", states(seen)["hybrid"]);
    EXPECT_EQ("ok", states(seen)["target-owa-url"]);
    const RelationshipTable one_without({relationship("https://mail.fabrikam.com/owa", fixed), relationship("", fixed)});
    seen.relationships = &one_without;
    EXPECT_EQ("ok", states(seen)["hybrid"]);
    EXPECT_EQ("warning", states(seen)["target-owa-url"]);
}

TEST(Prerequisites, judge_targets_and_users) {
    Seen seen;
    seen.targets.asked = 3;
    EXPECT_EQ("ok", states(seen)["eas-url"]);
    seen.targets.doubtful = 1;
    EXPECT_EQ("warning", states(seen)["eas-url"]);
    seen.targets.wrong = 1;
    EXPECT_EQ("error", states(seen)["eas-url"]);
    EXPECT_EQ("not-tested", states(seen)["exchange-online"]);
    const RelationshipTable elsewhere({relationship("https://mail.fabrikam.com/owa", found)});
    seen.relationships = &elsewhere;
    EXPECT_EQ("ok", states(seen)["exchange-online"]);
    seen.targets.any_alias_of_microsoft = true;
    EXPECT_EQ("warning", states(seen)["exchange-online"]);
    seen.targets.any_alias_of_microsoft = false;
    const RelationshipTable at_microsoft({relationship("https://outlook.office.com/mail", found)});
    seen.relationships = &at_microsoft;
    EXPECT_EQ("warning", states(seen)["exchange-online"]);
    seen.shows_moved_users = false;
    EXPECT_EQ("warning", states(seen)["remote-routing-address"]);
    seen.shows_moved_users = true;
    EXPECT_EQ("ok", states(seen)["remote-routing-address"]);
    seen.has_exchange = true;
    EXPECT_EQ("ok", states(seen)["exchange-version"]);
    seen.exchange_errors = 1;
    EXPECT_EQ("error", states(seen)["exchange-version"]);
}

}  // namespace
}  // namespace eas451
