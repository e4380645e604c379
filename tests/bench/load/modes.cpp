// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <deque>

#include "run.hpp"

namespace eas451::load {
namespace {

Time now() {
    return std::chrono::steady_clock::now();
}

/// Whether the run goes on: by time, or by the number of requests begun.
class End {
public:
    explicit End(const Options& options)
        : limit_(options.requests), until_(options.requests == 0 ? now() + options.duration : Time::max()) {}
    bool begin_one(Time at) {
        if (limit_ != 0) return begun_++ < limit_;
        return at < until_;
    }

private:
    std::uint64_t limit_;
    std::uint64_t begun_ = 0;
    Time until_;
};

class Load : public Run {
public:
    using Run::Run;

private:
    void measure() override {
        end_.emplace(options_);
        for (const auto& connection : connections_) send_next(*connection);
        while (on_their_way_ != 0 && !is_void()) turn();
    }
    void on_ready(Connection&) override {}
    void on_answered(Connection& connection) override { send_next(connection); }
    void send_next(Connection& connection) {
        const Time at = now();
        if (end_->begin_one(at)) send(connection, at);
    }

    std::optional<End> end_;
};

/// Connection, handshake, one request, goodbye; latency is that of all of it but the goodbye.
class Handshakes : public Run {
public:
    using Run::Run;

private:
    void prepare() override {
        if (options_.resumed) warm_up(1);  // for its ticket
        for (const auto& connection : connections_) connection->drop();
    }
    void measure() override {
        end_.emplace(options_);
        for (const auto& connection : connections_) begin(*connection);
        while (open_ != 0 && !is_void()) turn();
    }
    void on_ready(Connection& connection) override { send(connection, connection.opened()); }
    void on_answered(Connection& connection) override {
        connection.finish();
        handle(connection, connection.advance());
    }
    void on_closed(Connection& connection) override {
        --open_;
        begin(connection);
    }
    void begin(Connection& connection) {
        if (!end_->begin_one(now())) return;
        ++open_;
        open(connection);
    }

    std::optional<End> end_;
    std::size_t open_ = 0;
};

/// Connections that wait until stdin ends; one that is closed meanwhile makes the run void.
class Held : public Run {
public:
    using Run::Run;

private:
    void measure() override {
        std::puts("held");
        std::fflush(stdout);
        watch_stdin();
        while (!stdin_has_ended() && !is_void()) turn(std::chrono::seconds(1));
    }
};

/// Idle, after one request.
class Hold : public Held {
public:
    using Held::Held;

private:
    void on_ready(Connection&) override {}
    void on_answered(Connection&) override {}
};

/// Each with a request that nobody answers.
class Pings : public Held {
public:
    using Held::Held;

private:
    void prepare() override {
        open_first(connections_.size());
        while (on_their_way_ < connections_.size() && !is_void()) turn();
    }
    void on_ready(Connection& connection) override {
        send(connection, now());
        open_next();
    }
    void on_answered(Connection&) override { report_.add_error("a request that was to be held is answered"); }
};

/// Requests by the clock. One that finds every connection busy waits, and its latency has begun.
class Rate : public Run {
public:
    using Run::Run;

private:
    void measure() override {
        for (const auto& connection : connections_) free_.push_back(connection.get());
        const std::chrono::nanoseconds between(static_cast<std::int64_t>(1e9 / options_.rate));
        const Time begin = now();
        const auto all =
            options_.requests != 0 ? options_.requests : static_cast<std::uint64_t>(options_.duration / between);
        Time next = begin;
        for (std::uint64_t begun = 0; !is_void() && (begun < all || on_their_way_ != 0);) {
            for (const Time at = now(); begun < all && next <= at && !free_.empty(); ++begun, next += between)
                send_on_free(next);
            const bool can_send = begun < all && !free_.empty();
            if (!can_send)
                turn();
            else if (const Time at = now(); next > at)
                turn(next - at);
        }
    }
    void on_ready(Connection&) override {}
    void on_answered(Connection& connection) override { free_.push_back(&connection); }
    void send_on_free(Time due) {
        Connection& connection = *free_.front();
        free_.pop_front();
        send(connection, due);
    }

    std::deque<Connection*> free_;
};

}  // namespace

std::unique_ptr<Run> make_run(const Options& options) {
    switch (options.mode) {
        case Mode::load:
            return std::make_unique<Load>(options);
        case Mode::handshakes:
            return std::make_unique<Handshakes>(options);
        case Mode::hold:
            return std::make_unique<Hold>(options);
        case Mode::pings:
            return std::make_unique<Pings>(options);
        case Mode::rate:
            return std::make_unique<Rate>(options);
    }
    return nullptr;
}

}  // namespace eas451::load
