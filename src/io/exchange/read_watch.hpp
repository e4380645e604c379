// SPDX-License-Identifier: Apache-2.0
// ReadWatch: notices that bytes have come on a socket while something else is waited for. One thread.
#pragma once

#include <memory>
#include <utility>

#include "eas451/io/net/stream_step.hpp"

namespace eas451 {

/// `on_bytes` may be called once, before end(). While it lives the socket does.
class ReadWatch {
public:
    template <class OnBytes>
    ReadWatch(StreamSocket& socket, OnBytes on_bytes) : socket_(socket), state_(std::make_shared<State>()) {
        auto seen = [state = state_, on_bytes](const boost::system::error_code& error) {
            if (state->over) return;
            state->over = true;
            state->bytes = !error;
            on_bytes();
        };
        socket_.async_wait(StreamSocket::wait_read, std::move(seen));
    }
    ~ReadWatch() { end(); }
    ReadWatch(const ReadWatch&) = delete;
    ReadWatch& operator=(const ReadWatch&) = delete;
    /// Whether there were any.
    bool end() {
        if (!std::exchange(state_->over, true)) {
            boost::system::error_code ignored;
            socket_.cancel(ignored);
        }
        return state_->bytes;
    }

private:
    struct State {
        bool over = false;
        bool bytes = false;
    };
    StreamSocket& socket_;
    std::shared_ptr<State> state_;
};

}  // namespace eas451
