// SPDX-License-Identifier: Apache-2.0
#include "reserve_descriptor.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace eas451 {

ReserveDescriptor::TurnedAway ReserveDescriptor::turn_away(int listening_socket, std::size_t most) {
    TurnedAway turned_away;
    if (!is_kept()) most = 0;
    give_up();
    while (turned_away.count < most) {
        const int connection = ::accept4(listening_socket, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0) {
            turned_away.was_last = errno == EAGAIN;
            break;
        }
        ::close(connection);
        ++turned_away.count;
    }
    keep();
    return turned_away;
}

void ReserveDescriptor::keep() {
    if (descriptor_ < 0) descriptor_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void ReserveDescriptor::give_up() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    descriptor_ = -1;
}

}  // namespace eas451
