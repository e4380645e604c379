// SPDX-License-Identifier: Apache-2.0
#include "exchange_connection.hpp"

#include <sys/socket.h>

namespace eas451 {

StreamStep ExchangeConnection::read() {
    in_.erase(0, std::exchange(used_, 0));
    const std::size_t before = in_.size();
    in_.resize(before + bytes_a_read);
    const StreamStep step = stream_.read(boost::asio::buffer(in_.data() + before, bytes_a_read));
    in_.resize(before + step.bytes);
    return step;
}

bool ExchangeConnection::is_quiet() {
    char byte = 0;
    const bool has_bytes = stream_.has_pending() || !in().empty();
    // Session tickets come behind a handshake; whatever else comes, a connection that has something to say is not used.
    return !has_bytes && ::recv(socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

void ExchangeConnection::rest() {
    in_ = std::string();
    used_ = 0;
    stream_.release_buffers();
}

}  // namespace eas451
