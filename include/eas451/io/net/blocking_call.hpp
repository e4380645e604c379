// SPDX-License-Identifier: Apache-2.0
// BlockingCall: a function that blocks, on a thread of its own: it may hang for as long as name servers
// do, and neither others nor the end of the loop wait for it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/error_code.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace eas451 {

class BlockingCall : public std::enable_shared_from_this<BlockingCall> {
public:
    /// The error says why there was no thread for it; none: it has returned.
    using Done = std::function<void(const boost::system::error_code& not_called)>;
    /// Calls under way in the process; one more is not made at all.
    static constexpr unsigned most_at_once = 32;

    /// Calls `work` on the thread and then `done` once, on the executor, unless it is abandoned before. What
    /// they share they hold, since `work` goes on when it is abandoned. `work` does not throw.
    static std::shared_ptr<BlockingCall> start(boost::asio::any_io_executor executor, std::function<void()> work, Done done);
    BlockingCall(const BlockingCall&) = delete;
    BlockingCall& operator=(const BlockingCall&) = delete;
    ~BlockingCall();

    /// From here on nothing is called, and the executor may end. Any thread.
    void abandon();

private:
    BlockingCall(boost::asio::any_io_executor executor, Done done) : executor_(std::move(executor)), done_(std::move(done)) {}
    void finish(const boost::system::error_code& not_called);
    void deliver(const boost::system::error_code& not_called);

    // Whoever is told that `work` has returned finds its thread ended as well: one that is still at its
    // end while the process exits would be cut off before it has freed what the C library keeps for it.
    std::mutex mutex_;
    std::thread thread_;
    bool has_returned_ = false;
    boost::asio::any_io_executor executor_;
    Done done_;  // empty: called or abandoned
};

}  // namespace eas451
