// SPDX-License-Identifier: Apache-2.0
#include "exchange_dial.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "eas451/io/net/part_of_time.hpp"
#include "eas451/io/net/server_name.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;

constexpr auto as_result = net::as_tuple(net::use_awaitable);

std::chrono::milliseconds time_until(SteadyTime deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    return std::max(std::chrono::milliseconds(0), left);
}

}  // namespace

net::awaitable<std::unique_ptr<ExchangeConnection>> ExchangeDial::connect(const ExchangeServer& server, SteadyTime deadline) {
    const std::size_t count = server.addresses.size();
    for (std::size_t i = 0; i < count && connection_ == nullptr && is_wanted_; ++i) {
        co_await connect_to(server.host, server.addresses[i], part_of(deadline, count - i));
    }
    co_return is_wanted_ ? std::move(connection_) : nullptr;
}

net::awaitable<void> ExchangeDial::connect_to(const std::string& host, const net::ip::tcp::endpoint& address, SteadyTime deadline) {
    const StreamSocket::endpoint_type endpoint(address);
    boost::system::error_code unopened;
    StreamSocket socket(loop_);
    socket.open(endpoint.protocol(), unopened);
    if (unopened) co_return failed(unopened.message());
    waits_.wait_begins(time_until(deadline), socket);
    const auto [error] = co_await socket.async_connect(endpoint, as_result);
    is_wanted_ = waits_.wait_ends();
    if (error == net::error::operation_aborted) co_return failed("it did not accept a connection in time");
    if (error) co_return failed(error.message());
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    connection_ = std::make_unique<ExchangeConnection>(std::move(socket), options_);
    if (!expect_server_name(connection_->stream().native_handle(), host)) co_return failed("a name TLS cannot check");
    co_await shake_hands(deadline);
}

net::awaitable<void> ExchangeDial::shake_hands(SteadyTime deadline) {
    waits_.wait_begins(time_until(deadline), connection_->socket());
    StreamStep step = connection_->stream().shake_hands();
    while (step.wants != StreamStep::Wants::nothing) {
        const auto [error] = co_await connection_->socket().async_wait(step.wait_type(), as_result);
        if (error) {
            step.error = net::error::timed_out;
            break;
        }
        step = connection_->stream().shake_hands();
    }
    is_wanted_ = waits_.wait_ends();
    if (step.error) failed(why_not_verified(connection_->stream().native_handle(), step.error));
}

void ExchangeDial::failed(std::string trouble) {
    trouble_ = std::move(trouble);
    connection_ = nullptr;
}

}  // namespace eas451
