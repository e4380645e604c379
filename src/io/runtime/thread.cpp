// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/runtime/thread.hpp"

#include <csignal>
#include <utility>

namespace eas451 {
namespace {

/// Those of the calling thread, which one that it starts inherits.
class NoSignals {
public:
    NoSignals() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~NoSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    NoSignals(const NoSignals&) = delete;
    NoSignals& operator=(const NoSignals&) = delete;

private:
    sigset_t before_{};
};

}  // namespace

std::thread start_thread(std::function<void()> body) {
    const NoSignals inherited;
    return std::thread(std::move(body));
}

}  // namespace eas451
