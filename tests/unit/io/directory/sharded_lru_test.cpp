// SPDX-License-Identifier: Apache-2.0
#include "../../../../src/io/directory/sharded_lru.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "../../../../src/io/directory/keyed_digest.hpp"

namespace eas451 {
namespace {

using OneRing = ShardedLru<NameDigest, int>;
using TwoRings = ShardedLru<NameDigest, int, 2>;

NameDigest key(int number) {
    return name_digest(0, std::to_string(number));
}

/// The numbers from 0 to `most` that are there under their own key, without counting as a use.
template <class Map>
std::string there(const Map& map, int most) {
    std::string numbers;
    for (int i = most; i >= 0; --i) {
        if (const auto value = map.find(key(i))) numbers = std::to_string(*value) + " " + numbers;
    }
    return numbers;
}

TEST(ShardedLru, GivesBackWhatWasPut) {
    OneRing map({3});
    EXPECT_EQ(map.find(key(1)), std::nullopt);
    map.put(key(1), 10);
    map.put(key(2), 20);
    EXPECT_EQ(map.find(key(1)), 10);
    EXPECT_EQ(map.find(key(2)), 20);
    map.put(key(1), 11);
    EXPECT_EQ(map.find(key(1)), 11);
    EXPECT_EQ(map.size(), 2U);
    map.forget(key(1));
    map.forget(key(3));
    EXPECT_EQ(map.find(key(1)), std::nullopt);
    EXPECT_EQ(map.size(), 1U);
    map.clear();
    EXPECT_EQ(map.find(key(2)), std::nullopt);
    EXPECT_EQ(map.size(), 0U);
    map.put(key(2), 21);
    EXPECT_EQ(map.find(key(2)), 21);
}

TEST(ShardedLru, GivesUpWhatWasUsedLongestAgo) {
    OneRing map({3});
    for (int i = 0; i < 3; ++i) map.put(key(i), i);
    EXPECT_EQ(map.find(key(0)), 0);
    map.put(key(3), 3);  // in place of 1
    EXPECT_EQ(map.size(), 3U);
    EXPECT_EQ(there(map, 3), "0 2 3 ");
    map.put(key(2), 22);  // replacing is a use as well, and gives up nothing
    EXPECT_EQ(map.size(), 3U);
    EXPECT_EQ(map.find(key(3)), 3);
    map.put(key(4), 4);
    EXPECT_EQ(there(map, 4), "22 3 4 ");
}

TEST(ShardedLru, OfNothingHoldsNothing) {
    OneRing map({0});
    map.put(key(1), 1);
    EXPECT_EQ(map.size(), 0U);
    EXPECT_EQ(map.find(key(1)), std::nullopt);
}

TEST(ShardedLru, OneRingDoesNotCrowdOutTheOther) {
    TwoRings map({2, 3});
    map.put(key(0), 0, 0);
    map.put(key(1), 1, 0);
    for (int i = 10; i < 30; ++i) map.put(key(i), i, 1);
    EXPECT_EQ(map.size(), 5U);
    EXPECT_EQ(there(map, 30), "0 1 27 28 29 ");
}

TEST(ShardedLru, AKeyIsInOneRing) {
    TwoRings map({2, 2});
    map.put(key(0), 0, 0);
    map.put(key(1), 1, 0);
    map.put(key(0), 100, 1);
    EXPECT_EQ(map.size(), 2U);
    EXPECT_EQ(map.find(key(0)), 100);
    map.put(key(2), 2, 0);  // there is room again
    EXPECT_EQ(there(map, 2), "100 1 2 ");
    map.put(key(0), 0, 0);
    EXPECT_EQ(map.size(), 2U);
    EXPECT_EQ(map.find(key(0)), 0);
}

TEST(ShardedLru, MovingToARingWithoutRoomIsForgetting) {
    TwoRings map({2, 0});
    map.put(key(0), 0, 0);
    map.put(key(0), 1, 1);
    EXPECT_EQ(map.size(), 0U);
}

TEST(ShardedLru, IsBoundedOverAllShardsAndKeepsWhatIsInUse) {
    constexpr std::size_t most = 16 * 1024 + 15;
    OneRing map({most});
    for (int i = 0; i < 200000; ++i) {
        map.put(key(i), i);
        if (i % 50 == 0) {
            for (int hot = 0; hot < 20; ++hot) map.put(key(-hot - 1), hot);
        }
    }
    EXPECT_EQ(map.size(), most / 16 * 16);
    for (int hot = 0; hot < 20; ++hot) EXPECT_EQ(map.find(key(-hot - 1)), hot);
    EXPECT_EQ(map.find(key(199999)), 199999);
    EXPECT_EQ(map.find(key(0)), std::nullopt);
    map.clear();
    EXPECT_EQ(map.size(), 0U);
}

TEST(ShardedLru, LetsGoOfWhatIsReplacedEvictedForgottenAndCleared) {
    const auto value = std::make_shared<int>(1);
    ShardedLru<NameDigest, std::shared_ptr<int>> map({2});
    map.put(key(1), value);
    map.put(key(1), value);
    EXPECT_EQ(value.use_count(), 2);
    map.put(key(2), value);
    map.put(key(3), value);
    EXPECT_EQ(value.use_count(), 3);
    map.forget(key(3));
    EXPECT_EQ(value.use_count(), 2);
    map.clear();
    EXPECT_EQ(value.use_count(), 1);
}

}  // namespace
}  // namespace eas451
