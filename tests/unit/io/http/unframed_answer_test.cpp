// SPDX-License-Identifier: Apache-2.0
// An answer that ends where the connection does (ClientSide::begin_unframed), as the client sees its end.
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <string>
#include <thread>
#include <utility>

#include "../lab_peer.hpp"
#include "eas451/io/http/session.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using namespace std::chrono_literals;

enum class Ending : std::uint8_t { whole, cut };

class Unframed : public Handler {
public:
    explicit Unframed(Ending ending) : ending_(ending) {}
    std::unique_ptr<Transaction> start() override { return std::make_unique<One>(ending_); }

private:
    class One : public Transaction {
    public:
        explicit One(Ending ending) : ending_(ending) {}
        Next begin(const RequestHead&, const ConnectionFacts&) override { return PassOn(); }
        Answer refuse(HeadFault, const RequestHead&, const ConnectionFacts&) override { return {}; }
        Answer refuse_body() override { return {}; }
        net::awaitable<std::optional<Answer>> pass_on(ClientSide& client) override {
            client.begin_unframed();
            co_await client.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nsome");
            if (ending_ == Ending::whole) client.end_unframed();
            co_return std::nullopt;
        }
        void finish(const TransferFacts&) override {}

    private:
        Ending ending_;
    };
    Ending ending_;
};

/// How a client sees the connection end.
enum class Seen : std::uint8_t { goodbye, end, reset };

class UnframedAnswer : public testing::Test {
protected:
    /// Over TCP, which unlike AF_UNIX has a reset.
    Seen end_of(Ending ending, const std::shared_ptr<net::ssl::context>& tls) {
        net::io_context loop(1);
        TaskGroup tasks{loop, [] {}};
        Unframed handler(ending);
        SessionContext context{handler, tasks, nullptr, {}};
        net::ip::tcp::acceptor acceptor(loop, {net::ip::make_address("127.0.0.1"), 0});
        Seen seen{};
        std::thread phone([&seen, port = acceptor.local_endpoint().port(), with_tls = tls != nullptr] {
            net::io_context own;
            net::ip::tcp::socket socket(own);
            socket.connect({net::ip::make_address("127.0.0.1"), port});
            seen = with_tls ? seen_over_tls(socket.native_handle()) : seen_over_tcp(socket.native_handle());
        });
        auto accepted = acceptor.accept();
        accepted.non_blocking(true);
        StreamSocket server(loop);
        server.assign(net::generic::stream_protocol(net::ip::tcp::v4()), accepted.release());
        start_session(context, std::move(server), tls, {});
        loop.run_for(30s);
        EXPECT_EQ(tasks.size(), 0U);
        phone.join();
        return seen;
    }

private:
    static constexpr std::string_view request = "POST / HTTP/1.0\r\n\r\n";

    static Seen seen_over_tcp(int descriptor) {
        EXPECT_EQ(::send(descriptor, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
        char some[256];
        ssize_t got = 0;
        while ((got = ::recv(descriptor, some, sizeof some, 0)) > 0) {
        }
        return got == 0 ? Seen::end : Seen::reset;
    }
    static Seen seen_over_tls(int descriptor) {
        net::ssl::context context(net::ssl::context::tls_client);
        const std::unique_ptr<SSL, void (*)(SSL*)> phone(SSL_new(context.native_handle()), SSL_free);
        SSL_set_fd(phone.get(), descriptor);
        EXPECT_EQ(SSL_connect(phone.get()), 1);
        EXPECT_EQ(SSL_write(phone.get(), request.data(), static_cast<int>(request.size())), static_cast<int>(request.size()));
        char some[256];
        int got = 0;
        while ((got = SSL_read(phone.get(), some, sizeof some)) > 0) {
        }
        const int error = SSL_get_error(phone.get(), got);
        if (error == SSL_ERROR_ZERO_RETURN) return Seen::goodbye;
        return error == SSL_ERROR_SYSCALL ? Seen::reset : Seen::end;
    }
};

TEST_F(UnframedAnswer, EndsInOrderWhenItIsWhole) {
    EXPECT_EQ(end_of(Ending::whole, nullptr), Seen::end);
    EXPECT_EQ(end_of(Ending::whole, lab_server_tls()), Seen::goodbye);
}

TEST_F(UnframedAnswer, BreaksWhenItIsNot) {
    EXPECT_EQ(end_of(Ending::cut, nullptr), Seen::reset);
    EXPECT_EQ(end_of(Ending::cut, lab_server_tls()), Seen::reset);
}

}  // namespace
}  // namespace eas451
