// SPDX-License-Identifier: Apache-2.0
// Every thread but the main one begins here: signals are the main thread's.
#pragma once

#include <functional>
#include <thread>

namespace eas451 {

/// A thread to which no signal is delivered, neither those that the main thread waits for nor those (SIGPIPE, SIGXFSZ)
/// that would end the process where an error of write() is all we want. Throws std::system_error when there can be none.
std::thread start_thread(std::function<void()> body);

}  // namespace eas451
