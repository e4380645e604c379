// SPDX-License-Identifier: Apache-2.0
// The diagnostic log: what the server has to say about itself, on stderr, as text or JSON. spdlog
// behind our own functions, so that it is seen by one unit only and its sink is ours (Storage: no
// caller waits for a slow stderr). Any thread.
//
// Never a password or token, and nothing from a request without quoted().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "eas451/io/log/storage.hpp"
#include "eas451/io/runtime/log_level.hpp"

namespace eas451::log {

/// Set once in main and again on a reload. Before the first call, lines go to stderr directly.
void start(LogLevel level, LogFormat format, Storage* storage);
/// Back to stderr directly; before the Storage ends.
void stop();

void debug(std::string_view text);
void info(std::string_view text);
void warning(std::string_view text);
void error(std::string_view text);
/// What an administrator must see whatever the level: addresses listened on, lab mode, the end.
void always(std::string_view text);

/// One of the four, by its level.
void say(LogLevel level, std::string_view text);

bool is_enabled(LogLevel level);
/// Lines of this log that could not be written.
std::uint64_t dropped_lines();

/// Foreign text in quotes, with control bytes, quotes and invalid UTF-8 escaped, cut at 200 bytes.
std::string quoted(std::string_view foreign);

}  // namespace eas451::log
