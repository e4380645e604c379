// SPDX-License-Identifier: Apache-2.0
#include "../../../../src/io/directory/lockout_budget.hpp"

#include <gtest/gtest.h>

namespace eas451 {
namespace {

using namespace std::chrono_literals;

TEST(LockoutBudget, StaysTwoBelowTheThreshold) {
    const struct {
        unsigned threshold, new_passwords;
        bool keeps_one, stays_below;
    } cases[] = {
        {1, 1, false, false}, {2, 1, false, true}, {3, 1, true, true},  {4, 2, true, true},
        {5, 3, true, true},   {6, 3, true, true},  {10, 3, true, true}, {999, 3, true, true},
    };
    for (const auto& one : cases) {
        const TryBudget budget = try_budget({one.threshold, 30min}, 1);
        EXPECT_EQ(budget.new_passwords, one.new_passwords) << one.threshold;
        EXPECT_EQ(budget.keeps_one, one.keeps_one) << one.threshold;
        EXPECT_EQ(budget.stays_below_threshold, one.stays_below) << one.threshold;
    }
}

TEST(LockoutBudget, WhereNothingIsLockedThereIsALimitAllTheSame) {
    const TryBudget budget = try_budget({0, 0s}, 1);
    EXPECT_EQ(budget.new_passwords, 10U);
    EXPECT_TRUE(budget.keeps_one);
    EXPECT_TRUE(budget.stays_below_threshold);
    EXPECT_EQ(budget.quiet, 30min);
}

TEST(LockoutBudget, ReplicasShareIt) {
    const struct {
        unsigned threshold, replicas, new_passwords;
        bool keeps_one, stays_below;
    } cases[] = {
        {10, 0, 3, true, true},  {10, 2, 1, true, true}, {10, 3, 1, true, true},  {10, 5, 1, false, true},
        {10, 9, 1, false, true}, {5, 2, 1, true, true},  {5, 3, 1, false, true},  {5, 4, 1, false, true},
        {5, 5, 1, false, false}, {3, 2, 1, false, true}, {3, 3, 1, false, false}, {0, 3, 3, true, true},
    };
    for (const auto& one : cases) {
        const TryBudget budget = try_budget({one.threshold, 30min}, one.replicas);
        EXPECT_EQ(budget.new_passwords, one.new_passwords) << one.threshold << " " << one.replicas;
        EXPECT_EQ(budget.keeps_one, one.keeps_one) << one.threshold << " " << one.replicas;
        EXPECT_EQ(budget.stays_below_threshold, one.stays_below) << one.threshold << " " << one.replicas;
        if (one.threshold == 0 || !one.stays_below) continue;
        EXPECT_LT(std::max(1U, one.replicas) * (budget.new_passwords + (budget.keeps_one ? 1 : 0)), one.threshold);
    }
}

TEST(LockoutBudget, IsQuietForHalfAnHourAtLeastAndForTheWholeWindow) {
    EXPECT_EQ(try_budget({5, 0s}, 1).quiet, 30min);
    EXPECT_EQ(try_budget({5, 29min}, 1).quiet, 30min);
    EXPECT_EQ(try_budget({5, 30min}, 1).quiet, 30min + 1800ms);
    EXPECT_EQ(try_budget({5, 60min}, 1).quiet, 60min + 3600ms);
    EXPECT_EQ(try_budget({5, std::chrono::minutes(99'999)}, 1).quiet, std::chrono::minutes(99'999) + 5'999'940ms);
}

TEST(LockoutBudget, IsQuietForLongerThanTheOtherReplicasCanBridge) {
    // Two replicas, two tries each: the other's two cannot keep three windows from passing.
    EXPECT_EQ(try_budget({5, 30min}, 2).quiet, 3 * (30min + 1800ms));
    EXPECT_EQ(try_budget({5, 30min}, 3).quiet, 3 * (30min + 1800ms));  // one try each
    EXPECT_EQ(try_budget({0, 30min}, 3).quiet, 30min + 1800ms);
}

TEST(LockoutBudget, AWindowThatIsNoneIsBounded) {
    EXPECT_EQ(try_budget({5, -1s}, 1).quiet, 30min);
    EXPECT_EQ(try_budget({5, std::chrono::seconds::min()}, 1).quiet, 30min);
    EXPECT_EQ(try_budget({5, std::chrono::seconds::max()}, 1000).quiet, 24h * 365);
}

}  // namespace
}  // namespace eas451
