// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/net/blocking_call.hpp"

#include <atomic>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <system_error>
#include <utility>

#include "eas451/io/runtime/thread.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;

std::atomic<unsigned> under_way{0};

}  // namespace

std::shared_ptr<BlockingCall> BlockingCall::start(net::any_io_executor executor, std::function<void()> work, Done done) {
    std::shared_ptr<BlockingCall> call(new BlockingCall(std::move(executor), std::move(done)));
    if (++under_way > most_at_once) {
        --under_way;
        call->finish(net::error::no_buffer_space);
        return call;
    }
    auto on_thread = [call, work = std::move(work)] {
        work();
        --under_way;
        call->finish({});
    };
    try {
        const std::scoped_lock lock(call->mutex_);  // until then it does not tell that it has returned
        call->thread_ = start_thread(std::move(on_thread));
    } catch (const std::system_error&) {
        --under_way;
        call->finish(net::error::no_memory);
    }
    return call;
}

BlockingCall::~BlockingCall() {
    if (thread_.joinable()) thread_.detach();
}

void BlockingCall::abandon() {
    std::thread returned;
    {
        const std::scoped_lock lock(mutex_);
        done_ = nullptr;
        executor_ = {};
        if (has_returned_) returned = std::move(thread_);
    }
    if (returned.joinable()) returned.join();
}

void BlockingCall::finish(const boost::system::error_code& not_called) {
    const std::scoped_lock lock(mutex_);  // so that the executor lives while it is posted to
    has_returned_ = true;
    if (!done_) return;
    net::post(executor_, [self = shared_from_this(), not_called] { self->deliver(not_called); });
    executor_ = {};
}

/// It may have been abandoned since it was posted.
void BlockingCall::deliver(const boost::system::error_code& not_called) {
    Done done;
    std::thread returned;
    {
        const std::scoped_lock lock(mutex_);
        done = std::exchange(done_, nullptr);
        returned = std::move(thread_);
    }
    if (returned.joinable()) returned.join();
    if (done) done(not_called);
}

}  // namespace eas451
