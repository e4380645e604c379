// SPDX-License-Identifier: Apache-2.0
// Where an exception that nobody can handle any more is told: a bug, or memory that ran out. The
// runtime does not know the log, so the log sets this once at start.
#pragma once

#include <exception>
#include <functional>
#include <string>
#include <string_view>

namespace eas451 {

/// Any thread. Until set_failure_report() it writes to stderr.
void report_failure(std::string_view where, const std::exception_ptr& failure);
/// Before any thread is started.
void set_failure_report(std::function<void(const std::string&)> report);

}  // namespace eas451
