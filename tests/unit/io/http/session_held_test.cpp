// SPDX-License-Identifier: Apache-2.0
// limits.held is longer than a directory's deadline (cross_checks.cpp), so no directory can reach it: a handler of
// this test's own, whose answer comes when the test says so.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string>
#include <utility>

#include "../lab_peer.hpp"
#include "eas451/io/http/session.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using namespace std::chrono_literals;

struct Seen {
    int finished = 0;
    std::uint64_t bytes_out = 0;
};

/// Answers once the timer is over.
class Late : public Transaction {
public:
    Late(net::steady_timer& answer_is_there, Seen& seen) : answer_is_there_(answer_is_there), seen_(seen) {}
    Next begin(const RequestHead&, const ConnectionFacts&) override { return wait(answer_is_there_); }
    Answer refuse(HeadFault, const RequestHead&, const ConnectionFacts&) override { return {}; }
    Answer refuse_body() override { return {}; }
    void finish(const TransferFacts& transfer) override {
        ++seen_.finished;
        seen_.bytes_out = transfer.bytes_out;
    }

private:
    static net::awaitable<Outcome> wait(net::steady_timer& answer_is_there) {
        co_await answer_is_there.async_wait(net::use_awaitable);
        Answer answer;
        answer.status = 204;
        co_return answer;
    }

    net::steady_timer& answer_is_there_;
    Seen& seen_;
};

class LateHandler : public Handler {
public:
    LateHandler(net::io_context& loop, std::chrono::milliseconds after) : answer_is_there(loop, after) {}
    std::unique_ptr<Transaction> start() override { return std::make_unique<Late>(answer_is_there, seen); }

    net::steady_timer answer_is_there;
    Seen seen;
};

/// One request to a handler that takes so long, and what came back for it.
class SessionHeld : public testing::Test {
protected:
    std::string ask(std::chrono::milliseconds handler_takes) {
        const auto pair = connected_sockets();
        StreamSocket server = owned(loop_, pair[0]);
        const std::string request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        EXPECT_EQ(::write(pair[1], request.data(), request.size()), static_cast<ssize_t>(request.size()));

        LateHandler handler(loop_, handler_takes);
        SessionContext context{handler, tasks_, &metrics_, limits_};
        start_session(context, std::move(server), nullptr, {});
        loop_.run_for(30s);
        seen_ = handler.seen;
        std::string answer(4096, '\0');
        const auto got = ::recv(pair[1], answer.data(), answer.size(), MSG_DONTWAIT);
        EXPECT_GE(got, 0) << "the connection is open";
        answer.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        ::close(pair[1]);
        return answer;
    }
    [[nodiscard]] bool timed_out(const std::string& limit = "held") const {
        return metrics_.text().find("eas451_connections_timed_out_total{limit=\"" + limit + "\"} 1") != std::string::npos;
    }

    net::io_context loop_;
    TaskGroup tasks_{loop_, [] {}};
    Metrics metrics_{"test"};
    SessionLimits limits_;
    Seen seen_;
};

TEST_F(SessionHeld, TheWaitForAnAnswerEnds) {
    limits_.held = 100ms;
    EXPECT_EQ(ask(1s), "");
    EXPECT_EQ(std::pair(seen_.finished, seen_.bytes_out), std::pair(1, std::uint64_t{0}));
    EXPECT_TRUE(timed_out());
}

TEST_F(SessionHeld, AnAnswerInTimeIsSentAndItsWaitIsNoPartOfTheTotal) {
    limits_.held = 30s;
    limits_.total = 100ms;
    EXPECT_TRUE(ask(400ms).starts_with("HTTP/1.1 204 "));
    EXPECT_EQ(seen_.finished, 1);
    EXPECT_FALSE(timed_out());
}

/// A request, and behind it key updates that want ours, of a client that reads nothing any more: what we owe it fills
/// the socket, when no request is there and none is waited for.
TEST_F(SessionHeld, TheTimeForAnAnswerIsNoneForWhatComesBehindIt) {
    constexpr int key_updates = 30;
    limits_.held = 20s;
    limits_.idle = 200ms;
    const auto pair = connected_sockets(SOCK_NONBLOCK);
    const int least = 1;
    ASSERT_EQ(::setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof least), 0);
    StreamSocket server = owned(loop_, pair[0]);
    LateHandler handler(loop_, 100ms);
    SessionContext context{handler, tasks_, &metrics_, limits_};
    start_session(context, std::move(server), lab_server_tls(), {});

    net::ssl::context client(net::ssl::context::tls_client);
    const std::unique_ptr<SSL, void (*)(SSL*)> phone(SSL_new(client.native_handle()), SSL_free);
    SSL_set_fd(phone.get(), pair[1]);
    const SteadyTime began = std::chrono::steady_clock::now();
    while (SSL_connect(phone.get()) != 1 && std::chrono::steady_clock::now() < began + 10s) loop_.run_for(1ms);
    const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    ASSERT_EQ(SSL_write(phone.get(), request.data(), static_cast<int>(request.size())), static_cast<int>(request.size()));
    for (int i = 0; i < key_updates; ++i) {
        SSL_key_update(phone.get(), SSL_KEY_UPDATE_REQUESTED);
        ASSERT_EQ(SSL_do_handshake(phone.get()), 1);
    }
    loop_.run_for(10s);
    EXPECT_EQ(tasks_.size(), 0U) << "the connection is open";
    EXPECT_EQ(handler.seen.finished, 1);
    EXPECT_TRUE(timed_out("idle"));
    tasks_.abort();
    loop_.run_for(10s);
    ::close(pair[1]);
}

}  // namespace
}  // namespace eas451
