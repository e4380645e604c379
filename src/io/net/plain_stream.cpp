// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/net/plain_stream.hpp"

#include <boost/asio/error.hpp>
#include <cerrno>

#include "socket_transfer.hpp"

namespace eas451 {

namespace net = boost::asio;

StreamStep PlainStream::read(net::mutable_buffer into) {
    if (into.size() == 0) return {};
    if (std::exchange(starved_, false)) return {StreamStep::Wants::to_read, {}, 0};
    const ssize_t got = receive_now(socket_.native_handle(), into.data(), into.size());
    if (got > 0) {
        starved_ = static_cast<std::size_t>(got) < into.size();
        return {StreamStep::Wants::nothing, {}, static_cast<std::size_t>(got)};
    }
    if (got == 0) return {StreamStep::Wants::nothing, net::error::eof, 0};
    if (would_block(errno)) return {StreamStep::Wants::to_read, {}, 0};
    return {StreamStep::Wants::nothing, {errno, boost::system::system_category()}, 0};
}

StreamStep PlainStream::write(net::const_buffer from) {
    const ssize_t sent = send_now(socket_.native_handle(), from.data(), from.size());
    if (sent >= 0) return {StreamStep::Wants::nothing, {}, static_cast<std::size_t>(sent)};
    if (would_block(errno)) return {StreamStep::Wants::to_write, {}, 0};
    return {StreamStep::Wants::nothing, {errno, boost::system::system_category()}, 0};
}

StreamStep PlainStream::shut_down() {
    StreamStep step;
    socket_.shutdown(StreamSocket::shutdown_send, step.error);
    return step;
}

}  // namespace eas451
