// SPDX-License-Identifier: Apache-2.0
// PassedRequest as whoever passes a request on sees it: a ClientSide, behind which is a session with a real socket.
#include <gtest/gtest.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <string>
#include <utility>

#include "../lab_peer.hpp"
#include "eas451/io/http/session.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using namespace std::chrono_literals;
using Body = ClientSide::Body;
using Pass = std::function<net::awaitable<void>(ClientSide&)>;

/// Every request is passed on, to a function of the test.
class Passing : public Handler {
public:
    explicit Passing(Pass& pass) : pass_(pass) {}
    std::unique_ptr<Transaction> start() override { return std::make_unique<One>(*this); }
    int finished = 0;
    std::optional<Answer> instead;  // of what nobody passed on

private:
    class One : public Transaction {
    public:
        explicit One(Passing& all) : all_(all) {}
        Next begin(const RequestHead&, const ConnectionFacts&) override { return PassOn(); }
        Answer refuse(HeadFault, const RequestHead&, const ConnectionFacts&) override { return {}; }
        Answer refuse_body() override { return {}; }
        net::awaitable<std::optional<Answer>> pass_on(ClientSide& client) override {
            co_await all_.pass_(client);
            co_return all_.instead;
        }
        void finish(const TransferFacts&) override { ++all_.finished; }

    private:
        Passing& all_;
    };

    Pass& pass_;
};

/// What is waited for when a client has to be.
struct Upstream : ClientSide::Upstream {
    explicit Upstream(net::io_context& loop) : answer(loop, SteadyTime::max()) {}
    void give_up() override {
        ++given_up;
        answer.cancel();
    }
    void rest() override { ++rested; }
    net::awaitable<void> wait() {
        boost::system::error_code ignored;
        co_await answer.async_wait(net::redirect_error(net::use_awaitable, ignored));
    }
    net::steady_timer answer;
    int given_up = 0;
    int rested = 0;
};

class PassedRequestTest : public testing::Test {
protected:
    static constexpr auto patience = 30s;

    PassedRequestTest() {
        const auto pair = connected_sockets(SOCK_NONBLOCK);
        server_ = pair[0];
        phone_ = pair[1];
    }
    ~PassedRequestTest() override {
        tasks_.abort();
        loop_.restart();
        loop_.run_for(patience);
        if (phone_ >= 0) ::close(phone_);
    }
    void start() { start_session(context_, owned(loop_, std::exchange(server_, -1)), nullptr, {}); }
    void send(const std::string& bytes) const { EXPECT_EQ(::write(phone_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size())); }
    void leave() { ::close(std::exchange(phone_, -1)); }
    /// All that came so far.
    std::string received() {
        char some[65536];
        for (ssize_t got = 0; (got = ::recv(phone_, some, sizeof some, MSG_DONTWAIT)) >= 0;) {
            if (got == 0) {
                has_ended_ = true;
                break;
            }
            received_.append(some, static_cast<std::size_t>(got));
        }
        return received_;
    }
    template <class Condition>
    void run_until(Condition condition) {
        const auto limit = std::chrono::steady_clock::now() + patience;
        while (!condition()) {
            ASSERT_LT(std::chrono::steady_clock::now(), limit);
            loop_.restart();
            loop_.run_one_for(20ms);
        }
    }
    void run_until_finished(int requests = 1) {
        run_until([&] { return handler_.finished == requests; });
    }
    [[nodiscard]] bool timed_out(const std::string& limit) const {
        return metrics_.text().find("eas451_connections_timed_out_total{limit=\"" + limit + "\"} 1") != std::string::npos;
    }
    /// Takes all of the body.
    net::awaitable<void> take(ClientSide& client) {
        while (client.body() == Body::more) {
            const std::string_view content = client.take_body();
            body_.append(content);
            if (content.empty() && client.body() == Body::more) co_await client.wait_for_body();
        }
        ended_as_ = client.body();
    }
    Pass takes_all() {
        return [this](ClientSide& client) { return take(client); };
    }

    net::io_context loop_{1};
    TaskGroup tasks_{loop_, [] {}};
    Metrics metrics_{"test"};
    Pass pass_;
    Passing handler_{pass_};
    SessionContext context_{handler_, tasks_, &metrics_, {}};
    int server_ = -1;
    int phone_ = -1;
    std::string body_;
    std::optional<Body> ended_as_;
    std::string received_;
    bool has_ended_ = false;
};

const std::string head = "POST / HTTP/1.1\r\nHost: a\r\n";
const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST_F(PassedRequestTest, ABodyComesWithoutItsFramingAndTheNextRequestIsNoPartOfIt) {
    pass_ = [this](ClientSide& client) -> net::awaitable<void> {
        co_await take(client);
        EXPECT_TRUE(client.keeps());
        co_await client.write(answer);
    };
    start();
    send(head + "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n");
    run_until([&] { return body_ == "abc"; });
    EXPECT_EQ(ended_as_, std::nullopt);
    send("2\r\nde\r\n0\r\nT: 1\r\n\r\n" + head + "Content-Length: 1\r\n\r\nf");
    run_until_finished(2);
    EXPECT_EQ(body_, "abcdef");
    EXPECT_EQ(ended_as_, Body::ended);
    EXPECT_EQ(received(), answer + answer);
    EXPECT_FALSE(has_ended_);
}

TEST_F(PassedRequestTest, AMalformedBodyEndsAsThat) {
    pass_ = takes_all();
    start();
    send(head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nx\r\n");
    run_until_finished();
    EXPECT_EQ(body_, "abc");
    EXPECT_EQ(ended_as_, Body::malformed);
}

TEST_F(PassedRequestTest, AClientThatGoesAwayInItsBody) {
    pass_ = takes_all();
    start();
    send(head + "Content-Length: 5\r\n\r\nabc");
    run_until([&] { return body_ == "abc"; });
    leave();
    run_until_finished();
    EXPECT_EQ(ended_as_, Body::gone);
}

TEST_F(PassedRequestTest, WhoWaitsForItIsInvitedOnceAndOnlyWhenItsBodyIs) {
    bool is_wanted = false;
    pass_ = [&](ClientSide& client) -> net::awaitable<void> {
        if (is_wanted) co_await take(client);
        EXPECT_EQ(client.keeps(), is_wanted);
        co_await client.write(answer);
    };
    const std::string request = head + "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n";
    is_wanted = true;
    start();
    send(request);
    run_until([&] { return received() == "HTTP/1.1 100 Continue\r\n\r\n"; });
    send("ab");
    run_until([&] { return body_ == "ab"; });
    send("cd");
    run_until_finished();
    EXPECT_EQ(received(), "HTTP/1.1 100 Continue\r\n\r\n" + answer);
    is_wanted = false;
    received_.clear();
    send(request);
    run_until_finished(2);
    EXPECT_EQ(received(), answer);
}

TEST_F(PassedRequestTest, ABodyHasToComeAtItsRate) {
    context_.limits.body_rate = 1000;
    context_.limits.body_grace = 200ms;
    pass_ = takes_all();
    start();
    const auto began = std::chrono::steady_clock::now();
    send(head + "Content-Length: 1000\r\n\r\n" + std::string(300, 'b'));
    run_until_finished();
    EXPECT_EQ(ended_as_, Body::late);
    EXPECT_TRUE(timed_out("body_rate"));
    EXPECT_GE(std::chrono::steady_clock::now() - began, 500ms);  // the grace, and what 300 bytes earn
}

TEST_F(PassedRequestTest, WithoutARateEachPauseHasItsLimit) {
    context_.limits.body_rate = 0;
    context_.limits.body_grace = 0ms;
    context_.limits.body = 300ms;
    pass_ = takes_all();
    start();
    const auto began = std::chrono::steady_clock::now();
    send(head + "Content-Length: 1000\r\n\r\n");
    for (std::string so_far; so_far.size() < 4;) {
        loop_.restart();
        loop_.run_for(200ms);
        so_far += 'b';
        send("b");
        run_until([&] { return body_ == so_far; });
    }
    EXPECT_EQ(ended_as_, std::nullopt);
    EXPECT_GE(std::chrono::steady_clock::now() - began, 2 * context_.limits.body);
    run_until_finished();
    EXPECT_EQ(ended_as_, Body::late);
    EXPECT_TRUE(timed_out("body"));
}

TEST_F(PassedRequestTest, TheWaitForABodyCanBeInterrupted) {
    ClientSide* waiting = nullptr;
    Body then = Body::gone;
    pass_ = [&](ClientSide& client) -> net::awaitable<void> {
        waiting = &client;
        co_await client.wait_for_body();
        then = client.body();
        EXPECT_FALSE(client.keeps());
        co_await client.write(answer);
    };
    start();
    send(head + "Content-Length: 5\r\n\r\n");
    run_until([&] { return waiting != nullptr; });
    loop_.poll();
    waiting->interrupt();
    run_until_finished();
    EXPECT_EQ(then, Body::more);
    EXPECT_EQ(received(), answer);
}

TEST_F(PassedRequestTest, AClientThatTakesNothingIsNotWaitedForLonger) {
    context_.limits.write = 100ms;
    bool written = true;
    const std::string much(8 << 20, 'a');
    pass_ = [&](ClientSide& client) -> net::awaitable<void> {
        written = co_await client.write(much);
    };
    start();
    send(head + "\r\n");
    run_until_finished();
    EXPECT_FALSE(written);
    EXPECT_TRUE(timed_out("write"));
    received();
    EXPECT_TRUE(has_ended_);
}

TEST_F(PassedRequestTest, AClientThatLeavesALongWaitIsNoticed) {
    Upstream upstream(loop_);
    bool is_there = true;
    pass_ = [&](ClientSide& client) -> net::awaitable<void> {
        client.wait_begins(patience, upstream);
        co_await upstream.wait();
        is_there = client.wait_ends();
    };
    start();
    send(head + "\r\n");
    run_until([&] { return upstream.rested == 1; });
    EXPECT_EQ(upstream.given_up, 0);
    leave();
    run_until_finished();
    EXPECT_EQ(upstream.given_up, 1);
    EXPECT_FALSE(is_there);
}

TEST_F(PassedRequestTest, AWaitThatIsTooLongIsGivenUpAndTheClientIsStillThere) {
    Upstream upstream(loop_);
    bool is_there = false;
    pass_ = [&](ClientSide& client) -> net::awaitable<void> {
        client.wait_begins(50ms, upstream);
        co_await upstream.wait();
        is_there = client.wait_ends();
        if (is_there) co_await client.write(answer);
    };
    start();
    send(head + "\r\n");
    run_until_finished();
    EXPECT_EQ(upstream.given_up, 1);
    EXPECT_TRUE(is_there);
    EXPECT_EQ(received(), answer);
}

TEST_F(PassedRequestTest, WhileWeDrainADeadlineEndsAWaitAndNotTheConnection) {
    Upstream upstream(loop_);
    bool is_there = false;
    bool is_cut_off = true;
    pass_ = [&](ClientSide& client) -> net::awaitable<void> {
        client.wait_begins(300ms, upstream);
        co_await upstream.wait();
        is_there = client.wait_ends();
        is_cut_off = client.is_cut_off();
        if (is_there) co_await client.write(answer);
    };
    start();
    send(head + "\r\n");
    run_until([&] { return upstream.rested == 1; });
    tasks_.drain();
    run_until_finished();
    EXPECT_TRUE(is_there);
    EXPECT_FALSE(is_cut_off);
    EXPECT_EQ(received(), answer);
}

TEST_F(PassedRequestTest, WhileWeDrainABodyThatIsLateIsStillAnswered) {
    context_.limits.body_rate = 1000;
    context_.limits.body_grace = 200ms;
    pass_ = [this](ClientSide& client) -> net::awaitable<void> {
        co_await take(client);
        co_await client.write(answer);
    };
    start();
    send(head + "Content-Length: 1000\r\n\r\nb");
    run_until([&] { return body_ == "b"; });
    tasks_.drain();
    run_until_finished();
    EXPECT_EQ(ended_as_, Body::late);
    EXPECT_TRUE(timed_out("body_rate"));
    EXPECT_EQ(received(), answer);
}

TEST_F(PassedRequestTest, WhoIsCutOffByTheEndOfTheProcessHasNotLeft) {
    Upstream upstream(loop_);
    bool is_there = true;
    bool is_cut_off = false;
    pass_ = [&](ClientSide& client) -> net::awaitable<void> {
        client.wait_begins(patience, upstream);
        co_await upstream.wait();
        is_there = client.wait_ends();
        is_cut_off = client.is_cut_off();
    };
    start();
    send(head + "\r\n");
    run_until([&] { return upstream.rested == 1; });
    tasks_.drain();
    tasks_.abort();
    run_until_finished();
    EXPECT_FALSE(is_there);
    EXPECT_TRUE(is_cut_off);
}

TEST_F(PassedRequestTest, ARefusalInsteadLeavesNoEarlierThanAnyOther) {
    context_.limits.refusal_delay = 200ms;
    pass_ = takes_all();
    handler_.instead.emplace();
    handler_.instead->status = 401;
    const auto began = std::chrono::steady_clock::now();
    start();
    send(head + "\r\n");
    run_until_finished();
    EXPECT_GE(std::chrono::steady_clock::now() - began, 200ms);
    EXPECT_TRUE(received().starts_with("HTTP/1.1 401 ")) << received();
}

TEST_F(PassedRequestTest, WhatComesDuringAWaitIsTheNextRequest) {
    Upstream upstream(loop_);
    pass_ = [&](ClientSide& client) -> net::awaitable<void> {
        client.wait_begins(patience, upstream);
        co_await upstream.wait();
        EXPECT_TRUE(client.wait_ends());
        co_await client.write(answer);
    };
    start();
    send(head + "\r\n");
    run_until([&] { return upstream.rested == 1; });
    send(head + "\r\n");
    loop_.restart();
    loop_.poll();
    upstream.answer.cancel();
    run_until_finished();
    EXPECT_EQ(received(), answer);
    run_until([&] { return upstream.rested == 2; });
    upstream.answer.cancel();
    run_until_finished(2);
    EXPECT_EQ(received(), answer + answer);
}

TEST_F(PassedRequestTest, AConnectionIsKeptWhereItCanBe) {
    const auto is_kept = [this](const std::string& request, bool ends) {
        bool keeps = false;
        bool says = false;
        pass_ = [&](ClientSide& client) -> net::awaitable<void> {
            co_await take(client);
            if (ends) client.end_connection();
            says = client.keeps();
            co_await client.write(answer);
        };
        const auto pair = connected_sockets(SOCK_NONBLOCK);
        server_ = pair[0];
        phone_ = pair[1];
        has_ended_ = false;
        start();
        send(request);
        run_until_finished(handler_.finished + 1);
        loop_.restart();
        loop_.poll();
        received();
        keeps = !has_ended_;
        leave();
        EXPECT_EQ(keeps, says) << request;
        return keeps;
    };
    leave();
    ::close(server_);
    EXPECT_TRUE(is_kept(head + "\r\n", false));
    EXPECT_FALSE(is_kept(head + "\r\n", true));
    EXPECT_FALSE(is_kept(head + "Connection: close\r\n\r\n", false));
    EXPECT_FALSE(is_kept("POST / HTTP/1.0\r\n\r\n", false));
}

}  // namespace
}  // namespace eas451
