// SPDX-License-Identifier: Apache-2.0
#include "../../../src/app/target_findings.hpp"

#include <gtest/gtest.h>

namespace eas451 {
namespace {

constexpr std::int64_t now = 1'800'000'000;
constexpr std::int64_t day = 86400;

boost::asio::ip::address at(const char* text) { return boost::asio::ip::make_address(text); }

TargetFacts answered(unsigned status) {
    TargetFacts facts;
    facts.host = "mail.fabrikam.com";
    facts.addresses = {at("192.0.2.1"), at("2001:db8::1")};
    facts.status = status;
    return facts;
}

using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

/// How many of each kind are said: facts, warnings, errors.
std::string kinds(const TargetFacts& facts, const Endpoints& ours = {}) {
    const TargetSentences said = sentences_of(facts, ours, now);
    return std::string(said.facts.size(), 'f') + std::string(said.warnings.size(), 'w') + std::string(said.errors.size(), 'e');
}

TEST(TargetFindings, judge_an_answer_by_its_status) {
    EXPECT_EQ("f", kinds(answered(401)));
    for (const unsigned status : {400U, 403U, 408U, 429U, 500U, 503U}) EXPECT_EQ("w", kinds(answered(status))) << status;
    for (const unsigned status : {200U, 204U, 301U, 302U, 404U, 405U, 451U}) EXPECT_EQ("e", kinds(answered(status))) << status;
    TargetFacts eas = answered(200);
    eas.speaks_eas = true;
    EXPECT_EQ("f", kinds(eas));
    eas.is_eas451 = true;
    EXPECT_EQ("fw", kinds(eas));
}

TEST(TargetFindings, tell_ourselves_by_address_and_port) {
    const TargetFacts facts = answered(401);
    EXPECT_EQ("e", kinds(facts, {{at("2001:db8::1"), 443}}));
    EXPECT_EQ("fw", kinds(facts, {{at("192.0.2.1"), 8443}}));
    EXPECT_EQ("e", kinds(facts, {{at("192.0.2.1"), 8443}, {at("192.0.2.1"), 443}}));
    EXPECT_EQ("f", kinds(facts, {{at("192.0.2.9"), 443}}));
}

TEST(TargetFindings, tell_an_alias_of_exchange_online_from_its_own_names) {
    TargetFacts facts = answered(0);
    facts.host = "cloudowa.contoso.com";
    facts.canonical_name = "hhn-efz.ms-acdc.office.com";
    facts.trouble = "its certificate is not accepted: hostname mismatch";
    facts.is_distrusted = true;
    EXPECT_EQ("ee", kinds(facts));
    facts.canonical_name = "lb7.contoso.com";
    EXPECT_EQ("e", kinds(facts));
    facts.is_distrusted = false;
    EXPECT_EQ("w", kinds(facts)) << "not reached is no mistake of the configuration";
    TargetFacts theirs = answered(401);
    theirs.host = "outlook.office365.com";
    theirs.canonical_name = "hhn-efz.ms-acdc.office.com";
    EXPECT_EQ("f", kinds(theirs));
}

TEST(TargetFindings, warn_of_a_certificate_within_14_days) {
    for (const auto& [left, expected] : std::initializer_list<std::pair<std::int64_t, const char*>>{
             {14 * day, "f"}, {14 * day - 1, "fw"}, {1, "fw"}, {0, "f"}, {-day, "f"}}) {
        TargetFacts facts = answered(401);
        facts.certificate_expiry = now + left;
        EXPECT_EQ(expected, kinds(facts)) << left;
    }
}

}  // namespace
}  // namespace eas451
