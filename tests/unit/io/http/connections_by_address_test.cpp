// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/http/connections_by_address.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace eas451 {
namespace {

using Place = ConnectionsByAddress::Place;

std::vector<Place> take(ConnectionsByAddress& table, const std::string& address, std::size_t count) {
    std::vector<Place> places;
    while (places.size() < count) {
        auto place = table.take(address);
        if (!place) break;
        places.push_back(std::move(*place));
    }
    return places;
}

TEST(ConnectionsByAddress, gives_as_many_places_as_the_limit_and_no_more) {
    ConnectionsByAddress table(3);
    const auto places = take(table, "192.0.2.1", 10);
    EXPECT_EQ(3U, places.size());
    EXPECT_FALSE(table.take("192.0.2.1"));
    EXPECT_TRUE(table.take("192.0.2.2"));
}

TEST(ConnectionsByAddress, a_place_comes_back_when_it_is_given_back_or_ends) {
    ConnectionsByAddress table(2);
    auto first = table.take("192.0.2.1");
    auto second = table.take("192.0.2.1");
    ASSERT_TRUE(first && second);
    first->give_back();
    first->give_back();  // once is enough
    auto third = table.take("192.0.2.1");
    EXPECT_TRUE(third);
    EXPECT_FALSE(table.take("192.0.2.1"));
    second.reset();
    EXPECT_TRUE(table.take("192.0.2.1"));
}

TEST(ConnectionsByAddress, five_hundred_who_gave_theirs_back_leave_room_for_the_next) {
    ConnectionsByAddress table(1);
    for (int user = 0; user < 500; ++user) {
        auto place = table.take("192.0.2.1");
        ASSERT_TRUE(place) << user;
        place->give_back();
    }
    EXPECT_EQ(0U, table.size());
}

TEST(ConnectionsByAddress, a_place_that_moves_is_still_one) {
    ConnectionsByAddress table(2);
    Place kept;
    EXPECT_FALSE(kept.is_held());
    {
        auto taken = table.take("192.0.2.1");
        kept = std::move(*taken);
        EXPECT_FALSE(taken->is_held());
    }
    EXPECT_TRUE(kept.is_held());
    EXPECT_EQ(1U, take(table, "192.0.2.1", 2).size());
    kept = Place();
    EXPECT_EQ(2U, take(table, "192.0.2.1", 2).size());
}

TEST(ConnectionsByAddress, of_ipv6_a_network_of_64_bits_is_one_address) {
    ConnectionsByAddress table(1);
    const auto place = table.take("2001:db8:1:2::1");
    ASSERT_TRUE(place);
    EXPECT_FALSE(table.take("2001:db8:1:2:ffff:ffff:ffff:ffff"));
    EXPECT_FALSE(table.take("2001:db8:1:2::1%lo"));
    EXPECT_TRUE(table.take("2001:db8:1:3::1"));
    EXPECT_TRUE(table.take("2001:db8:1:1::1"));
}

TEST(ConnectionsByAddress, an_ipv4_address_is_the_same_in_either_spelling_and_none_of_ipv6) {
    ConnectionsByAddress table(1);
    const auto place = table.take("192.0.2.1");
    ASSERT_TRUE(place);
    EXPECT_FALSE(table.take("::ffff:192.0.2.1"));
    EXPECT_TRUE(table.take("::ffff:192.0.2.2"));
    EXPECT_TRUE(table.take("::1"));
    EXPECT_TRUE(table.take("2001:db8::c000:201"));
}

TEST(ConnectionsByAddress, a_limit_of_none_is_no_limit) {
    ConnectionsByAddress table(0);
    EXPECT_EQ(1000U, take(table, "192.0.2.1", 1000).size());
}

TEST(ConnectionsByAddress, a_new_limit_counts_those_that_are_there) {
    ConnectionsByAddress table(0);
    auto places = take(table, "192.0.2.1", 5);
    table.set_limit(4);
    EXPECT_FALSE(table.take("192.0.2.1"));
    places.resize(3);
    EXPECT_TRUE(table.take("192.0.2.1"));
    table.set_limit(2);
    EXPECT_FALSE(table.take("192.0.2.1"));
}

TEST(ConnectionsByAddress, the_peer_of_a_unix_socket_is_not_counted) {
    ConnectionsByAddress table(1);
    for (int i = 0; i < 3; ++i) {
        const auto place = table.take("unix");
        ASSERT_TRUE(place);
        EXPECT_FALSE(place->is_held());
    }
    EXPECT_EQ(0U, table.size());
}

TEST(ConnectionsByAddress, remembers_nobody_who_holds_nothing) {
    ConnectionsByAddress table(2);
    std::vector<Place> places;
    for (int i = 0; i < 5000; ++i) {
        auto place = table.take("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250));
        ASSERT_TRUE(place);
        places.push_back(std::move(*place));
    }
    EXPECT_EQ(5000U, table.size());
    EXPECT_FALSE(take(table, "10.0.0.1", 2).size() > 1);
    places.clear();
    EXPECT_EQ(0U, table.size());
}

TEST(ConnectionsByAddress, from_many_threads_never_more_than_the_limit) {
    ConnectionsByAddress table(7);
    std::atomic<int> held{0};
    std::atomic<int> most{0};
    const auto come_and_go = [&] {
        for (int i = 0; i < 5000; ++i) {
            auto place = table.take("192.0.2.1");
            if (!place) continue;
            const int now = ++held;
            for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {}
            --held;
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) threads.emplace_back(come_and_go);
    for (std::thread& thread : threads) thread.join();
    EXPECT_LE(most, 7);
    EXPECT_EQ(0U, table.size());
}

}  // namespace
}  // namespace eas451
