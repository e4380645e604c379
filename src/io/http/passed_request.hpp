// SPDX-License-Identifier: Apache-2.0
// PassedRequest: the session's side of a request that somebody else answers. Lives on the frame of the session's
// coroutine for as long as that takes.
#pragma once

#include <algorithm>
#include <chrono>
#include <string_view>

#include "connection.hpp"
#include "eas451/io/net/client_side.hpp"
#include "request.hpp"

namespace eas451 {

template <class Stream>
class PassedRequest final : public ClientSide {
public:
    ~PassedRequest() override {
        take_rest();
        boost::system::error_code ignored;
        if (is_unframed_) connection_.stream().socket().close(ignored);
    }
    PassedRequest(const PassedRequest&) = delete;
    PassedRequest& operator=(const PassedRequest&) = delete;

    PassedRequest(Connection<Stream>& connection, Request& request, const SessionLimits& limits)
        : connection_(connection), request_(request), limits_(limits), ends_here_(!request.head.keep_alive) {}

    std::string_view take_body() override {
        take_rest();
        if (body() != Body::more) return {};
        const BodyReader::Step step = request_.body->read(connection_.in());
        taken_ = step.taken;
        request_.transfer.bytes_in += step.taken;
        return step.content;
    }

    [[nodiscard]] Body body() const override {
        if (ended_by_) return *ended_by_;
        if (request_.body->is_malformed()) return Body::malformed;
        return request_.body->has_ended() ? Body::ended : Body::more;
    }

    boost::asio::awaitable<void> wait_for_body() override {
        take_rest();
        interrupted_ = false;
        if (request_.head.expects_continue && !std::exchange(invited_, true)) {
            const bool written = co_await write("HTTP/1.1 100 Continue\r\n\r\n");
            if (!written) co_return;
        }
        if (!request_.body_began) request_.body_began = steady_now();
        const BodyRead came = co_await connection_.read_body(body_ends());
        if (came == BodyRead::late) ended_by_ = Body::late;
        if (came == BodyRead::ended && !std::exchange(interrupted_, false)) ended_by_ = Body::gone;
    }

    void interrupt() override {
        interrupted_ = true;
        boost::system::error_code ignored;
        connection_.stream().socket().cancel(ignored);
    }

    bool write_now(std::string_view& bytes) override {
        while (!bytes.empty()) {
            step_ = connection_.stream().write(boost::asio::buffer(bytes));
            if (step_.error) return false;
            if (step_.wants != StreamStep::Wants::nothing) return true;
            bytes.remove_prefix(step_.bytes);
            request_.transfer.bytes_out += step_.bytes;
        }
        return true;
    }

    boost::asio::awaitable<bool> write(std::string_view bytes) override {
        bool goes_on = write_now(bytes);
        while (goes_on && !bytes.empty()) {
            // Between two pieces, so that a large answer over a slow network arrives.
            connection_.expires({steady_now() + limits_.write, TimeLimit::write});
            goes_on = co_await connection_.wait_for(step_);
            if (goes_on) goes_on = write_now(bytes);
        }
        co_return goes_on;
    }

    void wait_begins(std::chrono::milliseconds limit, Upstream& upstream) override {
        take_rest();
        connection_.begin_wait_for_upstream({steady_now() + limit, std::nullopt}, upstream);
    }
    bool wait_ends() override { return connection_.end_wait_for_upstream(); }
    [[nodiscard]] bool is_cut_off() const override { return connection_.is_aborted(); }

    void authenticated() override { connection_.authenticated(); }
    [[nodiscard]] bool is_http_1_1() const override { return request_.head.http_1_1; }
    [[nodiscard]] bool keeps() const override { return !ends_here_ && !connection_.is_draining() && body() == Body::ended; }
    void end_connection() override { ends_here_ = true; }
    void begin_unframed() override {
        ends_here_ = is_unframed_ = true;
        break_when_closed(true);
    }
    void end_unframed() override {
        is_unframed_ = false;
        break_when_closed(false);
    }

    [[nodiscard]] bool ends_here() const { return ends_here_; }
    /// What becomes of the connection, when the answer was passed on.
    [[nodiscard]] After after() const {
        if (body() == Body::ended) return ends_here_ ? After::close : After::keep;
        return body() == Body::gone ? After::close : After::discard;
    }

private:
    /// What was taken of the body is done with: room for what comes next.
    void take_rest() { drop_front(connection_.in(), std::exchange(taken_, 0)); }

    /// Also by a deadline, by the end of the process, and where what was written has not left yet.
    void break_when_closed(bool breaks) {
        boost::system::error_code ignored;
        connection_.stream().socket().set_option(boost::asio::socket_base::linger(breaks, 0), ignored);
    }

    [[nodiscard]] WaitEnd body_ends() const {
        if (limits_.body_rate == 0) return {steady_now() + limits_.body, TimeLimit::body};
        const std::chrono::milliseconds earned(1000 * request_.body->body_bytes() / limits_.body_rate);
        return {*request_.body_began + limits_.body_grace + earned, TimeLimit::body_rate};
    }

    Connection<Stream>& connection_;
    Request& request_;
    const SessionLimits& limits_;
    std::size_t taken_ = 0;  // from the front of in(), still looked at
    std::optional<Body> ended_by_;
    StreamStep step_;  // the last attempt to write
    bool ends_here_;
    bool is_unframed_ = false;  // what was written so far looks whole, and is not
    bool invited_ = false;
    bool interrupted_ = false;
};

}  // namespace eas451
