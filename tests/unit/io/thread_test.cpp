// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/runtime/thread.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace eas451 {
namespace {

sigset_t blocked_here() {
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    return blocked;
}

TEST(Thread, takes_no_signals_and_leaves_its_starter_those_it_takes) {
    sigset_t in_thread;
    sigemptyset(&in_thread);
    start_thread([&in_thread] { in_thread = blocked_here(); }).join();
    const sigset_t here = blocked_here();
    for (const int signal : {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGPIPE, SIGXFSZ}) {
        EXPECT_EQ(sigismember(&in_thread, signal), 1) << signal;
        EXPECT_EQ(sigismember(&here, signal), 0) << signal;
    }
}

}  // namespace
}  // namespace eas451
