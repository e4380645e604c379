// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/directory/password_turns.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace eas451 {
namespace {

namespace net = boost::asio;
using namespace std::chrono_literals;
using Next = PasswordTurns::Next;
using Said = PasswordTurns::Said;
using Turn = PasswordTurns::Turn;

RememberedLogin login(unsigned number) {
    RememberedLogin made{};
    made.front() = static_cast<std::uint8_t>(number);
    made[1] = static_cast<std::uint8_t>(number >> 8U);
    made.back() = made.front();
    return made;
}

class PasswordTurnsTest : public testing::Test {
protected:
    /// One that was recalled when it came.
    Turn& turn(SteadyTime now, bool takes_long = false, unsigned number = 1) {
        return *made_.emplace_back(std::make_unique<Turn>(turns_, login(number), now, takes_long));
    }
    Next comes(SteadyTime now, bool takes_long = false, unsigned number = 1) { return turn(now, takes_long, number).next(now); }

    PasswordTurns turns_;
    std::vector<std::unique_ptr<Turn>> made_;
    const SteadyTime t_ = std::chrono::steady_clock::now();
};

TEST_F(PasswordTurnsTest, OneGoesFirstAndTheOthersWaitForTheLimitAndNoLonger) {
    EXPECT_EQ(comes(t_), Next::go);
    Turn& second = turn(t_);
    EXPECT_EQ(second.next(t_), Next::wait);
    EXPECT_EQ(comes(t_, false, 2), Next::go);  // another login's
    EXPECT_EQ(second.next(t_ + PasswordTurns::longest_wait - 1ms), Next::wait);
    EXPECT_EQ(second.next(t_ + PasswordTurns::longest_wait), Next::go);
    // Now that one is waited for; but nobody waits twice.
    Turn& third = turn(t_ + 500ms);
    EXPECT_EQ(third.next(t_ + 500ms + PasswordTurns::longest_wait - 1ms), Next::wait);
}

TEST_F(PasswordTurnsTest, WhoHasWaitedForTheLimitGoesWhoeverIsFirst) {
    Turn& first = turn(t_);
    EXPECT_EQ(first.next(t_), Next::go);
    Turn& second = turn(t_);
    EXPECT_EQ(second.next(t_), Next::wait);
    first.told(Said::nothing, t_ + 600ms);
    EXPECT_EQ(comes(t_ + 600ms), Next::go);
    EXPECT_EQ(second.next(t_ + 600ms), Next::wait);
    EXPECT_EQ(second.next(t_ + PasswordTurns::longest_wait), Next::go);
}

TEST_F(PasswordTurnsTest, WhatWasSaidIsGoodFromWhenTheRequestWasSent) {
    Turn& first = turn(t_);
    EXPECT_EQ(first.next(t_), Next::go);
    Turn& second = turn(t_);
    EXPECT_EQ(second.next(t_), Next::wait);
    first.told(Said::right, t_ + 300ms);
    EXPECT_EQ(second.next(t_ + 300ms), Next::go);
    EXPECT_EQ(comes(t_ + PasswordTurns::good_for - 1ms), Next::go);
    EXPECT_EQ(comes(t_ + PasswordTurns::good_for - 1ms), Next::go);
    EXPECT_EQ(comes(t_ + PasswordTurns::good_for), Next::go);
    EXPECT_EQ(comes(t_ + PasswordTurns::good_for), Next::wait);
}

TEST_F(PasswordTurnsTest, ALongPollThatEndsSaysNothingOfNow) {
    Turn& poll = turn(t_, true);
    EXPECT_EQ(poll.next(t_), Next::go);
    const SteadyTime later = t_ + std::chrono::hours(1);
    poll.told(Said::right, later);
    EXPECT_EQ(comes(later), Next::go);
    EXPECT_EQ(comes(later), Next::wait);
}

TEST_F(PasswordTurnsTest, ALongPollIsWaitedForByItsLikeAlone) {
    EXPECT_EQ(comes(t_, true), Next::go);
    EXPECT_EQ(comes(t_, true), Next::wait);
    EXPECT_EQ(comes(t_), Next::go);
    EXPECT_EQ(comes(t_), Next::wait);
    EXPECT_EQ(comes(t_, true), Next::wait);
}

TEST_F(PasswordTurnsTest, WhoWasRecalledBeforeItWasRefusedAsksAgain) {
    Turn& first = turn(t_);
    EXPECT_EQ(first.next(t_), Next::go);
    Turn& waits = turn(t_);
    EXPECT_EQ(waits.next(t_), Next::wait);
    first.told(Said::wrong, t_ + 300ms);
    EXPECT_EQ(waits.next(t_ + 300ms), Next::ask_again);
    EXPECT_EQ(comes(t_ + 300ms), Next::ask_again);
    EXPECT_EQ(comes(t_ + 301ms), Next::go);  // the directory has said since that it is right
}

TEST_F(PasswordTurnsTest, ARefusalIsNotTakenBackByWhatWasSentBefore) {
    Turn& first = turn(t_);
    EXPECT_EQ(first.next(t_), Next::go);
    Turn& early = turn(t_);
    EXPECT_EQ(early.next(t_ + PasswordTurns::longest_wait), Next::go);
    first.told(Said::wrong, t_ + 2s);
    early.told(Said::right, t_ + 3s);
    EXPECT_EQ(comes(t_ + 4s), Next::go);
    EXPECT_EQ(comes(t_ + 4s), Next::wait);
}

TEST_F(PasswordTurnsTest, WhoEndsWithoutAnAnswerLetsTheNextGoFirst) {
    {
        Turn first(turns_, login(1), t_, false);
        EXPECT_EQ(first.next(t_), Next::go);
        EXPECT_EQ(comes(t_), Next::wait);
    }
    EXPECT_EQ(comes(t_), Next::go);
    EXPECT_EQ(comes(t_), Next::wait);
}

TEST_F(PasswordTurnsTest, ItHasASize) {
    PasswordTurns small(32);
    for (unsigned number = 0; number < 1000; ++number) {
        Turn one(small, login(number), t_, false);
        EXPECT_EQ(one.next(t_), Next::go);
    }
    EXPECT_LE(small.size(), 32U);
    // What is over goes by itself.
    PasswordTurns large;
    for (unsigned number = 0; number < 1000; ++number) Turn(large, login(number), t_, false).next(t_);
    EXPECT_EQ(large.size(), 1000U);
    const SteadyTime later = std::chrono::steady_clock::now() + PasswordTurns::good_for;
    for (unsigned round = 0; round < 1000; ++round) Turn(large, login(round % 16), later, false).next(later);
    EXPECT_EQ(large.size(), 16U);
}

/// Ten on each of two loops, while one is under way on the first.
class WaitingTurns : public testing::Test {
protected:
    static constexpr int each = 10;

    net::awaitable<void> one(int at) {
        Turn turn(turns_, key_, recalled_, false);
        Next next = turn.next(std::chrono::steady_clock::now());
        if (next == Next::wait) {
            ++waiting_;
            next = co_await turn.wait();
        }
        if (next == Next::ask_again) ++refused_;
        if (next == Next::go) ++went_;
        if (next == Next::go) turn.told(Said::right, std::chrono::steady_clock::now());
        ends_.at(static_cast<std::size_t>(at)) = std::chrono::steady_clock::now();
    }
    template <class First>
    void run(First first) {
        Turn leads(turns_, key_, recalled_, false);
        ASSERT_EQ(leads.next(std::chrono::steady_clock::now()), Next::go);
        std::vector<std::thread> threads;
        for (int loop = 0; loop < 2; ++loop) {
            threads.emplace_back([this, loop] {
                net::io_context here(1);
                for (int at = 0; at < each; ++at) net::co_spawn(here, one(loop * each + at), net::detached);
                here.run();
            });
        }
        while (waiting_ != 2 * each) std::this_thread::yield();
        first(leads);
        for (auto& thread : threads) thread.join();
    }

    PasswordTurns turns_;
    const RememberedLogin key_ = login(7);
    const SteadyTime recalled_ = std::chrono::steady_clock::now();
    std::atomic<int> waiting_{0};
    std::atomic<int> went_{0};
    std::atomic<int> refused_{0};
    std::array<SteadyTime, 2 * each> ends_{};
};

TEST_F(WaitingTurns, AllAreSentToTheDirectoryAfterARefusal) {
    run([](Turn& first) { first.told(Said::wrong, std::chrono::steady_clock::now()); });
    EXPECT_EQ(refused_, 2 * each);
    EXPECT_EQ(went_, 0);
}

TEST_F(WaitingTurns, AllGoOnAfterAGoodAnswer) {
    run([](Turn& first) { first.told(Said::right, std::chrono::steady_clock::now()); });
    EXPECT_EQ(went_, 2 * each);
}

TEST_F(WaitingTurns, AllGoOnAfterTheLimit) {
    run([](Turn&) {});
    EXPECT_EQ(went_, 2 * each);
    EXPECT_GE(*std::ranges::min_element(ends_) - recalled_, PasswordTurns::longest_wait - 1ms);
}

TEST(PasswordTurnsOfOneLoop, WhoGivesUpWaitsNoLongerAndOneMoreThanMayWaitGoes) {
    PasswordTurns turns;
    net::io_context loop(1);
    const SteadyTime now = std::chrono::steady_clock::now();
    Turn first(turns, login(1), now, false);
    ASSERT_EQ(first.next(now), Next::go);
    std::vector<std::unique_ptr<Turn>> waiting;
    std::size_t ended = 0;
    const auto wait = [&](Turn& turn) -> net::awaitable<void> {
        auto next = turn.wait();
        co_await std::move(next);
        ++ended;
    };
    for (std::size_t i = 0; i <= PasswordTurns::most_waiting; ++i) {
        waiting.push_back(std::make_unique<Turn>(turns, login(1), now, false));
        net::co_spawn(loop, wait(*waiting.back()), net::detached);
    }
    loop.poll();
    EXPECT_EQ(ended, 1U);
    waiting.front()->give_up();
    loop.poll();
    EXPECT_EQ(ended, 2U);
    EXPECT_LT(std::chrono::steady_clock::now() - now, PasswordTurns::longest_wait);
    for (auto& turn : waiting) turn->give_up();
    loop.poll();
    EXPECT_EQ(ended, PasswordTurns::most_waiting + 1);
}

}  // namespace
}  // namespace eas451
