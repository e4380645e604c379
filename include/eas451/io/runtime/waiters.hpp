// SPDX-License-Identifier: Apache-2.0
// Waiters: coroutines of one loop that wait for something to happen there, each with a deadline of its
// own. Single-threaded; the waiting ones live in their own frames and leave by themselves, also when a
// frame is destroyed with its loop. It has to live longer than the last wait().
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <deque>

#include "eas451/core/organization_relationship.hpp"

namespace eas451 {

class Waiters {
public:
    explicit Waiters(boost::asio::any_io_executor loop) : loop_(std::move(loop)) {}
    Waiters(const Waiters&) = delete;
    Waiters& operator=(const Waiters&) = delete;

    /// Ends at the deadline or when it is woken; true when it was. One that was woken and does not take what
    /// it waited for wakes the next.
    boost::asio::awaitable<bool> wait(SteadyTime deadline);
    /// The one that has waited longest.
    void wake_one();
    void wake_all();
    [[nodiscard]] std::size_t size() const { return waiting_.size(); }

private:
    struct Place;

    boost::asio::any_io_executor loop_;
    std::deque<boost::asio::steady_timer*> waiting_;
};

}  // namespace eas451
