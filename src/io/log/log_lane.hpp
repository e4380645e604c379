// SPDX-License-Identifier: Apache-2.0
// LogLane: the queue in front of one log file. Chunks of whole lines go in on any thread and are
// written on the Storage's thread, which holds the lock of the Storage only to take them.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "log_destination.hpp"

namespace eas451 {

struct LogChunk {
    std::string lines;
    std::uint64_t count = 0;
    std::uint64_t ticket = 0;  // of the first write in it
};

class LogLane {
public:
    using Time = std::chrono::steady_clock::time_point;

    explicit LogLane(std::shared_ptr<LogDestination> file) : file_(std::move(file)) {}

    [[nodiscard]] LogDestination& file() const { return *file_; }

    // Under the Storage's lock.

    /// False when that would be more than `limit` bytes in all.
    bool add(LogChunk chunk, std::size_t limit);
    /// Something was added before this ticket and is not yet written or dropped.
    [[nodiscard]] bool is_waiting(std::uint64_t ticket) const;
    [[nodiscard]] bool is_idle() const { return queue_.empty() && !in_hand_; }
    /// Nothing to write, and nobody left who could send something.
    [[nodiscard]] bool is_over() const { return is_idle() && file_.use_count() == 1; }
    /// Takes the next chunk into the hand, which must be written or dropped before the next one.
    void take();
    void finish();
    /// Gives up everything that waits, counted.
    void drop_all();

    // On the Storage's thread, without the lock.

    enum class Turn : std::uint8_t { finished, blocked, given_up };
    /// Writes what is in the hand, as far as it goes. `given_up`: nobody has read for two seconds.
    Turn write(Time now);
    void reopen();

private:
    void drop_rest();
    void tell_trouble(const std::string& why, Time now);
    void tell_recovery();

    const std::shared_ptr<LogDestination> file_;
    std::deque<LogChunk> queue_;
    std::size_t bytes_ = 0;  // queued and in the hand
    std::optional<LogChunk> in_hand_;
    std::size_t written_ = 0;  // of what is in the hand
    std::optional<Time> blocked_since_;
    bool in_trouble_ = false;
    std::optional<Time> told_;
};

}  // namespace eas451
