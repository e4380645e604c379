// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/organization_relationship.hpp"

#include <gtest/gtest.h>

namespace eas451 {
namespace {

constexpr SteadyTime now{std::chrono::hours(1000)};

OrganizationRelationship make(std::string name, std::vector<std::string> domains,
                              std::string owa = "https://owa.fabrikam.com/owa") {
    OrganizationRelationship made;
    made.name = std::move(name);
    made.domain_names = std::move(domains);
    made.target_owa_url = std::move(owa);
    return made;
}

RelationshipTable::DirectoryPart directory(std::vector<OrganizationRelationship> relationships,
                                           SteadyTime good_until = now) {
    return {std::move(relationships), good_until};
}

/// The name found, "none", "duplicate FIRST SECOND" or "unreadable".
std::string found(const RelationshipTable& table, std::string_view domain, SteadyTime time = now) {
    const auto lookup = table.find(domain, time);
    if (const auto* one = std::get_if<RelationshipTable::Found>(&lookup)) return one->entry.relationship.name;
    if (const auto* two = std::get_if<RelationshipTable::Duplicate>(&lookup)) {
        return "duplicate " + two->first.relationship.name + " " + two->second.relationship.name;
    }
    return std::holds_alternative<RelationshipTable::None>(lookup) ? "none" : "unreadable";
}

TEST(RelationshipTableTest, MatchesADomainExactlyAndWithoutRegardToCase) {
    const RelationshipTable table(
        {make("a", {"Contoso.Mail.OnMicrosoft.com", "contoso.com"}), make("b", {"fabrikam.com"})});
    EXPECT_EQ(found(table, "contoso.mail.onmicrosoft.com"), "a");
    EXPECT_EQ(found(table, "CONTOSO.MAIL.ONMICROSOFT.COM"), "a");
    EXPECT_EQ(found(table, "contoso.com"), "a");
    EXPECT_EQ(found(table, "Fabrikam.Com"), "b");
    for (const char* other : {"mail.onmicrosoft.com", "onmicrosoft.com", "com", "eu.contoso.com", "contoso.com.",
                              ".contoso.com", "contoso-com", "contoso.co", "*.contoso.com", "*", ""}) {
        EXPECT_EQ(found(table, other), "none") << other;
    }
}

TEST(RelationshipTableTest, WildcardsInTheTableAreOrdinaryText) {
    const RelationshipTable table({make("a", {"*.contoso.com", "*"})});
    EXPECT_EQ(found(table, "mail.contoso.com"), "none");
}

TEST(RelationshipTableTest, ADomainInTwoIsADuplicate) {
    const RelationshipTable table(
        {make("a", {"contoso.com", "a.example"}), make("b", {"CONTOSO.COM", "b.example"}), make("c", {"contoso.com"})});
    EXPECT_EQ(found(table, "contoso.com"), "duplicate a b");
    EXPECT_EQ(found(table, "a.example"), "a") << "its other domain is not touched";
    EXPECT_EQ(found(table, "b.example"), "b");
}

TEST(RelationshipTableTest, ADomainTwiceInOneIsNone) {
    const RelationshipTable table({make("a", {"contoso.com", "Contoso.com", "contoso.com"})});
    EXPECT_EQ(found(table, "contoso.com"), "a");
}

TEST(RelationshipTableTest, StaticWinsOverTheDirectory) {
    const RelationshipTable table(
        {make("static", {"contoso.com"})},
        directory({make("directory", {"contoso.com", "fabrikam.com"}), make("again", {"contoso.com"})}));
    EXPECT_EQ(found(table, "contoso.com"), "static");
    EXPECT_EQ(found(table, "fabrikam.com"), "directory");
    EXPECT_EQ(table.all().size(), 3U);
}

TEST(RelationshipTableTest, StaticDuplicatesAreNotMendedByTheDirectory) {
    const RelationshipTable table({make("a", {"contoso.com"}), make("b", {"contoso.com"})},
                                  directory({make("d", {"contoso.com"})}));
    EXPECT_EQ(found(table, "contoso.com"), "duplicate a b");
}

TEST(RelationshipTableTest, DuplicatesWithinTheDirectory) {
    const RelationshipTable table({}, directory({make("a", {"contoso.com"}), make("b", {"contoso.com"})}));
    EXPECT_EQ(found(table, "contoso.com"), "duplicate a b");
}

TEST(RelationshipTableTest, IsGoodUntilExactlyThen) {
    const RelationshipTable table({make("static", {"static.example"})},
                                  directory({make("directory", {"contoso.com"})}, now));
    EXPECT_EQ(found(table, "contoso.com", now - std::chrono::nanoseconds(1)), "directory");
    EXPECT_EQ(found(table, "contoso.com", now), "directory");
    EXPECT_EQ(found(table, "contoso.com", now + std::chrono::nanoseconds(1)), "unreadable");
    EXPECT_EQ(found(table, "nowhere.example", now), "none") << "completely read: an answer";
    EXPECT_EQ(found(table, "nowhere.example", now + std::chrono::nanoseconds(1)), "unreadable")
        << "no answer from old data";
    EXPECT_EQ(found(table, "static.example", now + std::chrono::hours(100)), "static");
}

TEST(RelationshipTableTest, NeverReadIsUnreadableUnlessStaticMatches) {
    const RelationshipTable table({make("static", {"static.example"})}, std::nullopt);
    EXPECT_EQ(found(table, "static.example"), "static");
    EXPECT_EQ(found(table, "contoso.com"), "unreadable");
}

TEST(RelationshipTableTest, WithoutADirectoryNothingIsUnreadable) {
    const RelationshipTable table{std::vector<OrganizationRelationship>{}};
    EXPECT_EQ(found(table, "contoso.com"), "none");
    EXPECT_TRUE(table.all().empty());
}

TEST(RelationshipTableTest, WorksTheTargetsOutOnce) {
    OrganizationRelationship overridden = make("b", {"b.example"}, "http://outlook.com/owa");
    overridden.eas_url = "https://eas.fabrikam.com:8443/";
    OrganizationRelationship broken = make("c", {"c.example"}, "https://outlook.office.com/mail");
    broken.eas_url = "http://eas.fabrikam.com/";
    const RelationshipTable table({make("a", {"a.example"}, "https://outlook.office.com/mail"), overridden, broken,
                                   make("d", {"d.example"}, "")});
    const auto& all = table.all();
    ASSERT_EQ(all.size(), 4U);
    EXPECT_EQ(all[0].target->url, "https://outlook.office365.com/Microsoft-Server-ActiveSync");
    EXPECT_EQ(all[0].owa_host, "outlook.office.com");
    EXPECT_EQ(all[1].target->url, "https://eas.fabrikam.com:8443/Microsoft-Server-ActiveSync");
    EXPECT_EQ(all[1].owa_host, "") << "http cannot be sent verbatim";
    ASSERT_FALSE(all[2].target.has_value()) << "a broken override is not replaced by the OWA URL";
    EXPECT_EQ(all[2].target.error(), UrlFault::not_https);
    ASSERT_FALSE(all[3].target.has_value());
    EXPECT_EQ(all[3].target.error(), UrlFault::missing);
}

TEST(RelationshipTableTest, LookUpsReferToTheTable) {
    const RelationshipTable table({make("a", {"a.example"})});
    const auto lookup = table.find("a.example", now);
    EXPECT_EQ(&std::get<RelationshipTable::Found>(lookup).entry, &table.all().front());
}

TEST(RelationshipTableTest, AThousandRelationshipsAreAllFound) {
    std::vector<OrganizationRelationship> many;
    for (int i = 0; i < 1000; ++i)
        many.push_back(make("r" + std::to_string(i), {"d" + std::to_string(i) + ".example"}));
    const RelationshipTable table(std::move(many));
    for (int i = 0; i < 1000; ++i)
        EXPECT_EQ(found(table, "D" + std::to_string(i) + ".Example"), "r" + std::to_string(i));
}

}  // namespace
}  // namespace eas451
