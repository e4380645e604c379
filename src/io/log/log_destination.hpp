// SPDX-License-Identifier: Apache-2.0
// LogDestination: one open descriptor that takes whole lines. What is behind it (a file, a pipe, a
// socket, a terminal) decides how it is written to without being held up for longer than asked.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "eas451/io/log/storage.hpp"

namespace eas451 {

/// A descriptor, closed at the end when it is owned.
class LogDescriptor {
public:
    LogDescriptor(int number, bool owned);
    ~LogDescriptor();
    LogDescriptor(const LogDescriptor&) = delete;
    LogDescriptor& operator=(const LogDescriptor&) = delete;

    /// A line of a file that has no end, since somebody was killed while writing it, is taken back,
    /// unless another LogDescriptor has the file open too. Throws std::system_error.
    static std::unique_ptr<LogDescriptor> open(const std::string& path);

    enum class Kind : std::uint8_t { regular_file, socket, other };
    [[nodiscard]] int number() const { return number_; }
    [[nodiscard]] Kind kind() const { return kind_; }
    /// A regular file with nothing in it.
    [[nodiscard]] bool is_empty_file() const;
    /// A regular file whose last line has no end.
    [[nodiscard]] bool ends_within_line(const std::string& path) const;

private:
    void take_back_unfinished_line(const std::string& path) const;

    int number_;
    bool owned_;
    Kind kind_;
};

/// dropped_lines() and count_dropped() on any thread, all else on one thread at a time.
class LogDestination final : public LogFile {
public:
    enum class State : std::uint8_t {
        complete,  // all of it is written
        blocked,   // whoever reads it does not
        broken,    // it cannot be written now: a full disk, a closed pipe
    };
    struct Written {
        std::size_t bytes;
        State state;
        int error;  // errno, when broken
    };

    /// An empty path for descriptors that are not reopened.
    LogDestination(std::unique_ptr<LogDescriptor> descriptor, std::string path, Header header);

    [[nodiscard]] std::uint64_t dropped_lines() const override { return dropped_.load(std::memory_order_relaxed); }
    void count_dropped(std::uint64_t lines) { dropped_.fetch_add(lines, std::memory_order_relaxed); }

    /// Writes from the front of `text`, which begins where the last write ended, and waits for
    /// nobody but a disk. When the rest of a line is given up, abandon_line() says so.
    Written write(std::string_view text);
    /// After `blocked`: until there is room, or the time is over.
    void wait_for_room(std::chrono::milliseconds limit) const;
    /// The line begun by the last write will not be finished: takes it back where that is possible,
    /// else closes it before the next one.
    void abandon_line();
    [[nodiscard]] bool is_within_line() const { return line_begun_ != 0; }

    /// Opens the path anew, and keeps the old file when that fails: then false, with errno set.
    bool reopen();
    [[nodiscard]] const std::string& path() const { return path_; }
    /// For messages: "/var/log/eas451/access.log", "stdout".
    [[nodiscard]] std::string name() const;
    [[nodiscard]] bool is_standard_error() const { return descriptor_->number() == 2; }

private:
    bool take_back_line();
    Written write_behind_prefix(std::string_view text);
    Written write_all(std::string_view text);

    std::unique_ptr<LogDescriptor> descriptor_;
    const std::string path_;
    const Header header_;
    bool header_due_;             // on a descriptor without a path, once
    std::string prefix_;          // to be written before anything else: a line end, a header
    std::size_t line_begun_ = 0;  // bytes of an unfinished line at the end
    std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace eas451
