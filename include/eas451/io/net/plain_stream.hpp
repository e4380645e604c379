// SPDX-License-Identifier: Apache-2.0
// PlainStream: the steps of TlsStream over a socket without TLS.
#pragma once

#include <boost/asio/buffer.hpp>
#include <utility>

#include "eas451/io/net/stream_step.hpp"

namespace eas451 {

/// Owned by one session; used on its loop's thread alone.
class PlainStream {
public:
    static constexpr bool is_tls = false;

    explicit PlainStream(StreamSocket socket) : socket_(std::move(socket)) {}

    [[nodiscard]] StreamSocket& socket() { return socket_; }
    static void release_buffers() {}  // it has none
    [[nodiscard]] bool must_wait() { return std::exchange(starved_, false); }
    StreamStep read(boost::asio::mutable_buffer into);
    StreamStep write(boost::asio::const_buffer from);
    /// Says that nothing more will be written. The other side's end is not waited for.
    StreamStep shut_down();

private:
    StreamSocket socket_;
    bool starved_ = false;  // the last read got all there was: the next one waits first
};

}  // namespace eas451
