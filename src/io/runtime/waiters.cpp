// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/runtime/waiters.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace eas451 {

namespace net = boost::asio;

/// A waiting coroutine's timer and its entry, both in its frame.
struct Waiters::Place {
    Place(Waiters& waiters, SteadyTime deadline) : in(waiters), woken(waiters.loop_, deadline) {
        in.waiting_.push_back(&woken);
    }
    ~Place() { std::erase(in.waiting_, &woken); }
    [[nodiscard]] bool was_woken() const { return std::ranges::find(in.waiting_, &woken) == in.waiting_.end(); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    Waiters& in;
    net::steady_timer woken;
};

net::awaitable<bool> Waiters::wait(SteadyTime deadline) {
    constexpr auto as_result = net::as_tuple(net::use_awaitable);
    Place place(*this, deadline);
    co_await place.woken.async_wait(as_result);
    co_return place.was_woken();
}

void Waiters::wake_one() {
    if (waiting_.empty()) return;
    net::steady_timer* longest = waiting_.front();
    waiting_.pop_front();
    longest->cancel();
}

void Waiters::wake_all() {
    while (!waiting_.empty()) wake_one();
}

}  // namespace eas451
