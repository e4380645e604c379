// SPDX-License-Identifier: Apache-2.0
// Storage: the one thread that writes log files, and the bounded queues in front of it. Nothing that
// serves a request ever waits for a disk or a pipe: a queue that is full drops whole lines and
// counts them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace eas451 {

/// Where a log goes: a file, or a descriptor that is already open (stdout, stderr). Files are opened
/// with O_APPEND|O_CREAT, mode 0640, and reopened on request (logrotate); only whole lines are
/// written, and a line cut short by a full disk is closed before the next one.
class LogFile {
public:
    /// Opens now, so that a path that cannot be opened is known at start. "-" is stdout. `header` is
    /// written at the top of every new, empty file (and on stdout once); it may be empty.
    /// Throws std::system_error.
    static std::shared_ptr<LogFile> open(std::string path, std::string header);
    static std::shared_ptr<LogFile> standard_error();

    virtual ~LogFile() = default;
    /// Lines that were queued but could not be written, or did not fit into the queue.
    [[nodiscard]] virtual std::uint64_t dropped_lines() const = 0;
};

class Storage {
public:
    /// Starts the thread. At most `queue_bytes` wait for each LogFile.
    explicit Storage(std::size_t queue_bytes = 8U << 20U);
    /// Writes what is queued, for at most two seconds, and ends the thread.
    ~Storage();
    Storage(const Storage&) = delete;
    Storage& operator=(const Storage&) = delete;

    /// Any thread; never waits for I/O. `lines` are one or more whole lines with their line ends.
    void write(const std::shared_ptr<LogFile>& file, std::string lines, unsigned line_count);
    /// Reopens every file that has a path (SIGUSR1).
    void reopen();
    /// Returns when all that was queued before the call is written or dropped. For tests and exits.
    void flush();

private:
    class Thread;
    std::unique_ptr<Thread> thread_;
};

}  // namespace eas451
