// SPDX-License-Identifier: Apache-2.0
#include "storage_thread.hpp"

#include "eas451/io/runtime/thread.hpp"

namespace eas451 {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds flush_limit{5};
constexpr std::chrono::seconds stop_limit{2};
// How often a lane that nobody reads is looked at again.
constexpr std::chrono::milliseconds blocked_pause{10};

}  // namespace

Storage::Thread::Thread(std::size_t queue_bytes)
    : queue_bytes_(queue_bytes), thread_(start_thread([this] { run(); })) {}

Storage::Thread::~Thread() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        stop_deadline_ = Clock::now() + stop_limit;
    }
    work_.notify_one();
    thread_.join();
}

LogLane& Storage::Thread::lane_of(std::shared_ptr<LogDestination> file) {
    for (const auto& lane : lanes_) {
        if (&lane->file() == file.get()) return *lane;
    }
    // Opened before a reopen that could not know of it; too often does no harm.
    if (reopens_done_ > 0 && reopens_wanted_ == reopens_done_) ++reopens_wanted_;
    return *lanes_.emplace_back(std::make_unique<LogLane>(std::move(file)));
}

void Storage::Thread::write(std::shared_ptr<LogDestination> file, std::string lines, unsigned line_count) {
    if (lines.empty()) return;
    if (lines.back() != '\n') lines += '\n';
    LogDestination& destination = *file;
    bool fits = false;
    {
        const std::lock_guard lock(mutex_);
        fits = !stopping_ &&
               lane_of(std::move(file)).add(LogChunk{std::move(lines), line_count, ++last_ticket_}, queue_bytes_);
    }
    if (fits) {
        work_.notify_one();
    } else {
        destination.count_dropped(line_count);
    }
}

void Storage::Thread::reopen() {
    {
        const std::lock_guard lock(mutex_);
        ++reopens_wanted_;
    }
    work_.notify_one();
}

bool Storage::Thread::flush() {
    std::unique_lock lock(mutex_);
    const std::uint64_t ticket = last_ticket_;
    const std::uint64_t reopens = reopens_wanted_;
    return progress_.wait_for(lock, flush_limit, [&] {
        if (reopens_done_ < reopens) return false;
        for (const auto& lane : lanes_) {
            if (lane->is_waiting(ticket)) return false;
        }
        return true;
    });
}

bool Storage::Thread::is_idle() const {
    if (reopens_done_ < reopens_wanted_) return false;
    for (const auto& lane : lanes_) {
        if (!lane->is_idle()) return false;
    }
    return true;
}

void Storage::Thread::reopen_all(std::unique_lock<std::mutex>& lock) {
    const std::uint64_t wanted = reopens_wanted_;
    if (reopens_done_ == wanted) return;
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        LogLane& lane = *lanes_[i];
        lock.unlock();
        lane.reopen();
        lock.lock();
    }
    reopens_done_ = wanted;
}

bool Storage::Thread::go_round(std::unique_lock<std::mutex>& lock) {
    bool moved = false;
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        LogLane& lane = *lanes_[i];
        if (lane.is_idle()) continue;
        lane.take();
        lock.unlock();
        LogLane::Turn turn = LogLane::Turn::given_up;
        try {
            turn = lane.write(Clock::now());
        } catch (const std::exception&) {
            // No memory: this lane's lines are dropped and counted, the thread goes on.
        }
        lock.lock();
        if (turn == LogLane::Turn::finished) lane.finish();
        if (turn == LogLane::Turn::given_up) lane.drop_all();
        moved = moved || turn != LogLane::Turn::blocked;
    }
    std::erase_if(lanes_, [](const auto& lane) { return lane->is_over(); });
    return moved;
}

void Storage::Thread::stop_all() {
    for (const auto& lane : lanes_) lane->drop_all();
}

void Storage::Thread::run() {
    std::unique_lock lock(mutex_);
    while (!(stopping_ && (is_idle() || Clock::now() >= stop_deadline_))) {
        work_.wait(lock, [this] { return stopping_ || !is_idle(); });
        reopen_all(lock);
        const bool moved = go_round(lock);
        progress_.notify_all();
        if (!moved && !is_idle()) work_.wait_for(lock, blocked_pause);
    }
    stop_all();
    progress_.notify_all();
}

}  // namespace eas451
