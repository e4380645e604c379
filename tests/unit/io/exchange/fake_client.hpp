// SPDX-License-Identifier: Apache-2.0
// The client of a request that is passed on: what it sends is given, what it gets is collected.
#pragma once

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <string>
#include <utility>

#include "eas451/core/organization_relationship.hpp"
#include "eas451/io/net/client_side.hpp"

namespace eas451 {

class FakeClient final : public ClientSide {
public:
    explicit FakeClient(boost::asio::io_context& loop) : limit_(loop), content_(loop) {}

    std::deque<std::string> here;   // of its body, already
    std::deque<std::string> later;  // one each time it is waited for
    Body then = Body::ended;        // once all that was taken; `more`: it sends nothing more, and does not end
    bool speaks_1_1 = true;
    std::size_t takes = std::string::npos;  // bytes of the answer, then it is gone

    std::string got;
    std::size_t waits = 0;  // for upstream
    bool was_ended = false;
    bool is_unframed = false;  // the end of the connection would be read as a break

    /// It goes away.
    void leave() {
        left_ = true;
        if (upstream_ != nullptr) upstream_->give_up();
    }
    [[nodiscard]] bool is_waiting() const { return upstream_ != nullptr; }
    void lets_upstream_rest() { upstream_->rest(); }

    std::string_view take_body() override {
        if (here.empty()) return {};
        taken_ = std::move(here.front());
        here.pop_front();
        return taken_;
    }
    [[nodiscard]] Body body() const override { return here.empty() && later.empty() ? then : Body::more; }
    boost::asio::awaitable<void> wait_for_body() override {
        if (later.empty()) {
            content_.expires_at(SteadyTime::max());
            boost::system::error_code interrupted;
            co_await content_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, interrupted));
            co_return;
        }
        co_await boost::asio::post(content_.get_executor(), boost::asio::use_awaitable);
        here.push_back(std::move(later.front()));
        later.pop_front();
    }
    void interrupt() override { content_.cancel(); }

    /// Takes a byte at once, and the rest after a wait.
    bool write_now(std::string_view& bytes) override {
        if (bytes.empty() || takes == 0) return takes != 0;
        take(bytes.substr(0, 1));
        bytes.remove_prefix(1);
        return true;
    }
    boost::asio::awaitable<bool> write(std::string_view bytes) override {
        co_await boost::asio::post(content_.get_executor(), boost::asio::use_awaitable);
        const bool is_all = bytes.size() <= takes;
        take(bytes.substr(0, takes));
        co_return is_all;
    }

    void wait_begins(std::chrono::milliseconds limit, Upstream& upstream) override {
        std::fill(taken_.begin(), taken_.end(), '#');  // what it sends meanwhile goes into the same buffer
        ++waits;
        upstream_ = &upstream;
        limit_.expires_after(limit);
        auto over = [this](const boost::system::error_code& error) {
            if (!error && upstream_ != nullptr && limit_.expiry() <= std::chrono::steady_clock::now()) upstream_->give_up();
        };
        limit_.async_wait(std::move(over));
    }
    bool wait_ends() override {
        upstream_ = nullptr;
        limit_.cancel();
        return !left_;
    }

    [[nodiscard]] bool is_cut_off() const override { return false; }
    void authenticated() override {}
    [[nodiscard]] bool is_http_1_1() const override { return speaks_1_1; }
    [[nodiscard]] bool keeps() const override { return !was_ended && body() == Body::ended; }
    void end_connection() override { was_ended = true; }
    void begin_unframed() override { is_unframed = was_ended = true; }
    void end_unframed() override { is_unframed = false; }

private:
    void take(std::string_view bytes) {
        got.append(bytes);
        if (takes != std::string::npos) takes -= bytes.size();
    }

    boost::asio::steady_timer limit_;    // of the wait for upstream
    boost::asio::steady_timer content_;  // a wait that is interrupted
    std::string taken_;
    Upstream* upstream_ = nullptr;
    bool left_ = false;
};

}  // namespace eas451
