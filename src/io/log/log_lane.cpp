// SPDX-License-Identifier: Apache-2.0
#include "log_lane.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "eas451/io/log/log.hpp"

namespace eas451 {
namespace {

constexpr std::size_t joined_bytes = 64 * 1024;
constexpr std::chrono::seconds patience{2};
constexpr std::chrono::minutes between_complaints{1};

std::uint64_t count_lines(std::string_view text) {
    return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

std::string message_of(int error) {
    return std::generic_category().message(error);
}

}  // namespace

bool LogLane::add(LogChunk chunk, std::size_t limit) {
    if (chunk.lines.size() > limit - std::min(limit, bytes_)) return false;
    bytes_ += chunk.lines.size();
    // Single lines are joined, so that each does not cost a write of its own.
    if (!queue_.empty() && queue_.back().lines.size() + chunk.lines.size() <= joined_bytes) {
        queue_.back().lines += chunk.lines;
        queue_.back().count += chunk.count;
    } else {
        queue_.push_back(std::move(chunk));
    }
    return true;
}

bool LogLane::is_waiting(std::uint64_t ticket) const {
    if (in_hand_) return in_hand_->ticket <= ticket;
    return !queue_.empty() && queue_.front().ticket <= ticket;
}

void LogLane::take() {
    if (in_hand_ || queue_.empty()) return;
    in_hand_ = std::move(queue_.front());
    queue_.pop_front();
    written_ = 0;
}

void LogLane::finish() {
    bytes_ -= in_hand_->lines.size();
    in_hand_.reset();
}

void LogLane::drop_all() {
    if (in_hand_) {
        drop_rest();
        finish();
    }
    for (const LogChunk& chunk : queue_) {
        bytes_ -= chunk.lines.size();
        file_->count_dropped(chunk.count);
    }
    queue_.clear();
}

void LogLane::drop_rest() {
    file_->count_dropped(count_lines(std::string_view(in_hand_->lines).substr(written_)));
    file_->abandon_line();
    written_ = in_hand_->lines.size();
}

LogLane::Turn LogLane::write(Time now) {
    const auto done = file_->write(std::string_view(in_hand_->lines).substr(written_));
    written_ += done.bytes;
    if (done.bytes > 0) blocked_since_.reset();
    switch (done.state) {
        case LogDestination::State::complete:
            tell_recovery();
            return Turn::finished;
        case LogDestination::State::broken:
            drop_rest();
            tell_trouble(message_of(done.error), now);
            return Turn::finished;
        case LogDestination::State::blocked:
            break;
    }
    if (!blocked_since_) blocked_since_ = now;
    if (now - *blocked_since_ < patience) return Turn::blocked;
    tell_trouble("nobody reads it", now);
    return Turn::given_up;
}

void LogLane::reopen() {
    if (file_->path().empty()) return;
    if (in_hand_ && file_->is_within_line()) {
        // Its other half must not open the new file.
        const std::size_t line_end = in_hand_->lines.find('\n', written_);
        file_->count_dropped(1);
        written_ = line_end == std::string::npos ? in_hand_->lines.size() : line_end + 1;
    }
    if (!file_->reopen()) {
        log::error("cannot reopen the log " + file_->path() + ": " + message_of(errno) + "; the old file is kept");
    }
    blocked_since_.reset();
}

void LogLane::tell_trouble(const std::string& why, Time now) {
    if (in_trouble_ || file_->is_standard_error()) return;
    if (told_ && now - *told_ < between_complaints) return;
    in_trouble_ = true;
    told_ = now;
    log::error("cannot write the log " + file_->name() + ": " + why + "; lines are dropped and counted");
}

void LogLane::tell_recovery() {
    if (!in_trouble_) return;
    in_trouble_ = false;
    log::warning("the log " + file_->name() +
                 " is written again; lines dropped since start: " + std::to_string(file_->dropped_lines()));
}

}  // namespace eas451
