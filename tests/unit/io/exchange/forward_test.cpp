// SPDX-License-Identifier: Apache-2.0
// Where a request goes, and over which connection. How it ends: forward_ends_test.cpp.
#include "eas451/io/exchange/forward.hpp"

#include "forwarding.hpp"

namespace eas451 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ForwardTest : public Forwarding {};

TEST_F(ForwardTest, ARequestGoesThereAndItsAnswerBack) {
    FakeExchange exchange(certificate(), always(forward_ok));
    use({exchange.url()});
    FakeClient client(loop_);
    client.here = {"hel"};
    client.later = {"l", "o"};
    const Forwarded forwarded = pass(client, request());
    EXPECT_EQ(forwarded.end, ForwardEnd::passed);
    EXPECT_EQ(forwarded.status, 200U);
    EXPECT_EQ(forwarded.server, exchange.url());
    EXPECT_EQ(forwarded.trouble, "");
    EXPECT_THAT(exchange.requests(), ElementsAre(forward_target + "Content-Length: 5\r\n\r\nhello"));
    EXPECT_EQ(client.got, forward_ok);
    EXPECT_FALSE(client.was_ended);
}

TEST_F(ForwardTest, ABodyArrivesAsItWasSentThoughExchangeTakesItSlowly) {
    FakeExchange exchange(certificate(), always(forward_ok));
    use({exchange.url()});
    constexpr std::size_t pieces = 600;
    FakeClient client(loop_);
    std::string body;
    for (std::size_t i = 0; i < pieces; ++i) {
        client.here.emplace_back(32749, static_cast<char>('a' + i % 23));
        body += client.here.back();
    }
    ForwardedRequest what = request(body);
    what.max_body = body.size();
    EXPECT_EQ(pass(client, std::move(what)).end, ForwardEnd::passed);
    ASSERT_EQ(exchange.requests().size(), 1U);
    EXPECT_TRUE(exchange.requests()[0].ends_with("\r\n\r\n" + body));  // EXPECT_EQ would print 20 MB
    EXPECT_GT(client.waits, 2U);
}

TEST_F(ForwardTest, AConnectionIsUsedForOneRequestAfterTheOther) {
    FakeExchange exchange(certificate(), always(forward_ok));
    use({exchange.url()});
    for (std::uint64_t user = 0; user < 5; ++user) EXPECT_EQ(pass(request("hello", user)).end, ForwardEnd::passed);
    EXPECT_EQ(exchange.connections(), 1U);
    EXPECT_EQ(pool_.kept(), 1U);
    pool_.sweep(std::chrono::steady_clock::now() + options_.idle);
    EXPECT_EQ(pool_.kept(), 0U);
    run_until([&] { return exchange.open_connections() == 0; });
    EXPECT_EQ(pass(request()).end, ForwardEnd::passed);
    EXPECT_EQ(exchange.connections(), 2U);
}

TEST_F(ForwardTest, AConnectionThatWasClosedMeanwhileIsNoTrouble) {
    FakeExchange exchange(certificate(), always(forward_ok));
    use({exchange.url()});
    EXPECT_EQ(pass(request()).end, ForwardEnd::passed);
    exchange.end_connections();
    EXPECT_EQ(pass(request()).end, ForwardEnd::passed);
    EXPECT_EQ(exchange.connections(), 2U);
    EXPECT_THAT(suspected_, IsEmpty());
}

TEST_F(ForwardTest, AConnectionIsKeptOnlyWhenItsNextAnswerBeginsCleanly) {
    const std::vector<std::string> answers = {
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        forward_ok + "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end",
    };
    for (const std::string& answer : answers) {
        FakeExchange exchange(certificate(), always(answer));
        use({exchange.url()});
        EXPECT_EQ(pass(request()).end, ForwardEnd::passed) << answer;
        EXPECT_EQ(pool_.kept(), 0U) << answer;
    }
}

TEST_F(ForwardTest, NoMoreThanSoManyAtATime) {
    FakeExchange exchange(certificate(), [](const std::string& got) { return got.ends_with("first") ? Said() : Said(forward_ok); });
    options_.most = 1;
    pool_.set_options(options_);
    use({exchange.url()});
    FakeClient first(loop_);
    first.here = {"first"};
    std::optional<Forwarded> result;
    begin(first, request("first"), result);
    run_until([&] { return exchange.requests().size() == 1; });
    const Forwarded another = pass(request());
    EXPECT_EQ(another.end, ForwardEnd::no_server);
    EXPECT_THAT(another.trouble, HasSubstr("every connection"));
    EXPECT_THAT(suspected_, IsEmpty());
    first.leave();
    run_until([&] { return result.has_value(); });
    EXPECT_EQ(pass(request()).end, ForwardEnd::passed);
}

TEST_F(ForwardTest, AUserStaysWithOneServer) {
    FakeExchange one(certificate(), always(forward_ok));
    FakeExchange two(certificate(), always(forward_ok));
    use({one.url(), two.url()});
    std::set<std::string> servers;
    for (std::uint64_t user = 0; user < 20; ++user) {
        const std::string server = pass(request("hello", user)).server;
        EXPECT_EQ(pass(request("hello", user)).server, server);
        servers.insert(server);
    }
    EXPECT_EQ(servers.size(), 2U);
    EXPECT_EQ(one.requests().size() + two.requests().size(), 40U);
    EXPECT_EQ(one.connections() + two.connections(), 2U);
}

TEST_F(ForwardTest, TheNextServerIsTriedAsLongAsNothingWasSent) {
    const RefusingPort refusing;
    const ExchangeCertificate another;
    FakeExchange stranger(another, always(forward_ok));
    FakeExchange mute(certificate(), always(forward_ok), FakeExchange::Greeting::silence);
    FakeExchange good(certificate(), always(forward_ok));
    const std::string closed = "https://127.0.0.1:" + std::to_string(refusing.number());
    options_.connect = 200ms;
    pool_.set_options(options_);
    for (const std::string& bad : {closed, stranger.url(), mute.url()}) {
        use({bad, good.url()});
        suspected_.clear();
        FakeClient client(loop_);
        client.here = {"he"};
        client.later = {"llo"};
        const Forwarded forwarded = pass(client, request("hello", user_of(0)));
        EXPECT_EQ(forwarded.end, ForwardEnd::passed) << bad;
        EXPECT_EQ(forwarded.server, good.url());
        EXPECT_EQ(good.requests().back(), forward_target + "Content-Length: 5\r\n\r\nhello");
        EXPECT_THAT(suspected_, ElementsAre(0U)) << bad;
    }
    EXPECT_THAT(stranger.requests(), IsEmpty());
}

TEST_F(ForwardTest, NothingIsSentTwice) {
    const auto nothing = always("");
    FakeExchange one(certificate(), nothing);
    FakeExchange two(certificate(), nothing);
    use({one.url(), two.url()});
    for (std::uint64_t user = 0; user < 4; ++user) {
        FakeClient client(loop_);
        client.here = {"hello"};
        const Forwarded forwarded = pass(client, request("hello", user));
        EXPECT_EQ(forwarded.end, ForwardEnd::failed);
        EXPECT_EQ(forwarded.trouble, "it closed the connection without a whole answer");
        EXPECT_EQ(client.got, "");
    }
    EXPECT_EQ(one.requests().size() + two.requests().size(), 4U);
    EXPECT_THAT(suspected_, IsEmpty());
}

TEST_F(ForwardTest, NobodyIsThere) {
    EXPECT_EQ(pass(request()).trouble, "no Exchange server is known yet");
    use({});
    EXPECT_EQ(pass(request()).trouble, "no Exchange server is up");
    const RefusingPort refusing;
    use({"https://127.0.0.1:" + std::to_string(refusing.number())});
    const Forwarded forwarded = pass(request());
    EXPECT_EQ(forwarded.end, ForwardEnd::no_server);
    EXPECT_EQ(forwarded.trouble, "Connection refused");
}

TEST_F(ForwardTest, AChunkedBodyIsChunkedAnew) {
    FakeExchange exchange(certificate(), always(forward_ok));
    use({exchange.url()});
    FakeClient client(loop_);
    client.here = {"he", "l"};
    client.later = {"lo"};
    EXPECT_EQ(pass(client, chunked()).end, ForwardEnd::passed);
    EXPECT_THAT(exchange.requests(), ElementsAre(forward_target + "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n1\r\nl\r\n2\r\nlo\r\n0\r\n\r\n"));
}

}  // namespace
}  // namespace eas451
