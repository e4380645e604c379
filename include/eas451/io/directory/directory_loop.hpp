// SPDX-License-Identifier: Apache-2.0
// DirectoryLoop: the thread on which directories are asked what they cannot answer from memory, and
// ask(), the one crossing to it: a value posted there, a value posted back.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <thread>

#include "eas451/io/directory/directory.hpp"

namespace eas451 {

class DirectoryLoop {
public:
    /// At most this many questions wait at once; one more is Unavailable right away, since a longer
    /// queue would only be answered after its deadline.
    static constexpr unsigned max_questions = 4096;

    DirectoryLoop();
    /// Ends the thread. Questions still waiting are left to their deadline, so the loops that asked
    /// must outlive this.
    ~DirectoryLoop();
    DirectoryLoop(const DirectoryLoop&) = delete;
    DirectoryLoop& operator=(const DirectoryLoop&) = delete;

    /// Has the directory started on the loop, before any question that is asked after this.
    void start(std::shared_ptr<Directory> directory, DirectoryReports reports);

    /// Asks, and resumes the caller on its own executor. Unavailable when the deadline passes first;
    /// a late answer is dropped.
    boost::asio::awaitable<LoginAnswer> ask(std::shared_ptr<Directory> directory, LoginQuestion question,
                                            SteadyTime deadline);

    /// Calls it on the loop's thread, when that comes to it.
    void echo(std::function<void()> answer);

private:
    std::unique_ptr<TriedPasswords> tried_;  // outlives the loop, whose coroutines hold its permits
    boost::asio::io_context loop_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::shared_ptr<std::atomic<unsigned>> waiting_;
    std::thread thread_;
};

}  // namespace eas451
