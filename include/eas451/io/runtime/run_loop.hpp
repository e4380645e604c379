// SPDX-License-Identifier: Apache-2.0
// Running a loop, or one thing, so that no exception leaves the thread: it is reported, and the rest goes
// on.
#pragma once

#include <boost/asio/io_context.hpp>
#include <string_view>

#include "eas451/io/runtime/failure_report.hpp"

namespace eas451 {

template <class Work>
void run_guarded(std::string_view what, Work work) {
    try {
        work();
    } catch (...) {
        report_failure(what, std::current_exception());
    }
}

/// Until it is stopped or has nothing left to do. What a handler throws ends that handler alone.
inline void run_loop(boost::asio::io_context& loop, std::string_view whose) {
    for (bool ended = false; !ended;) {
        run_guarded(whose, [&] {
            loop.run();
            ended = true;
        });
    }
}

}  // namespace eas451
