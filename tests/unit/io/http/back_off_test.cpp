// SPDX-License-Identifier: Apache-2.0
#include "../../../../src/io/http/back_off.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace eas451 {
namespace {

std::vector<long> waits(BackOff& back_off, std::size_t count) {
    std::vector<long> milliseconds;
    while (milliseconds.size() < count) milliseconds.push_back(back_off.next().count());
    return milliseconds;
}

TEST(BackOff, doubles_from_five_milliseconds_to_a_second_and_stays_there) {
    BackOff back_off;
    EXPECT_EQ(waits(back_off, 11), (std::vector<long>{5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000, 1000}));
}

TEST(BackOff, begins_again_after_a_success) {
    BackOff back_off;
    static_cast<void>(waits(back_off, 20));
    back_off.reset();
    EXPECT_EQ(waits(back_off, 3), (std::vector<long>{5, 10, 20}));
}

}  // namespace
}  // namespace eas451
