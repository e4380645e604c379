// SPDX-License-Identifier: Apache-2.0
// The thread behind a Storage. It goes round the lanes, a chunk each; a lane that cannot be written
// at once waits for its next turn, so that no reader who sleeps holds up the other logs.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "eas451/io/log/storage.hpp"
#include "log_lane.hpp"

namespace eas451 {

class Storage::Thread {
public:
    explicit Thread(std::size_t queue_bytes);
    ~Thread();
    Thread(const Thread&) = delete;
    Thread& operator=(const Thread&) = delete;

    void write(std::shared_ptr<LogDestination> file, std::string lines, unsigned line_count);
    void reopen();
    bool flush();

private:
    void run();
    void reopen_all(std::unique_lock<std::mutex>& lock);
    /// One turn of every lane. False when all of them were blocked.
    bool go_round(std::unique_lock<std::mutex>& lock);
    LogLane& lane_of(std::shared_ptr<LogDestination> file);
    [[nodiscard]] bool is_idle() const;
    void stop_all();

    const std::size_t queue_bytes_;
    std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable progress_;
    std::vector<std::unique_ptr<LogLane>> lanes_;  // removed by the thread only
    std::uint64_t last_ticket_ = 0;
    std::uint64_t reopens_wanted_ = 0;
    std::uint64_t reopens_done_ = 0;
    bool stopping_ = false;
    LogLane::Time stop_deadline_;
    std::thread thread_;
};

}  // namespace eas451
