// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/runtime/waiters.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace eas451 {

namespace net = boost::asio;

net::awaitable<void> Waiters::wait(SteadyTime deadline) {
    constexpr auto as_result = net::as_tuple(net::use_awaitable);
    net::steady_timer woken(loop_, deadline);
    waiting_.push_back(&woken);
    co_await woken.async_wait(as_result);
    std::erase(waiting_, &woken);
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
