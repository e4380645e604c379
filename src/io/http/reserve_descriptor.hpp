// SPDX-License-Identifier: Apache-2.0
// ReserveDescriptor: one descriptor that is kept for the moment when there are no others. With it a
// connection that cannot be served can at least be accepted and closed, so that its client learns it and
// tries again, instead of waiting in the kernel's queue in front of everybody who comes later.
//
// One thread. Another thread may take the descriptor in the moment it is free; keep() then looks for another.
#pragma once

#include <cstddef>

namespace eas451 {

class ReserveDescriptor {
public:
    ReserveDescriptor() = default;
    ~ReserveDescriptor() { give_up(); }
    ReserveDescriptor(const ReserveDescriptor&) = delete;
    ReserveDescriptor& operator=(const ReserveDescriptor&) = delete;

    /// Unless it is kept already. Without a descriptor to keep, nothing is; that is no error.
    void keep();
    [[nodiscard]] bool is_kept() const { return descriptor_ >= 0; }

    struct TurnedAway {
        std::size_t count = 0;
        bool was_last = false;  // nobody waits any more
    };
    /// Accepts and closes what waits at a listening socket, which must not block, but no more than `most`.
    /// Nobody where there is nothing in reserve.
    TurnedAway turn_away(int listening_socket, std::size_t most);

private:
    void give_up();

    int descriptor_ = -1;
};

}  // namespace eas451
