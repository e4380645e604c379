// SPDX-License-Identifier: Apache-2.0
// One check of one server: what is asked, and what each fault is called.
#include "../../../../src/io/exchange/server_watch.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <chrono>

#include "fake_exchange.hpp"

namespace eas451 {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::StartsWith;
using Said = std::optional<std::string>;

const ExchangeCertificate& certificate() {
    static const ExchangeCertificate made;
    return made;
}

class ServerCheck : public testing::Test {
protected:
    static FakeExchange::Answer saying(const std::string& reply) {
        return [reply](const std::string&) { return reply; };
    }
    static ExchangeServer server_at(const std::string& url, const std::vector<std::uint16_t>& ports = {}) {
        ExchangeServer server = ExchangeServer::at(url);
        if (!ports.empty()) server.addresses.clear();
        for (const std::uint16_t port : ports) server.addresses.emplace_back(boost::asio::ip::make_address("127.0.0.1"), port);
        return server;
    }
    template <class Question>
    Said ended(const ExchangeServer& server, const std::shared_ptr<boost::asio::ssl::context>& trust, Question question) {
        ExchangeWatchTimes times;
        times.limit = limit_;
        watch_ = std::make_shared<ServerWatch>(loop_.get_executor(), trust, server, times, ServerWatchEvents());
        std::optional<Said> result;
        auto done = [&result](const std::exception_ptr& thrown, Said said) {
            if (thrown) std::rethrow_exception(thrown);
            result = std::move(said);
        };
        auto work = question(*watch_);
        boost::asio::co_spawn(loop_, std::move(work), std::move(done));
        loop_.restart();
        loop_.run_for(60s);
        EXPECT_TRUE(loop_.stopped());
        return result.value();
    }
    /// Why the check failed; nothing: it did not.
    Said check(const ExchangeServer& server, const std::shared_ptr<boost::asio::ssl::context>& trust = certificate().trust()) {
        return ended(server, trust, [](ServerWatch& watch) { return watch.check(); });
    }
    Said check(const std::string& url) { return check(server_at(url)); }
    Said challenge(const std::string& url) {
        return ended(server_at(url), certificate().trust(), [](ServerWatch& watch) { return watch.ask_challenge(); });
    }

    boost::asio::io_context loop_{1};
    std::chrono::milliseconds limit_{30s};
    std::shared_ptr<ServerWatch> watch_;
};

TEST_F(ServerCheck, AGoodServerIsAskedAsABalancerAsks) {
    FakeExchange exchange(certificate(), saying("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 30\r\n\r\n200 OK<br/>EX1"));
    EXPECT_EQ(check(exchange.url()), std::nullopt);
    const std::string host = "127.0.0.1:" + std::to_string(exchange.port());
    EXPECT_THAT(exchange.requests(), ElementsAre("GET /Microsoft-Server-ActiveSync/healthcheck.htm HTTP/1.1\r\nHost: " + host +
                                              "\r\nUser-Agent: eas451\r\nConnection: close\r\n\r\n"));
}

TEST_F(ServerCheck, AnotherStatusIsAFault) {
    for (const std::string status : {"503 Service Unavailable", "302 Found", "401 Unauthorized", "204 No Content", "100 Continue"}) {
        FakeExchange exchange(certificate(), saying(FakeExchange::reply(status)));
        EXPECT_EQ(check(exchange.url()), "its health check answers " + status.substr(0, 3));
    }
}

TEST_F(ServerCheck, OneOfUsIsNoExchangeWhateverItSays) {
    for (const std::string status : {"200 OK", "503 Service Unavailable"}) {
        for (const std::string name : {"X-Answered-By", "x-answered-by"}) {
            FakeExchange us(certificate(), saying(FakeExchange::reply(status, name + ": eas451\r\n")));
            EXPECT_EQ(check(us.url()), "it is an eas451, not Exchange: a loop");
        }
    }
    for (const std::string other : {"EX1", "eas4510", ""}) {
        FakeExchange exchange(certificate(), saying(FakeExchange::reply("200 OK", "X-Answered-By: " + other + "\r\n")));
        EXPECT_EQ(check(exchange.url()), std::nullopt);
    }
}

TEST_F(ServerCheck, WhatIsNoHttpIsAFault) {
    for (const std::string bytes : {"SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
                                    "HTTP/1.1 200 OK\r\nA: b\r\n"}) {
        FakeExchange exchange(certificate(), saying(bytes));
        EXPECT_THAT(check(exchange.url()).value_or(""), StartsWith("its answer cannot be read: ")) << bytes;
    }
}

TEST_F(ServerCheck, TheFieldsAreSixteenKilobytesAtMost) {
    const std::string line = "HTTP/1.1 200 OK\r\n";
    const auto of_size = [&line](std::size_t bytes) { return line + "A: " + std::string(bytes - 7, 'x') + "\r\n\r\n"; };
    FakeExchange most(certificate(), saying(of_size(ExchangeProbe::most_field_bytes)));
    EXPECT_EQ(check(most.url()), std::nullopt);
    FakeExchange more(certificate(), saying(of_size(ExchangeProbe::most_field_bytes + 1)));
    const std::string why = "the head of its answer is above 16 KiB";
    EXPECT_EQ(check(more.url()), why);
    FakeExchange endless(certificate(), saying("HTTP/1.1 200 OK\r\n" + std::string(1U << 20U, 'x')));
    EXPECT_EQ(check(endless.url()), why);
}

TEST_F(ServerCheck, AClosedPortIsAFault) {
    const RefusingPort port;
    EXPECT_EQ(check("https://127.0.0.1:" + std::to_string(port.number())), "Connection refused");
}

TEST_F(ServerCheck, AServerThatHangsEndsWithTheLimit) {
    limit_ = 100ms;
    FakeExchange mute(certificate(), saying(""), FakeExchange::Greeting::silence);
    EXPECT_EQ(check(mute.url()), "its TLS handshake did not end in time");
    limit_ = 2s;
    FakeExchange hanging(certificate(), [](const std::string&) { return Said(); });
    EXPECT_EQ(check(hanging.url()), "no answer in time");
}

TEST_F(ServerCheck, AConnectionThatEndsIsAFault) {
    FakeExchange exchange(certificate(), saying(""));
    EXPECT_THAT(check(exchange.url()).value_or(""), StartsWith("its answer cannot be read: "));
}

TEST_F(ServerCheck, ACertificateThatNamesAnotherIsNotAccepted) {
    FakeExchange exchange(certificate(), saying(FakeExchange::reply("200 OK")), FakeExchange::Greeting::tls, "127.0.0.2");
    EXPECT_EQ(check(exchange.url("127.0.0.2")), "its certificate is not accepted: IP address mismatch");
    ExchangeServer other = server_at("https://ex2.contoso.com", {exchange.port()});
    other.addresses[0].address(boost::asio::ip::make_address("127.0.0.2"));
    EXPECT_EQ(check(other), "its certificate is not accepted: hostname mismatch");
    EXPECT_TRUE(exchange.requests().empty());
}

TEST_F(ServerCheck, ACertificateOfNoTrustedAuthorityIsNotAccepted) {
    const ExchangeCertificate another;
    FakeExchange exchange(certificate(), saying(FakeExchange::reply("200 OK")));
    EXPECT_THAT(check(server_at(exchange.url()), another.trust()).value_or(""), StartsWith("its certificate is not accepted: self"));
    EXPECT_TRUE(exchange.requests().empty());
}

TEST_F(ServerCheck, ANameIsResolved) {
    FakeExchange exchange(certificate(), saying(FakeExchange::reply("200 OK")));
    EXPECT_EQ(check(exchange.url("localhost")), std::nullopt);
    EXPECT_THAT(watch_->server().addresses, testing::Contains(boost::asio::ip::tcp::endpoint(boost::asio::ip::make_address("127.0.0.1"), exchange.port())));
    EXPECT_LE(watch_->server().addresses.size(), ExchangeServer::most_addresses);
}

TEST_F(ServerCheck, ANameThatIsNoneIsAFault) {
    EXPECT_THAT(check("https://no%20name").value_or(""), StartsWith("its name is not resolved: "));
}

TEST_F(ServerCheck, TheAddressesOfANameThatIsNotResolvedAnyMoreAreUsed) {
    const ExchangeCertificate named({"no name"});
    FakeExchange exchange(named, saying(FakeExchange::reply("200 OK")));
    EXPECT_EQ(check(server_at("https://no%20name", {exchange.port()}), named.trust()), std::nullopt);
    EXPECT_EQ(watch_->server().addresses.size(), 1U);
}

TEST_F(ServerCheck, TheAddressThatAnswersComesFirst) {
    const ExchangeCertificate named({"no name"});
    const RefusingPort refusing;
    FakeExchange mute(certificate(), saying(""), FakeExchange::Greeting::silence);
    FakeExchange exchange(named, saying(FakeExchange::reply("200 OK")));
    limit_ = 4s;
    EXPECT_EQ(check(server_at("https://no%20name", {refusing.number(), mute.port(), exchange.port()}), named.trust()), std::nullopt);
    std::vector<std::uint16_t> ports;
    for (const auto& address : watch_->server().addresses) ports.push_back(address.port());
    EXPECT_THAT(ports, ElementsAre(exchange.port(), refusing.number(), mute.port()));
}

TEST_F(ServerCheck, TheChallengeIsThatOfAnEmptyBearer) {
    FakeExchange exchange(certificate(), saying(FakeExchange::reply(
                                             "401 Unauthorized", "WWW-Authenticate: Bearer realm=\"x\"\r\nWWW-Authenticate: Negotiate\r\n")));
    EXPECT_EQ(challenge(exchange.url()), "WWW-Authenticate: Bearer realm=\"x\"\r\n");
    EXPECT_THAT(exchange.requests(), ElementsAre("OPTIONS /Microsoft-Server-ActiveSync HTTP/1.1\r\nAuthorization: Bearer\r\nHost: 127.0.0.1:" +
                                              std::to_string(exchange.port()) + "\r\nUser-Agent: eas451\r\nConnection: close\r\n\r\n"));
}

TEST_F(ServerCheck, AnythingButA401TellsNoChallenge) {
    FakeExchange without(certificate(), saying(FakeExchange::reply("401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"\r\n")));
    EXPECT_EQ(challenge(without.url()), "");
    for (const std::string status : {"200 OK", "403 Forbidden", "503 Service Unavailable"}) {
        FakeExchange exchange(certificate(), saying(FakeExchange::reply(status, "WWW-Authenticate: Bearer\r\n")));
        EXPECT_EQ(challenge(exchange.url()), std::nullopt);
    }
}

}  // namespace
}  // namespace eas451
