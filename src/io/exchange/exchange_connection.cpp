// SPDX-License-Identifier: Apache-2.0
#include "exchange_connection.hpp"

#include <sys/socket.h>

namespace eas451 {

StreamStep ExchangeConnection::read(std::span<char> scratch) {
    in_.erase(0, std::exchange(used_, 0));
    const StreamStep step = stream_.read(boost::asio::buffer(scratch.data(), scratch.size()));
    in_.append(scratch.data(), step.bytes);
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
    rests = true;
    stream_.release_buffers();
}

}  // namespace eas451
