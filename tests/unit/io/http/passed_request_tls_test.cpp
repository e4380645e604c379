// SPDX-License-Identifier: Apache-2.0
// A request that is passed on over TLS, whose client does what only TLS can: it asks for new keys and takes no answer.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <string>

#include "../lab_peer.hpp"
#include "eas451/io/http/session.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using namespace std::chrono_literals;

/// An upstream that never answers.
class Silent : public ClientSide::Upstream {
public:
    explicit Silent(net::io_context& loop) : answer_(loop, SteadyTime::max()) {}
    void give_up() override {
        is_given_up = true;
        answer_.cancel();
    }
    void rest() override { ++rested; }
    net::awaitable<void> wait() {
        boost::system::error_code ignored;
        co_await answer_.async_wait(net::redirect_error(net::use_awaitable, ignored));
    }
    bool is_given_up = false;
    int rested = 0;

private:
    net::steady_timer answer_;
};

/// Passes every request on to it.
class Passing : public Handler {
public:
    explicit Passing(Silent& upstream) : upstream_(upstream) {}
    std::unique_ptr<Transaction> start() override { return std::make_unique<One>(upstream_); }

private:
    class One : public Transaction {
    public:
        explicit One(Silent& upstream) : upstream_(upstream) {}
        Next begin(const RequestHead&, const ConnectionFacts&) override { return PassOn(); }
        Answer refuse(HeadFault, const RequestHead&, const ConnectionFacts&) override { return {}; }
        Answer refuse_body() override { return {}; }
        net::awaitable<std::optional<Answer>> pass_on(ClientSide& client) override {
            client.wait_begins(60s, upstream_);
            co_await upstream_.wait();
            client.wait_ends();
            co_return std::nullopt;
        }
        void finish(const TransferFacts&) override {}

    private:
        Silent& upstream_;
    };

    Silent& upstream_;
};

struct Free {
    void operator()(SSL* it) const { SSL_free(it); }
    void operator()(SSL_CTX* it) const { SSL_CTX_free(it); }
};

class PassedRequestTlsTest : public testing::Test {
protected:
    static constexpr auto patience = 30s;

    PassedRequestTlsTest() : client_context_(SSL_CTX_new(TLS_client_method())), client_(SSL_new(client_context_.get())) {
        const auto pair = connected_sockets(SOCK_NONBLOCK);
        server_ = pair[0];
        phone_ = pair[1];
        SSL_set_fd(client_.get(), phone_);
        SSL_set_connect_state(client_.get());
        start_session(context_, owned(loop_, server_), lab_server_tls(), {});
        run_until([this] { return SSL_do_handshake(client_.get()) == 1; });
    }
    ~PassedRequestTlsTest() override {
        tasks_.abort();
        loop_.restart();
        loop_.run_for(patience);
        if (phone_ >= 0) ::close(phone_);
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
    /// From here on nothing that the server sends leaves it.
    void leave_no_room() const {
        const std::string bytes(4096, 'x');
        while (::write(server_, bytes.data(), bytes.size()) > 0) {}
        ASSERT_EQ(errno, EAGAIN);
    }
    void ask_for_new_keys() const {
        ASSERT_EQ(SSL_key_update(client_.get(), SSL_KEY_UPDATE_REQUESTED), 1);
        ASSERT_EQ(SSL_do_handshake(client_.get()), 1);
    }
    /// What the loop has to do in that time.
    std::size_t turns_in(std::chrono::milliseconds time) {
        loop_.restart();
        return loop_.run_for(time);
    }

    net::io_context loop_{1};
    TaskGroup tasks_{loop_, [] {}};
    Metrics metrics_{"test"};
    Silent upstream_{loop_};
    Passing handler_{upstream_};
    SessionContext context_{handler_, tasks_, &metrics_, {}};
    std::unique_ptr<SSL_CTX, Free> client_context_;
    std::unique_ptr<SSL, Free> client_;
    int server_ = -1;
    int phone_ = -1;
};

TEST_F(PassedRequestTlsTest, NewKeysWhoseAnswerHasNoRoomCostNoTurnsAndTheClientIsStillSeenToLeave) {
    const std::string request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
    ASSERT_EQ(SSL_write(client_.get(), request.data(), static_cast<int>(request.size())), static_cast<int>(request.size()));
    run_until([this] { return upstream_.rested > 0; });
    leave_no_room();
    // Until one is owed its answer, and what comes behind it is not taken, and could always be read.
    for (int i = 0; i < 4; ++i) {
        ask_for_new_keys();
        turns_in(150ms);
    }
    // A sweep each tenth of a second, and a look at the client.
    EXPECT_LT(turns_in(500ms), 40U);
    EXPECT_FALSE(upstream_.is_given_up);
    ::close(std::exchange(phone_, -1));
    run_until([this] { return upstream_.is_given_up; });
}

}  // namespace
}  // namespace eas451
