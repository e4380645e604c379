// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/runtime/waiters.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <vector>

namespace eas451 {
namespace {

namespace net = boost::asio;
using std::chrono::steady_clock;

class WaitersTest : public testing::Test {
protected:
    ~WaitersTest() override { loop_.reset(); }  // before what its coroutines wait in

    /// `name` is in ended_ once it waits no more.
    void wait(int name, SteadyTime deadline = SteadyTime::max()) {
        auto work = wait_and_tell(name, deadline);
        net::co_spawn(*loop_, std::move(work), net::detached);
        loop_->poll();
    }
    net::awaitable<void> wait_and_tell(int name, SteadyTime deadline) {
        co_await waiters_.wait(deadline);
        ended_.push_back(name);
    }

    std::optional<net::io_context> loop_{std::in_place};
    Waiters waiters_{loop_->get_executor()};
    std::vector<int> ended_;
};

TEST_F(WaitersTest, OneIsWokenAtATimeTheOneThatHasWaitedLongest) {
    for (const int name : {1, 2, 3}) wait(name);
    EXPECT_EQ(waiters_.size(), 3U);
    waiters_.wake_one();
    waiters_.wake_one();
    loop_->poll();
    EXPECT_EQ(ended_, (std::vector<int>{1, 2}));
    EXPECT_EQ(waiters_.size(), 1U);
}

TEST_F(WaitersTest, AllAreWokenAndWhoComesLaterIsNot) {
    for (const int name : {1, 2, 3}) wait(name);
    waiters_.wake_all();
    wait(4);
    loop_->poll();
    EXPECT_EQ(ended_, (std::vector<int>{1, 2, 3}));
    EXPECT_EQ(waiters_.size(), 1U);
    waiters_.wake_all();
    waiters_.wake_all();
    loop_->poll();
    EXPECT_EQ(ended_.size(), 4U);
}

TEST_F(WaitersTest, NobodyIsThereToBeWoken) {
    waiters_.wake_one();
    waiters_.wake_all();
    wait(1);
    EXPECT_EQ(ended_.size(), 0U);
}

TEST_F(WaitersTest, ADeadlineEndsItsOwnWaitAlone) {
    wait(1);
    wait(2, steady_clock::now());
    wait(3);
    loop_->run_for(std::chrono::milliseconds(1));
    EXPECT_EQ(ended_, std::vector<int>{2});
    waiters_.wake_one();
    waiters_.wake_one();
    loop_->run_one_for(std::chrono::seconds(5));
    loop_->run_one_for(std::chrono::seconds(5));
    EXPECT_EQ(ended_, (std::vector<int>{2, 1, 3}));
}

TEST_F(WaitersTest, WithTheLoopWhoWaitsIsGone) {
    for (const int name : {1, 2, 3}) wait(name);
    loop_.reset();
    EXPECT_EQ(waiters_.size(), 0U);
    EXPECT_EQ(ended_.size(), 0U);
    waiters_.wake_all();
}

}  // namespace
}  // namespace eas451
