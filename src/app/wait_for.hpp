// SPDX-License-Identifier: Apache-2.0
// For commands, which have nothing else to do meanwhile: a coroutine run to its end.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <utility>

namespace eas451 {

/// Runs the loop, which has nothing else on it, until the work has ended; throws what that throws.
template <class T>
T wait_for(boost::asio::io_context& loop, boost::asio::awaitable<T> work) {
    T result;
    auto ended = [&result](const std::exception_ptr& thrown, T value) {
        if (thrown) std::rethrow_exception(thrown);
        result = std::move(value);
    };
    boost::asio::co_spawn(loop, std::move(work), std::move(ended));
    loop.restart();
    loop.run();
    return result;
}

}  // namespace eas451
