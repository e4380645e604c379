// SPDX-License-Identifier: Apache-2.0
// TlsStream against Boost's own ssl::stream as the client, over a pair of connected sockets.
#include "eas451/io/net/tls_stream.hpp"

#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include <boost/asio/read.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <optional>

#include "../lab_peer.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using boost::system::error_code;

static_assert(boost::beast::is_async_stream<TlsStream>::value);

class TlsStreamTest : public testing::Test {
protected:
    TlsStreamTest() {
        const auto pair = connected_sockets();
        server_.emplace(owned(loop_, pair[0]), lab_server_tls()->native_handle());
        client_.emplace(owned(loop_, pair[1]), client_context_);
    }

    void run() {
        loop_.restart();
        loop_.run_for(std::chrono::seconds(30));
    }
    void shake_hands() {
        std::optional<error_code> ours;
        std::optional<error_code> theirs;
        server_->async_handshake([&](error_code error) { ours = error; });
        client_->async_handshake(net::ssl::stream_base::client, [&](error_code error) { theirs = error; });
        run();
        ASSERT_EQ(ours, error_code());
        ASSERT_EQ(theirs, error_code());
    }
    /// What the server reads next, at most so much of it.
    std::pair<error_code, std::string> read(std::size_t most = 4096) {
        std::string bytes(most, '\0');
        std::optional<error_code> ended;
        server_->async_read_some(net::buffer(bytes), [&](error_code error, std::size_t count) {
            ended = error;
            bytes.resize(count);
        });
        loop_.restart();
        while (!ended && loop_.run_one_for(std::chrono::seconds(30)) != 0) {
        }
        return {ended.value_or(net::error::timed_out), bytes};
    }
    void client_writes(const std::string& bytes) {
        std::optional<error_code> ended;
        net::async_write(*client_, net::buffer(bytes), [&](error_code error, std::size_t) { ended = error; });
        run();
        ASSERT_EQ(ended, error_code());
    }
    std::string client_reads(std::size_t count) {
        std::string bytes(count, '\0');
        net::async_read(*client_, net::buffer(bytes), [&](error_code error, std::size_t got) {
            EXPECT_EQ(error, error_code());
            bytes.resize(got);
        });
        run();
        return bytes;
    }

    net::io_context loop_;
    net::ssl::context client_context_{net::ssl::context::tls_client};
    std::optional<TlsStream> server_;
    std::optional<net::ssl::stream<StreamSocket>> client_;
};

TEST_F(TlsStreamTest, CarriesBytesBothWays) {
    shake_hands();
    EXPECT_STREQ(server_->version(), "TLSv1.3");
    client_writes("hello");
    EXPECT_EQ(read(), std::pair(error_code(), std::string("hello")));
    std::optional<std::size_t> written;
    server_->async_write_some(net::buffer("there", 5), [&](error_code, std::size_t count) { written = count; });
    run();
    EXPECT_EQ(written, 5U);
    EXPECT_EQ(client_reads(5), "there");
}

TEST_F(TlsStreamTest, NoHandlerIsCalledBeforeTheOperationWasStarted) {
    shake_hands();
    client_writes("ab");
    char byte = 0;
    bool called = false;
    for (int i = 0; i < 2; ++i) {  // the second byte is in OpenSSL's own buffer by then
        server_->async_read_some(net::buffer(&byte, 1), [&](error_code, std::size_t) { called = true; });
        EXPECT_FALSE(called);
        run();
        EXPECT_TRUE(std::exchange(called, false));
    }
    server_->async_write_some(net::buffer("x", 1), [&](error_code, std::size_t) { called = true; });
    EXPECT_FALSE(called);
    run();
    EXPECT_TRUE(called);
}

TEST_F(TlsStreamTest, RecordsThatCameTogetherAreReadWithoutTheSocket) {
    shake_hands();
    client_writes("first");
    client_writes("second");
    EXPECT_EQ(read().second, "first");
    EXPECT_TRUE(server_->has_pending());
    EXPECT_EQ(read().second, "second");
    EXPECT_FALSE(server_->has_pending());
}

TEST_F(TlsStreamTest, ARecordIsReadInPartsAsAsked) {
    shake_hands();
    client_writes("abcdef");
    EXPECT_EQ(read(2).second, "ab");
    EXPECT_EQ(read(3).second, "cde");
    EXPECT_EQ(read(3).second, "f");
}

TEST_F(TlsStreamTest, GivesItsBuffersBackOnlyWhenTheyAreEmpty) {
    shake_hands();
    server_->release_buffers();
    client_writes("first");
    client_writes("second");
    EXPECT_EQ(read(2).second, "fi");
    server_->release_buffers();
    EXPECT_EQ(read().second, "rst");
    server_->release_buffers();
    EXPECT_EQ(read().second, "second");
    server_->release_buffers();
    client_writes("third");
    EXPECT_EQ(read().second, "third");
}

TEST_F(TlsStreamTest, WaitsForAReaderThatIsSlow) {
    shake_hands();
    const std::string sent(3 << 20, 'x');  // more than any buffer between the two
    std::optional<error_code> written;
    net::async_write(*server_, net::buffer(sent), [&](error_code error, std::size_t) { written = error; });
    loop_.restart();
    loop_.poll();
    EXPECT_FALSE(written);
    const std::string got = client_reads(sent.size());
    EXPECT_EQ(written, error_code());
    EXPECT_TRUE(got == sent);
}

TEST_F(TlsStreamTest, AStepThatWantsSomethingIsMadeAgain) {
    shake_hands();
    const std::string sent(1 << 20, 'y');
    std::size_t out = 0;
    StreamStep step;
    while (step.wants == StreamStep::Wants::nothing) {
        step = server_->write(net::buffer(sent) + out);
        ASSERT_FALSE(step.error);
        out += step.bytes;
        ASSERT_LT(out, sent.size());
    }
    EXPECT_EQ(step.wants, StreamStep::Wants::to_write);
    EXPECT_EQ(client_reads(out), sent.substr(0, out));
    const std::string moved = sent.substr(out);  // the same bytes at another address
    step = server_->write(net::buffer(moved));
    EXPECT_FALSE(step.error);
    EXPECT_GT(step.bytes, 0U);
    EXPECT_EQ(client_reads(step.bytes), moved.substr(0, step.bytes));
}

TEST_F(TlsStreamTest, AClientThatSaysGoodbyeIsAnEndAndStillGetsItsAnswer) {
    shake_hands();
    client_writes("last words");
    bool gone = false;
    client_->async_shutdown([&](error_code) { gone = true; });
    EXPECT_EQ(read().second, "last words");
    EXPECT_EQ(read().first, net::error::eof);
    const StreamStep answer = server_->write(net::buffer("answer", 6));
    EXPECT_EQ(answer.bytes, 6U);
    server_->async_shutdown([](error_code error) { EXPECT_FALSE(error); });
    run();
    EXPECT_TRUE(gone);
}

TEST_F(TlsStreamTest, AClientThatOnlyGoesAwayIsTold) {
    shake_hands();
    client_->lowest_layer().shutdown(StreamSocket::shutdown_send);
    EXPECT_EQ(read().first, net::ssl::error::stream_truncated);
    EXPECT_EQ(read().first, net::error::connection_aborted);  // OpenSSL allows no further step
    EXPECT_TRUE(server_->shut_down().error);
}

TEST_F(TlsStreamTest, AWriteToAClientThatIsGoneIsAnErrorAndNoSignal) {
    shake_hands();
    client_->lowest_layer().close();
    StreamStep step;
    for (int i = 0; i < 3 && !step.error; ++i) step = server_->write(net::buffer("x", 1));
    EXPECT_EQ(step.error, boost::system::errc::broken_pipe);
}

TEST_F(TlsStreamTest, ClosingTheSocketEndsWhatWaits) {
    shake_hands();
    char byte = 0;
    std::optional<error_code> reading;
    std::optional<error_code> writing;
    const std::string much(3 << 20, 'z');
    server_->async_read_some(net::buffer(&byte, 1), [&](error_code error, std::size_t) { reading = error; });
    net::async_write(*server_, net::buffer(much), [&](error_code error, std::size_t) { writing = error; });
    loop_.restart();
    loop_.poll();
    EXPECT_FALSE(reading);
    EXPECT_FALSE(writing);
    server_->socket().close();
    run();
    EXPECT_EQ(reading, net::error::operation_aborted);
    EXPECT_EQ(writing, net::error::operation_aborted);
    EXPECT_TRUE(server_->read(net::buffer(&byte, 1)).error);
}

TEST_F(TlsStreamTest, WhatWaitsEndsWithTheLoop) {
    shake_hands();
    auto kept = std::make_shared<char>();
    std::weak_ptr<char> seen = kept;
    net::io_context other;
    {
        const auto pair = connected_sockets();
        net::io_context loop;
        TlsStream stream(owned(loop, pair[0]), lab_server_tls()->native_handle());
        stream.async_handshake([kept = std::move(kept)](error_code) {});
        loop.poll();
        EXPECT_FALSE(seen.expired());
        ::close(pair[1]);
    }
    EXPECT_TRUE(seen.expired());
}

TEST_F(TlsStreamTest, KeyUpdatesWithLittleDataEndIt) {
    shake_hands();
    const auto update_keys = [this](int times) {
        for (int i = 0; i < times; ++i) {
            ASSERT_EQ(SSL_key_update(client_->native_handle(), SSL_KEY_UPDATE_NOT_REQUESTED), 1);
            ASSERT_EQ(SSL_do_handshake(client_->native_handle()), 1);  // into its BIO; the next write brings it out
        }
    };
    const std::string record(16384, 'x');
    for (int i = 0; i < 3; ++i) {  // a mebibyte for each 32 of them
        update_keys(16);
        client_writes("x");
        EXPECT_EQ(read().second, "x");
        update_keys(16);
        for (int records = 0; records < 64; ++records) {
            client_writes(record);
            EXPECT_EQ(read(record.size()).second, record);
        }
    }
    update_keys(32);
    client_writes("y");
    EXPECT_EQ(read().second, "y");
    update_keys(1);
    client_writes("z");
    EXPECT_EQ(read().first, net::error::connection_aborted);
    EXPECT_TRUE(server_->shut_down().error);
}

TEST_F(TlsStreamTest, AHandshakeThatIsNoneIsRefused) {
    std::optional<error_code> ended;
    server_->async_handshake([&](error_code error) { ended = error; });
    const std::string plain = "GET / HTTP/1.1\r\nHost: mail.contoso.com\r\n\r\n";
    net::write(client_->next_layer(), net::buffer(plain));
    run();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->category(), net::error::get_ssl_category());
    EXPECT_TRUE(server_->shut_down().error);
}

TEST_F(TlsStreamTest, AHandshakeThatBreaksOffIsAnEnd) {
    std::optional<error_code> ended;
    server_->async_handshake([&](error_code error) { ended = error; });
    net::write(client_->next_layer(), net::buffer("\x16\x03\x01\x02", 4));
    client_->next_layer().close();
    run();
    EXPECT_EQ(ended, net::ssl::error::stream_truncated);
}

TEST_F(TlsStreamTest, NoGoodbyeBeforeTheHandshake) {
    EXPECT_EQ(server_->shut_down().error, net::error::not_connected);
}

TEST_F(TlsStreamTest, ARecordThatWasChangedOnTheWayEndsIt) {
    shake_hands();
    const std::string record(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'q'));
    net::write(client_->next_layer(), net::buffer(record));
    EXPECT_EQ(read().first.category(), net::error::get_ssl_category());
}

}  // namespace
}  // namespace eas451
