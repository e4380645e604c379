// SPDX-License-Identifier: Apache-2.0
// What is kept, for how long, and what is never given to another request. Who uses it: forward_test.cpp.
#include "eas451/io/exchange/exchange_pool.hpp"

#include <gmock/gmock.h>
#include <netinet/tcp.h>

#include <boost/asio/ssl/context.hpp>

#include "../../../../src/io/exchange/exchange_connection.hpp"
#include "../lab_peer.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using namespace std::chrono_literals;

class ExchangePoolTest : public testing::Test {
protected:
    static constexpr std::chrono::milliseconds idle{60000};

    ExchangePoolTest() {
        set_options({});
        set_servers({first_, second_});
    }
    ~ExchangePoolTest() override {
        for (const int each : others_) ::close(each);
    }
    void set_options(ExchangePoolOptions options) {
        options.idle = idle;
        options.tls = std::make_shared<net::ssl::context>(net::ssl::context::tls_client);
        pool_.set_options(std::move(options));
    }
    void set_servers(const std::vector<ExchangeServer>& servers) {
        auto known = std::make_shared<ExchangeServers>();
        known->servers = servers;
        pool_.set_servers(std::move(known), [this](std::size_t server) { suspected_.push_back(server); });
    }
    static ExchangeServer up(const std::string& url) {
        ExchangeServer server = ExchangeServer::at(url);
        server.is_up = true;
        return server;
    }
    /// A connection without TLS, which the pool does not look at. Its other end is others_.back().
    std::unique_ptr<ExchangeConnection> connection() {
        const auto pair = connected_sockets();
        others_.push_back(pair[1]);
        return std::make_unique<ExchangeConnection>(owned(loop_, pair[0]), pool_.options());
    }
    ExchangeConnection* keep(const ExchangeServer& server) {
        auto made = connection();
        ExchangeConnection* const kept = made.get();
        pool_.keep(server, std::move(made));
        return kept;
    }

    net::io_context loop_;
    const ExchangeServer first_ = up("https://10.0.0.11");
    const ExchangeServer second_ = up("https://10.0.0.12");
    std::vector<std::size_t> suspected_;
    std::vector<int> others_;
    ExchangePool pool_{loop_};
};

TEST_F(ExchangePoolTest, GivesTheLastUsedFirstAndEachOnce) {
    EXPECT_EQ(pool_.take(first_), nullptr);
    ExchangeConnection* const older = keep(first_);
    ExchangeConnection* const newer = keep(first_);
    const auto taken = pool_.take(first_);
    EXPECT_EQ(taken.get(), newer);
    EXPECT_EQ(pool_.take(first_).get(), older);
    EXPECT_EQ(pool_.take(first_), nullptr);
}

TEST_F(ExchangePoolTest, OneServersConnectionIsNotAnothers) {
    ExchangeConnection* const kept = keep(first_);
    EXPECT_EQ(pool_.take(second_), nullptr);
    EXPECT_EQ(pool_.take(first_).get(), kept);
}

TEST_F(ExchangePoolTest, KeepsSoManyForEachServer) {
    ExchangePoolOptions options;
    options.most_kept = 2;
    set_options(options);
    for (int i = 0; i < 3; ++i) keep(first_);
    EXPECT_EQ(pool_.kept(), 2U);
    keep(second_);
    EXPECT_EQ(pool_.kept(), 3U);
    char byte = 0;
    EXPECT_EQ(::recv(others_[2], &byte, 1, MSG_DONTWAIT), 0) << "the third is open";
}

TEST_F(ExchangePoolTest, WhatWasClosedOrHasSomethingToSayIsGivenToNobody) {
    ExchangeConnection* const good = keep(first_);
    keep(first_);
    ASSERT_EQ(::write(others_.back(), "H", 1), 1);
    keep(first_);
    ::shutdown(others_.back(), SHUT_RDWR);
    EXPECT_EQ(pool_.take(first_).get(), good);
    EXPECT_EQ(pool_.kept(), 0U);
}

TEST_F(ExchangePoolTest, ThoseThatWereKeptTooLongAreClosed) {
    const SteadyTime before = std::chrono::steady_clock::now();
    keep(first_);
    keep(second_);
    const SteadyTime after = std::chrono::steady_clock::now();
    pool_.sweep(before + idle - 1ms);
    EXPECT_EQ(pool_.kept(), 2U);
    pool_.sweep(after + idle);
    EXPECT_EQ(pool_.kept(), 0U);
    char byte = 0;
    EXPECT_EQ(::recv(others_[0], &byte, 1, MSG_DONTWAIT), 0);
}

TEST_F(ExchangePoolTest, OnlyTheOldOnesAreClosed) {
    ExchangeConnection* const old = keep(first_);
    ExchangeConnection* const young = keep(first_);
    old->idle_since -= 1s;
    pool_.sweep(young->idle_since + idle - 500ms);
    EXPECT_EQ(pool_.kept(), 1U);
    EXPECT_EQ(pool_.take(first_).get(), young);
}

TEST_F(ExchangePoolTest, TheyRestAfterAWhileAndCanBeUsedAllTheSame) {
    ExchangeConnection* const kept = keep(first_);
    pool_.sweep(kept->idle_since + ExchangePool::rest_after - 1ms);
    EXPECT_FALSE(kept->rests);
    pool_.sweep(kept->idle_since + ExchangePool::rest_after);
    EXPECT_TRUE(kept->rests);
    auto taken = pool_.take(first_);
    ASSERT_EQ(taken.get(), kept);
    pool_.keep(first_, std::move(taken));
    EXPECT_FALSE(kept->rests);
}

TEST_F(ExchangePoolTest, OthersThatAreTrustedGetConnectionsOfTheirOwn) {
    keep(first_);
    auto in_use = connection();
    set_options({});
    EXPECT_EQ(pool_.kept(), 0U);
    pool_.keep(first_, std::move(in_use));
    EXPECT_EQ(pool_.kept(), 0U) << "made when others were trusted";
    keep(first_);
    EXPECT_EQ(pool_.kept(), 1U);
}

TEST_F(ExchangePoolTest, WhatIsTooOldIsNotUsedThoughNobodyHasSweptYet) {
    keep(first_)->idle_since -= idle;
    EXPECT_EQ(pool_.take(first_), nullptr);
}

TEST_F(ExchangePoolTest, ItSweepsByItself) {
    keep(first_)->idle_since -= idle;
    loop_.run();
    EXPECT_EQ(pool_.kept(), 0U);
}

TEST_F(ExchangePoolTest, ClosedItKeepsNothingAndItsLoopEnds) {
    keep(first_);
    pool_.close();
    keep(first_);
    EXPECT_EQ(pool_.kept(), 0U);
    loop_.run();
}

TEST_F(ExchangePoolTest, TheServerThatIsSuspectedIsTheOneOfThatNameToday) {
    set_servers({second_, first_});
    pool_.suspect(first_.url);
    pool_.suspect("https://10.0.0.13");
    EXPECT_THAT(suspected_, testing::ElementsAre(1U));
}

TEST_F(ExchangePoolTest, AServerThatVanishesIsNoticed) {
    const auto made = connection();
    int timeout = 0;
    socklen_t size = sizeof timeout;
    boost::asio::ip::tcp::socket tcp(loop_, boost::asio::ip::tcp::v4());
    ExchangeConnection over_tcp{StreamSocket(std::move(tcp)), pool_.options()};
    ASSERT_EQ(::getsockopt(over_tcp.socket().native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, &size), 0);
    EXPECT_EQ(timeout, 30000);
    ASSERT_EQ(::getsockopt(over_tcp.socket().native_handle(), IPPROTO_TCP, TCP_KEEPIDLE, &timeout, &size), 0);
    EXPECT_EQ(timeout, 60);
}

TEST_F(ExchangePoolTest, NoneIsKeptOfAServerThatIsGoneOrDown) {
    keep(first_);
    ExchangeConnection* const kept = keep(second_);
    set_servers({second_});
    EXPECT_EQ(pool_.kept(), 1U);
    EXPECT_EQ(pool_.take(second_).get(), kept);
    keep(second_);
    ExchangeServer down = second_;
    down.is_up = false;
    set_servers({down});
    EXPECT_EQ(pool_.kept(), 0U);
    keep(second_);
    EXPECT_EQ(pool_.kept(), 0U) << "kept, though it is down";
    set_servers({second_});
    keep(second_);
    pool_.set_servers(nullptr, {});
    EXPECT_EQ(pool_.kept(), 0U);
    EXPECT_FALSE(pool_.any_up());
    pool_.suspect(first_.url);  // nobody is told
    EXPECT_TRUE(suspected_.empty());
}

TEST_F(ExchangePoolTest, HasRoomForSoMany) {
    ExchangePoolOptions options;
    options.most = 2;
    set_options(options);
    const ExchangePool::Place one(pool_);
    EXPECT_TRUE(pool_.has_room());
    {
        const ExchangePool::Place two(pool_);
        EXPECT_FALSE(pool_.has_room());
    }
    EXPECT_TRUE(pool_.has_room());
}

}  // namespace
}  // namespace eas451
