// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/net/blocking_call.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <thread>

namespace eas451 {
namespace {

namespace net = boost::asio;
using namespace std::chrono_literals;

std::atomic<int> ended{0};

/// What a thread keeps until its end, and the C library does so too; a machine that is busy comes to it late.
struct FreedAtTheEnd {
    bool is_used = false;
    ~FreedAtTheEnd() {
        std::this_thread::sleep_for(20ms);
        ++ended;
    }
};

void use_thread_storage() {
    static thread_local FreedAtTheEnd kept;
    kept.is_used = true;
}

TEST(BlockingCall, ItsThreadHasEndedWhenItIsToldToHaveReturned) {
    ended = 0;
    for (int i = 1; i <= 5; ++i) {
        net::io_context loop(1);
        auto work = net::make_work_guard(loop);
        int ended_by_then = -1;
        const auto call = BlockingCall::start(loop.get_executor(), use_thread_storage, [&](const boost::system::error_code& not_called) {
            EXPECT_FALSE(not_called);
            ended_by_then = ended;
            work.reset();
        });
        loop.run();
        EXPECT_EQ(ended_by_then, i);
    }
}

TEST(BlockingCall, AbandonedWhileItReturnsNobodyIsCalled) {
    for (int i = 0; i < 200; ++i) {
        net::io_context loop(1);
        auto has_worked = std::make_shared<std::promise<void>>();
        bool was_called = false;
        const auto call = BlockingCall::start(
            loop.get_executor(), [has_worked] { has_worked->set_value(); },
            [&](const boost::system::error_code&) { was_called = true; });
        has_worked->get_future().wait();
        call->abandon();
        loop.run();
        EXPECT_FALSE(was_called);
    }
}

TEST(BlockingCall, AbandonedWhileItHangsNobodyWaitsForIt) {
    auto release = std::make_shared<std::promise<void>>();
    auto has_gone_on = std::make_shared<std::promise<void>>();
    std::future<void> gone_on = has_gone_on->get_future();
    net::io_context loop(1);
    bool was_called = false;
    auto call = BlockingCall::start(
        loop.get_executor(), [release, has_gone_on] { release->get_future().wait(); has_gone_on->set_value(); },
        [&](const boost::system::error_code&) { was_called = true; });
    call->abandon();
    call.reset();
    loop.run();
    release->set_value();
    gone_on.wait();
    EXPECT_FALSE(was_called);
}

}  // namespace
}  // namespace eas451
