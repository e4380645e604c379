// SPDX-License-Identifier: Apache-2.0
// StreamStep: what came of one attempt to read, write or shake hands on a socket that never blocks. PlainStream and
// TlsStream have the same steps, so that whoever uses them need not know which one it has.
//
//     for (;;) {
//         step = stream.read(buffer);
//         if (step.wants == StreamStep::Wants::nothing) break;      // bytes, or an error
//         wait until the socket is ready for what it wants
//     }
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>

namespace eas451 {

using StreamSocket = boost::asio::generic::stream_protocol::socket;

struct StreamStep {
    enum class Wants : std::uint8_t { nothing, to_read, to_write };

    Wants wants = Wants::nothing;      // when something: wait for it, then make the same step again
    boost::system::error_code error;   // net::error::eof at the orderly end
    std::size_t bytes = 0;             // read or written; never 0 together with neither error nor wants

    [[nodiscard]] StreamSocket::wait_type wait_type() const {
        return wants == Wants::to_write ? StreamSocket::wait_write : StreamSocket::wait_read;
    }
};

}  // namespace eas451
