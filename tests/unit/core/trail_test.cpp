// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "eas451/core/decision.hpp"

namespace eas451 {
namespace {

TEST(TrailStepTest, EachPartIsLeftOutWhereItIsEmpty) {
    EXPECT_EQ(to_string(TrailStep{Step::answer, "redirected", {}, {}}), "answer: redirected");
    EXPECT_EQ(to_string(TrailStep{Step::eas_url, "none", "there is none", {}}), "EAS URL: none (there is none)");
    EXPECT_EQ(to_string(TrailStep{Step::target_owa_url, {}, {}, {}}), "target OWA URL:");
    EXPECT_EQ(to_string(TrailStep{Step::target_owa_url, {}, "a note", {}}), "target OWA URL: (a note)");
}

TEST(TrailStepTest, AVersionStandsWithTheNoteOrElseWithTheValue) {
    const ProtocolVersion version{14, 1};
    EXPECT_EQ(to_string(TrailStep{Step::request, "Ping", {}, version}), "request: Ping 14.1");
    EXPECT_EQ(to_string(TrailStep{Step::request, {}, {}, version}), "request: 14.1");
    EXPECT_EQ(to_string(TrailStep{Step::protocol_version, {}, "the minimum is", version}),
              "protocol version: (the minimum is 14.1)");
    EXPECT_EQ(to_string(TrailStep{Step::protocol_version, "x", "the minimum is", version}),
              "protocol version: x (the minimum is 14.1)");
}

TEST(StepTest, NamesOfTheSeedsSteps) {
    EXPECT_EQ(to_string(Step::request), "request");
    EXPECT_EQ(to_string(Step::login), "login");
    EXPECT_EQ(to_string(Step::recipient), "recipient");
    EXPECT_EQ(to_string(Step::mailbox_location), "mailbox location");
    EXPECT_EQ(to_string(Step::redirect_mode), "redirect mode");
    EXPECT_EQ(to_string(Step::remote_routing_address), "remote routing address");
    EXPECT_EQ(to_string(Step::organization_relationship), "organization relationship");
    EXPECT_EQ(to_string(Step::target_owa_url), "target OWA URL");
    EXPECT_EQ(to_string(Step::eas_url), "EAS URL");
    EXPECT_EQ(to_string(Step::protocol_version), "protocol version");
    EXPECT_EQ(to_string(Step::answer), "answer");
}

TEST(EasStatusTest, NamesOfTheSpecification) {
    EXPECT_EQ(to_string(EasStatus::none), "");
    EXPECT_EQ(to_string(static_cast<EasStatus>(108)), "DeviceIdMissingOrInvalid");
    EXPECT_EQ(to_string(static_cast<EasStatus>(109)), "DeviceTypeMissingOrInvalid");
    EXPECT_EQ(to_string(static_cast<EasStatus>(111)), "ServerErrorRetryLater");
    EXPECT_EQ(to_string(static_cast<EasStatus>(123)), "UserHasNoMailbox");
    EXPECT_EQ(to_string(static_cast<EasStatus>(125)), "UserPrincipalCouldNotBeFound");
    EXPECT_EQ(to_string(static_cast<EasStatus>(126)), "UserDisabledForSync");
}

TEST(TrailTest, HoldsEveryStepOnceAndNoMore) {
    Trail trail;
    EXPECT_TRUE(trail.steps().empty());
    for (std::size_t i = 0; i < step_count; ++i) {
        trail.add({static_cast<Step>(i), "value", {}, {}});
        EXPECT_EQ(trail.steps().size(), i + 1);
        EXPECT_EQ(trail.steps().back().step, static_cast<Step>(i));
    }
    trail.add({Step::request, "one too many", {}, {}});
    EXPECT_EQ(trail.steps().size(), step_count);
    EXPECT_EQ(trail.steps().back().value, "value");
}

}  // namespace
}  // namespace eas451
