// SPDX-License-Identifier: Apache-2.0
#include "../../../../src/io/directory/failing_addresses.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "../../../../src/io/directory/tried_account.hpp"

namespace eas451 {
namespace {

using namespace std::chrono_literals;
using Room = FailingAddresses::Room;

constexpr SteadyTime start{1000h};

NameDigest user(int number) {
    return account_of_nobody("CN=" + std::to_string(number)).name;
}

class FailingAddressesTest : public ::testing::Test {
protected:
    /// Fails if there is room.
    bool fails(int number, SteadyTime now, const NameDigest& from) {
        if (addresses.room(from, user(number), now) != Room::free) return false;
        addresses.fail(from, user(number), addresses.reserve(from, user(number)), now);
        return true;
    }
    bool fails(int number, SteadyTime now) { return fails(number, now, here); }

    const NameDigest here = source_of("192.0.2.1");
    const NameDigest there = source_of("192.0.2.2");
    FailingAddresses addresses{{3, 10, 6s}};
};

TEST_F(FailingAddressesTest, TenUsersMayFailAtOnce) {
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(fails(i, start)) << i;
    EXPECT_EQ(addresses.room(here, user(10), start), Room::none);
    EXPECT_EQ(addresses.room(there, user(10), start), Room::free);
}

TEST_F(FailingAddressesTest, AUserWhoFailedFailsAtNoFurtherCost) {
    for (int i = 0; i < 10; ++i) fails(i, start);
    EXPECT_TRUE(fails(0, start));
    EXPECT_TRUE(fails(9, start));
    EXPECT_FALSE(fails(10, start));
}

TEST_F(FailingAddressesTest, APlaceComesBackAfterTheOther) {
    for (int i = 0; i < 10; ++i) fails(i, start);
    EXPECT_FALSE(fails(10, start + 6s - 1ms));
    EXPECT_TRUE(fails(10, start + 6s));
    EXPECT_FALSE(fails(11, start + 6s));
    EXPECT_FALSE(fails(11, start + 12s - 1ms));
    EXPECT_TRUE(fails(11, start + 12s));
    int after_an_hour = 0;
    for (int i = 100; i < 200; ++i) after_an_hour += fails(i, start + 1h) ? 1 : 0;
    EXPECT_EQ(after_an_hour, 10);
}

TEST_F(FailingAddressesTest, TwentyUsersFailInAMinuteWhereverItBegins) {
    // Ten at the worst moment, just before a place comes back, and then whenever there is one.
    for (const auto first : {0ms, 1ms, 5999ms, 6000ms, 33333ms}) {
        FailingAddresses fresh({3, 10, 6s});
        std::vector<SteadyTime> failed;
        int next = 0;
        for (SteadyTime now = start; now < start + 5min; now += 100ms) {
            if (now > start && now < start + first) continue;
            const int most = now == start ? 5 : 1000;
            for (int i = 0; i < most && fresh.room(here, user(next), now) == Room::free; ++i, ++next) {
                fresh.fail(here, user(next), fresh.reserve(here, user(next)), now);
                failed.push_back(now);
            }
        }
        EXPECT_GE(failed.size(), 50U);
        for (std::size_t i = 0; i + 20 < failed.size(); ++i) EXPECT_GT(failed[i + 20] - failed[i], 60s) << i;
    }
}

TEST_F(FailingAddressesTest, ThoseWhoAreTriedHoldAPlaceUntilItIsKnown) {
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(addresses.reserve(here, user(i)));
    EXPECT_EQ(addresses.room(here, user(10), start), Room::uncertain);
    addresses.release(here);
    EXPECT_EQ(addresses.room(here, user(10), start), Room::free);
    addresses.fail(here, user(0), true, start);
    EXPECT_TRUE(addresses.reserve(here, user(10)));
    EXPECT_EQ(addresses.room(here, user(11), start), Room::uncertain);
    EXPECT_EQ(addresses.room(here, user(0), start), Room::free);
    EXPECT_FALSE(addresses.reserve(here, user(0)));
}

TEST_F(FailingAddressesTest, WhatDidNotFailIsNotKept) {
    EXPECT_TRUE(addresses.reserve(here, user(0)));
    EXPECT_EQ(addresses.size(), 1U);
    addresses.release(here);
    EXPECT_EQ(addresses.size(), 0U);
}

TEST_F(FailingAddressesTest, FullItGivesUpWhatFailedLongestAgo) {
    for (int a = 0; a < 100; ++a) EXPECT_TRUE(fails(1, start, source_of("198.51.100." + std::to_string(a))));
    EXPECT_EQ(addresses.size(), 3U);
}

TEST_F(FailingAddressesTest, AnAddressInUseIsNotGivenUp) {
    for (int a = 0; a < 3; ++a) addresses.reserve(source_of("198.51.100." + std::to_string(a)), user(a));
    EXPECT_EQ(addresses.room(here, user(9), start), Room::uncertain);
    addresses.fail(here, user(9), false, start);
    EXPECT_EQ(addresses.size(), 3U);
    addresses.release(source_of("198.51.100.0"));
    EXPECT_EQ(addresses.room(here, user(9), start), Room::free);
}

}  // namespace
}  // namespace eas451
