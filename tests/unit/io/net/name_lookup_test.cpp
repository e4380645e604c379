// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/net/name_lookup.hpp"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>

namespace eas451 {
namespace {

namespace net = boost::asio;

struct Found {
    boost::system::error_code error;
    NameLookup::Endpoints endpoints;
};

/// What a look-up says, on a loop of its own.
Found look_up(const std::string& host, std::uint16_t port) {
    net::io_context loop(1);
    auto work = net::make_work_guard(loop);
    std::optional<Found> found;
    const auto lookup = NameLookup::start(loop.get_executor(), host, port, [&](const auto& error, NameLookup::Endpoints endpoints) {
        found = Found{error, std::move(endpoints)};
        work.reset();
    });
    loop.run();
    return found.value();
}

TEST(NameLookup, GivesAddressesWithThePort) {
    const Found found = look_up("localhost", 6360);
    ASSERT_FALSE(found.error) << found.error.message();
    ASSERT_FALSE(found.endpoints.empty());
    for (const auto& endpoint : found.endpoints) {
        EXPECT_TRUE(endpoint.address().is_loopback()) << endpoint;
        EXPECT_EQ(endpoint.port(), 6360);
    }
}

TEST(NameLookup, WhatIsNoNameIsAnError) {
    const Found found = look_up("no name at all", 636);
    EXPECT_TRUE(found.error);
    EXPECT_TRUE(found.endpoints.empty());
}

TEST(NameLookup, AbandonedItCallsNobodyThoughItsLoopIsGone) {
    auto called = std::make_shared<bool>(false);
    for (int i = 0; i < 20; ++i) {
        auto loop = std::make_unique<net::io_context>(1);
        const auto lookup = NameLookup::start(loop->get_executor(), "localhost", 636,
                                              [called](const auto&, const NameLookup::Endpoints&) { *called = true; });
        lookup->abandon();
        loop->run();
        loop.reset();
    }
    // Those before may still be under way; this one comes after most of them, and through all the same.
    EXPECT_FALSE(look_up("localhost", 636).endpoints.empty());
    EXPECT_FALSE(*called);
}

}  // namespace
}  // namespace eas451
