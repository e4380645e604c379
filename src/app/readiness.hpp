// SPDX-License-Identifier: Apache-2.0
// Readiness: what healthcheck.htm and /readyz say. Any thread.
#pragma once

#include <atomic>

#include "eas451/io/directory/directory.hpp"

namespace eas451 {

/// Ready once configuration, certificate and, once since start, the directory were good; not while
/// draining. A directory that is lost later does not take us out of rotation: every other server
/// would have lost it too.
class Readiness {
public:
    [[nodiscard]] bool is_ready(const Directory& directory) {
        if (!directory_was_ready_ && directory.was_ready()) directory_was_ready_ = true;
        return directory_was_ready_ && !draining_;
    }
    void begin_draining() { draining_ = true; }

private:
    std::atomic<bool> directory_was_ready_{false};
    std::atomic<bool> draining_{false};
};

}  // namespace eas451
