// SPDX-License-Identifier: Apache-2.0
// recv() and send() as our streams use them: at once or not at all, never ended by a signal. errno says why not.
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>

namespace eas451 {

inline ssize_t receive_now(int socket, void* into, std::size_t size) {
    ssize_t got = 0;
    do {
        got = ::recv(socket, into, size, MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    return got;
}

inline ssize_t send_now(int socket, const void* from, std::size_t size) {
    ssize_t sent = 0;
    do {
        sent = ::send(socket, from, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent;
}

inline bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace eas451
