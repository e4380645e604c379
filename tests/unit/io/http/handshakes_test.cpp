// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/http/handshakes.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace eas451 {
namespace {

class HandshakesTest : public testing::Test {
protected:
    /// The handshake of that number begins.
    std::unique_ptr<Handshakes::Place> begin(int number, std::uint64_t network = 1) {
        return std::make_unique<Handshakes::Place>(handshakes_, network, [this, number] { stopped_.push_back(number); });
    }

    Handshakes handshakes_{3};
    std::vector<int> stopped_;
};

TEST_F(HandshakesTest, up_to_the_limit_all_go_on) {
    const auto first = begin(1);
    const auto second = begin(2);
    const auto third = begin(3);
    EXPECT_EQ(3U, handshakes_.size());
    EXPECT_TRUE(stopped_.empty());
}

TEST_F(HandshakesTest, one_more_ends_the_oldest) {
    std::vector<std::unique_ptr<Handshakes::Place>> places;
    for (int number = 1; number <= 5; ++number) places.push_back(begin(number));
    EXPECT_EQ((std::vector<int>{1, 2}), stopped_);
    EXPECT_EQ(3U, handshakes_.size());
}

TEST_F(HandshakesTest, the_oldest_of_who_has_most_pays) {
    std::vector<std::unique_ptr<Handshakes::Place>> places;
    places.push_back(begin(1, 7));  // a phone far away
    places.push_back(begin(2, 8));
    places.push_back(begin(3, 8));
    for (int number = 4; number <= 50; ++number) places.push_back(begin(number, 8));
    EXPECT_EQ(stopped_.size(), 47U);
    EXPECT_EQ(stopped_.front(), 2);
    EXPECT_EQ(stopped_.back(), 48);
    // Many networks with one each: the oldest of all.
    stopped_.clear();
    places.push_back(begin(51, 9));
    places.push_back(begin(52, 10));
    EXPECT_EQ(stopped_, (std::vector<int>{49, 1}));
}

TEST_F(HandshakesTest, one_that_ended_makes_room_wherever_it_stood) {
    for (const std::size_t ends : {0U, 1U, 2U}) {
        stopped_.clear();
        std::vector<std::unique_ptr<Handshakes::Place>> places;
        for (int number = 0; number < 3; ++number) places.push_back(begin(number));
        places[ends].reset();
        EXPECT_EQ(2U, handshakes_.size());
        const auto fourth = begin(3);
        EXPECT_TRUE(stopped_.empty()) << ends;
        const auto fifth = begin(4);
        EXPECT_EQ((std::vector<int>{ends == 0 ? 1 : 0}), stopped_);
        places.clear();
        EXPECT_EQ(2U, handshakes_.size());
    }
    EXPECT_EQ(0U, handshakes_.size());
}

TEST_F(HandshakesTest, a_stopped_one_is_counted_no_longer_although_it_ends_later) {
    std::vector<std::unique_ptr<Handshakes::Place>> places;
    for (int number = 1; number <= 4; ++number) places.push_back(begin(number));
    places.front().reset();
    EXPECT_EQ(3U, handshakes_.size());
    places.clear();
    EXPECT_EQ(0U, handshakes_.size());
}

TEST_F(HandshakesTest, a_lower_limit_is_reached_when_the_next_begins) {
    const auto first = begin(1);
    const auto second = begin(2);
    const auto third = begin(3);
    handshakes_.set_limit(2);
    EXPECT_TRUE(stopped_.empty());
    const auto fourth = begin(4);
    EXPECT_EQ((std::vector<int>{1, 2}), stopped_);
    EXPECT_EQ(2U, handshakes_.size());
}

TEST_F(HandshakesTest, a_limit_of_none_is_one) {
    handshakes_.set_limit(0);
    const auto first = begin(1);
    EXPECT_TRUE(stopped_.empty());
    const auto second = begin(2);
    EXPECT_EQ((std::vector<int>{1}), stopped_);
    EXPECT_EQ(1U, handshakes_.size());
}

}  // namespace
}  // namespace eas451
