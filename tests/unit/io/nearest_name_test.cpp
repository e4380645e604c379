// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/document/nearest_name.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

namespace eas451 {
namespace {

std::string_view nearest(std::string_view typed, std::initializer_list<std::string_view> known) {
    NearestName name(typed);
    for (const std::string_view one : known) name.consider(one);
    return name.name();
}

TEST(NearestName, CountsSlips) {
    EXPECT_EQ(nearest("workers", {"user", "workers"}), "workers");
    EXPECT_EQ(nearest("WORKER", {"user", "workers"}), "workers");
    EXPECT_EQ(nearest("wrokers", {"workers", "brokers"}), "workers") << "another order is one slip, and comes first";
    EXPECT_EQ(nearest("tsl", {"tls"}), "tls");
    EXPECT_EQ(nearest("abcdef", {"xyzdef"}), "xyzdef") << "three slips of six letters";
    EXPECT_EQ(nearest("abcde", {"xyzde"}), "") << "more than half";
    EXPECT_EQ(nearest("abcdefgh", {"wxyzefgh"}), "") << "four slips";
    EXPECT_EQ(nearest("", {"a", ""}), "");
    EXPECT_EQ(nearest(std::string(1 << 20U, 'a'), {"a"}), "");
}

TEST(NearestName, HintsAreReadyToPrint) {
    NearestName name("mial");
    EXPECT_EQ(name.hint(), "");
    name.consider("mail");
    EXPECT_EQ(name.hint(), " (did you mean 'mail'?)");
}

}  // namespace
}  // namespace eas451
