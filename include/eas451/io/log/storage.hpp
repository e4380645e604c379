// SPDX-License-Identifier: Apache-2.0
// Storage: the one thread that writes log files, and the bounded queues in front of it. Nothing that
// serves a request ever waits for a disk or a pipe: a queue that is full drops whole lines and
// counts them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace eas451 {

/// Where a log goes: a file, or a descriptor that is already open (stdout, stderr). Files are opened
/// with O_APPEND|O_CREAT, mode 0640, and reopened on request (logrotate); only whole lines are
/// written, and a line cut short by a full disk is taken back or closed before the next one; so is
/// one that a server left unfinished when it was killed, when its file is opened again. Files are
/// locked (flock(2), shared) as long as they are open. Written by one Storage.
class LogFile {
public:
    /// What stands at the top of a file, made when it is needed. Called on the Storage's thread.
    using Header = std::function<std::string()>;

    /// Opens now, so that a path that cannot be opened is known at start. "-" is stdout. `header` is
    /// written before the first line of every empty file (and on stdout once); it may be absent.
    /// Throws std::system_error.
    static std::shared_ptr<LogFile> open(std::string path, Header header = {});
    static std::shared_ptr<LogFile> standard_error();

    virtual ~LogFile() = default;
    /// Lines that were queued but could not be written, or did not fit into the queue.
    [[nodiscard]] virtual std::uint64_t dropped_lines() const = 0;

private:
    friend class LogDestination;
    LogFile() = default;
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
    /// Reopens every file that has a path (SIGUSR1), the new one before the old one is closed; one
    /// that cannot be opened anew goes on as it is. Lines written after the call are in the new file.
    void reopen();
    /// Returns when all that was queued before the call is written or dropped, at the latest after
    /// five seconds; false then. For tests and exits.
    bool flush();

private:
    class Thread;
    std::unique_ptr<Thread> thread_;
};

}  // namespace eas451
