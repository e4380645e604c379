// SPDX-License-Identifier: Apache-2.0
#include "../../../src/io/directory/ldap/ldap_servers.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <ctime>
#include <future>

#include "fake_ldap_server.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using Kind = LdapFailure::Kind;
using Request = FakeLdapServer::Request;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

/// Longer than anything may take: a test that waits for it fails.
constexpr auto patience = 30s;

/// Listens, so that the kernel accepts connections, and never says anything.
class MuteServer {
public:
    MuteServer() { acceptor_.listen(); }
    [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    net::io_context loop_;
    net::ip::tcp::acceptor acceptor_{loop_, {net::ip::make_address("127.0.0.1"), 0}};
};

/// A port that refuses: bound, so that nobody else gets it, and not listened on.
class RefusingServer {
public:
    [[nodiscard]] std::uint16_t port() const { return socket_.local_endpoint().port(); }

private:
    net::io_context loop_;
    net::ip::tcp::socket socket_{loop_, {net::ip::make_address("127.0.0.1"), 0}};
};

class LdapServersTest : public testing::Test {
protected:
    static const FakeCertificate& certificate() {
        static const FakeCertificate made;
        return made;
    }

    template <class... Ports>
    void serve(std::chrono::milliseconds limit, Ports... ports) {
        std::vector<LdapServer> servers;
        for (const std::uint16_t port : {ports...}) {
            servers.push_back({"ldaps://s" + std::to_string(servers.size() + 1), "127.0.0.1", port, start_tls_});
        }
        serve(limit, std::move(servers));
    }
    void serve(std::chrono::milliseconds limit, std::vector<LdapServer> servers) {
        LdapLinkEvents events;
        events.gone = [this](const LdapServer& server) { events_.push_back("gone " + server.name); };
        events.up = [this](const LdapServer& server) { events_.push_back("up " + server.name); };
        events.down = [this](const LdapServer& server, const std::string& why) {
            events_.push_back("down " + server.name);
            whys_.push_back(why);
        };
        servers_ = std::make_shared<LdapServers>(
            loop_->get_executor(), std::move(servers), *make_client_context(certificate().certificate()),
            LdapAccount{"cn=service", std::make_shared<const Secret>(std::string("secret of the service"))}, limit, std::move(events), times_);
        servers_->start();
    }
    template <class Condition>
    void run_until(Condition condition) {
        const auto limit = steady_clock::now() + patience;
        while (!condition()) {
            ASSERT_LT(steady_clock::now(), limit) << testing::PrintToString(events_);
            loop_->restart();
            loop_->run_one_for(20ms);
        }
    }
    void wait_for_events(std::size_t count) {
        run_until([&] { return events_.size() >= count; });
    }

    static LdapSearch some_search() {
        return {"DC=contoso,DC=com", LdapScope::subtree, "(mail=somebody)", {"mail"}, 2, 5};
    }

    void begin_search(std::chrono::milliseconds deadline, LdapSearch search = some_search()) {
        begin(servers_->search(std::move(search), steady_clock::now() + deadline));
    }
    void begin_bind(std::chrono::milliseconds deadline) {
        begin(servers_->bind("cn=user", Secret("secret of the user"), steady_clock::now() + deadline));
    }
    void begin(net::awaitable<LdapAsked> work) {
        ++begun_;
        auto ended = [this](const std::exception_ptr& thrown, LdapAsked asked) {
            if (thrown) std::rethrow_exception(thrown);
            asked_.push_back(std::move(asked));
        };
        net::co_spawn(*loop_, std::move(work), std::move(ended));
    }
    void finish() {
        run_until([&] { return asked_.size() == begun_; });
    }
    LdapAsked search(std::chrono::milliseconds deadline = patience) {
        begin_search(deadline);
        finish();
        return asked_.back();
    }
    LdapAsked search_of(LdapSearch search, std::chrono::milliseconds deadline) {
        begin_search(deadline, std::move(search));
        finish();
        return asked_.back();
    }
    LdapAsked bind(std::chrono::milliseconds deadline = patience) {
        begin_bind(deadline);
        finish();
        return asked_.back();
    }
    static Kind kind_of(const LdapAsked& asked) {
        EXPECT_FALSE(asked.replied);
        return asked.replied ? Kind{} : asked.replied.error().kind;
    }

    /// What was started has ended by itself: nothing is left to do, and nobody holds the servers.
    void expect_that_all_ends() {
        const std::weak_ptr<LdapServers> watch = servers_;
        servers_->stop();
        EXPECT_TRUE(servers_->are_all_down());
        servers_.reset();
        loop_->restart();
        loop_->run_for(patience);
        EXPECT_TRUE(loop_->stopped()) << "something is still waited for";
        EXPECT_TRUE(watch.expired());
        EXPECT_EQ(asked_.size(), begun_);
    }

    std::optional<net::io_context> loop_{std::in_place, 1};
    LdapLinkTimes times_;
    bool start_tls_ = false;
    std::vector<std::string> events_;
    std::vector<std::string> whys_;
    std::vector<LdapAsked> asked_;
    std::size_t begun_ = 0;
    std::shared_ptr<LdapServers> servers_;
};

TEST_F(LdapServersTest, AsksTheFirstAndTheNextWhenItIsGone) {
    std::optional<FakeLdapServer> first(std::in_place, certificate(), FakeLdapServer::friendly);
    FakeLdapServer second(certificate(), FakeLdapServer::friendly);
    serve(patience, first->port(), second.port());
    EXPECT_TRUE(servers_->are_all_down());
    wait_for_events(2);
    EXPECT_FALSE(servers_->are_all_down());
    const LdapAsked asked = search();
    ASSERT_TRUE(asked.replied) << asked.replied.error().text;
    EXPECT_EQ(asked.replied->entries.at(0).value("mail"), "somebody@contoso.com");
    EXPECT_EQ(asked.server, "ldaps://s1");
    EXPECT_EQ(asked.requests, 1U);
    first.reset();
    const LdapAsked again = search();
    EXPECT_TRUE(again.replied);
    EXPECT_EQ(again.server, "ldaps://s2");
    EXPECT_FALSE(servers_->are_all_down());
    expect_that_all_ends();
}

TEST_F(LdapServersTest, ServersThatAllRefuseFailAQuestionAtOnceWithEveryReason) {
    const RefusingServer first;
    const RefusingServer second;
    serve(patience, first.port(), second.port());
    const LdapAsked asked = search();
    EXPECT_EQ(kind_of(asked), Kind::unreachable);
    EXPECT_EQ(asked.replied.error().text, "ldaps://s1: Connection refused; ldaps://s2: Connection refused");
    EXPECT_EQ(asked.requests, 0U);
    EXPECT_TRUE(servers_->are_all_down());
    EXPECT_EQ(kind_of(bind()), Kind::unreachable);
    EXPECT_THAT(events_, testing::UnorderedElementsAre("down ldaps://s1", "down ldaps://s2"));
    expect_that_all_ends();
}

TEST_F(LdapServersTest, AMuteServerIsAnsweredByTheDeadlineAndCostsNoProcessor) {
    const MuteServer mute;
    for (const bool start_tls : {false, true}) {
        start_tls_ = start_tls;
        serve(patience, mute.port());
        const auto begin = steady_clock::now();
        const std::clock_t processor = std::clock();
        for (int i = 0; i < 32; ++i) begin_search(500ms);
        for (int i = 0; i < 32; ++i) begin_bind(500ms);
        finish();
        const auto took = steady_clock::now() - begin;
        EXPECT_GE(took, 500ms);
        EXPECT_LT(took, 1s);
        EXPECT_LT(static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC, 0.25);
        for (const LdapAsked& asked : asked_) EXPECT_EQ(kind_of(asked), Kind::timed_out);
        expect_that_all_ends();
    }
}

TEST_F(LdapServersTest, AServerThatHangsWhileItConnectsHidesNoOther) {
    const MuteServer mute;
    FakeLdapServer second(certificate(), FakeLdapServer::friendly);
    serve(patience, mute.port(), second.port());
    for (int i = 0; i < 32; ++i) begin_search(patience / 2);
    begin_bind(patience / 2);
    finish();
    for (const LdapAsked& asked : asked_) {
        ASSERT_TRUE(asked.replied) << asked.replied.error().text;
        EXPECT_EQ(asked.server, "ldaps://s2");
        EXPECT_EQ(asked.requests, 1U);
    }
    expect_that_all_ends();
}

TEST_F(LdapServersTest, ACertificateOfSomebodyElseIsNotTrusted) {
    const FakeCertificate other;
    FakeLdapServer server(other, FakeLdapServer::friendly);
    serve(patience, server.port());
    const LdapAsked asked = search();
    EXPECT_THAT(asked.replied.error().text, HasSubstr("its certificate is not accepted: self-signed certificate"));
    EXPECT_EQ(server.count(FakeLdapServer::bind), 0U);
}

TEST_F(LdapServersTest, MoreQuestionsThanMayWaitFailAtOnce) {
    const MuteServer mute;
    serve(patience, mute.port());
    for (std::size_t i = 0; i < LdapServers::max_waiting; ++i) begin_search(patience);
    loop_->poll();
    EXPECT_EQ(asked_.size(), 0U);
    begin_search(patience);
    run_until([&] { return asked_.size() == 1; });
    EXPECT_EQ(kind_of(asked_.front()), Kind::unreachable);
    expect_that_all_ends();
}

TEST_F(LdapServersTest, StoppedWhileItConnectsEverythingEndsAtOnce) {
    const MuteServer mute;
    serve(patience, mute.port());
    begin_search(patience);
    begin_bind(patience);
    loop_->run_for(10ms);
    const auto begin = steady_clock::now();
    expect_that_all_ends();
    EXPECT_LT(steady_clock::now() - begin, patience / 2);
    for (const LdapAsked& asked : asked_) EXPECT_EQ(kind_of(asked), Kind::unreachable);
    EXPECT_EQ(events_.size(), 0U);
}

TEST_F(LdapServersTest, LetGoWithoutAStopItEndsToo) {
    FakeLdapServer server(certificate(), FakeLdapServer::friendly);
    serve(patience, server.port());
    EXPECT_TRUE(search().replied);
    servers_.reset();
    loop_->restart();
    loop_->run_for(patience);
    EXPECT_TRUE(loop_->stopped());
}

TEST_F(LdapServersTest, WithTheLoopEverythingIsFreed) {
    const MuteServer mute;
    const auto silent = [](const Request& request) -> std::optional<std::string> {
        return request.has("cn=service") ? FakeLdapServer::friendly(request) : std::string();
    };
    FakeLdapServer fake(certificate(), silent);
    serve(patience, fake.port(), mute.port());
    wait_for_events(1);
    for (int i = 0; i < 32; ++i) begin_search(patience);
    for (int i = 0; i < 8; ++i) begin_bind(patience);
    run_until([&] { return fake.count(FakeLdapServer::search) == 32 && fake.count(FakeLdapServer::bind) == 5; });
    const std::weak_ptr<LdapServers> watch = servers_;
    servers_.reset();
    EXPECT_FALSE(watch.expired());
    loop_.reset();
    EXPECT_TRUE(watch.expired());
    EXPECT_EQ(asked_.size(), 0U);
}

TEST_F(LdapServersTest, WithTheLoopThatNeverRanEverythingIsFreed) {
    const MuteServer mute;
    serve(patience, mute.port());
    begin_search(patience);
    begin_bind(patience);
    servers_.reset();
    loop_.reset();
}

// --- searches

TEST_F(LdapServersTest, ASearchWhoseConnectionIsClosedIsRepeatedOnceOnTheNext) {
    times_.retry_after = 0ms;
    FakeLdapServer server(certificate(), [](const Request& request) -> std::optional<std::string> {
        if (request.operation == FakeLdapServer::search && request.connection == 0) return std::nullopt;
        return FakeLdapServer::friendly(request);
    });
    serve(patience, server.port());
    wait_for_events(1);
    const LdapAsked asked = search();
    ASSERT_TRUE(asked.replied) << asked.replied.error().text;
    EXPECT_EQ(asked.requests, 2U);
    EXPECT_THAT(events_, ElementsAre("up ldaps://s1", "down ldaps://s1", "up ldaps://s1"));
}

TEST_F(LdapServersTest, ASearchThatIsMetWithACloseEachTimeFails) {
    times_.retry_after = 0ms;
    FakeLdapServer server(certificate(), [](const Request& request) -> std::optional<std::string> {
        if (request.operation == FakeLdapServer::search) return std::nullopt;
        return FakeLdapServer::friendly(request);
    });
    serve(patience, server.port());
    wait_for_events(1);
    const LdapAsked asked = search();
    EXPECT_EQ(kind_of(asked), Kind::broken);
    EXPECT_EQ(asked.requests, 2U);
    EXPECT_EQ(server.count(FakeLdapServer::search), 2U);
}

TEST_F(LdapServersTest, ASearchThatIsNotAnsweredCostsItsPartAndTheConnection) {
    const auto silent = [](const Request& request) -> std::optional<std::string> {
        return request.operation == FakeLdapServer::search ? std::string() : FakeLdapServer::friendly(request);
    };
    FakeLdapServer first(certificate(), silent);
    FakeLdapServer second(certificate(), FakeLdapServer::friendly);
    serve(1s, first.port(), second.port());
    wait_for_events(2);
    const auto begin = steady_clock::now();
    const LdapAsked asked = search(1s);
    EXPECT_TRUE(asked.replied);
    EXPECT_EQ(asked.server, "ldaps://s2");
    EXPECT_EQ(asked.requests, 2U);
    EXPECT_GE(steady_clock::now() - begin, 450ms);
    wait_for_events(3);
    EXPECT_EQ(events_.back(), "down ldaps://s1");
    EXPECT_EQ(whys_.back(), "ldaps://s1 did not answer in time");
}

TEST_F(LdapServersTest, OneSlowSearchMakesNoConnectionSuspectThatAnswersOthers) {
    FakeLdapServer server(certificate(), [](const Request& request) -> std::optional<std::string> {
        return request.has("slow") ? std::string() : FakeLdapServer::friendly(request);
    });
    serve(1s, server.port());
    wait_for_events(1);
    LdapSearch slow = some_search();
    slow.base = "cn=slow";
    begin_search(500ms, slow);
    begin_search(patience);
    finish();
    EXPECT_TRUE(asked_[0].replied);
    EXPECT_EQ(kind_of(asked_[1]), Kind::timed_out);
    EXPECT_EQ(kind_of(search_of(slow, 20ms)), Kind::timed_out) << "it had hardly any time";
    EXPECT_TRUE(search().replied);
    EXPECT_THAT(events_, ElementsAre("up ldaps://s1"));
    EXPECT_EQ(server.open(), 1U);
    expect_that_all_ends();
}

TEST_F(LdapServersTest, AServerThatKnowsNoSizeLimitIsCutOff) {
    FakeLdapServer server(certificate(), [](const Request& request) -> std::optional<std::string> {
        if (request.operation != FakeLdapServer::search) return FakeLdapServer::friendly(request);
        std::string entries;
        for (int i = 0; i < 3; ++i) entries += ber::entry(request.id, "CN=somebody", {});
        return entries + ber::result(request.id, 0x65, 0);
    });
    serve(patience, server.port());
    wait_for_events(1);
    const LdapAsked cut = search();
    ASSERT_TRUE(cut.replied);
    EXPECT_EQ(cut.replied->result.code, 4);
    EXPECT_EQ(cut.replied->entries.size(), 2U);
    LdapSearch three = some_search();
    three.size_limit = 3;
    const LdapAsked asked = search_of(three, patience);
    ASSERT_TRUE(asked.replied);
    EXPECT_EQ(asked.replied->entries.size(), 3U);
}

TEST_F(LdapServersTest, MoreSearchesThanOneConnectionCarriesFailAtOnce) {
    FakeLdapServer server(certificate(), [](const Request& request) -> std::optional<std::string> {
        return request.operation == FakeLdapServer::search ? std::string() : FakeLdapServer::friendly(request);
    });
    serve(patience, server.port());
    wait_for_events(1);
    for (std::size_t i = 0; i <= LdapConnection::max_in_flight; ++i) begin_search(patience);
    run_until([&] { return !asked_.empty(); });
    EXPECT_EQ(kind_of(asked_.front()), Kind::unreachable);
    run_until([&] { return server.count(FakeLdapServer::search) == LdapConnection::max_in_flight; });
    EXPECT_EQ(asked_.size(), 1U);
    expect_that_all_ends();
}

// --- binds

TEST_F(LdapServersTest, ABindThatWasSentIsNeverSentAgain) {
    const auto closes = [](const Request& request) -> std::optional<std::string> {
        if (request.has("cn=user")) return std::nullopt;
        return FakeLdapServer::friendly(request);
    };
    FakeLdapServer first(certificate(), closes);
    FakeLdapServer second(certificate(), FakeLdapServer::friendly);
    serve(patience, first.port(), second.port());
    wait_for_events(2);
    const LdapAsked asked = bind();
    EXPECT_EQ(kind_of(asked), Kind::broken);
    EXPECT_EQ(asked.requests, 1U);
    EXPECT_EQ(asked.server, "ldaps://s1");
    EXPECT_EQ(first.count(FakeLdapServer::bind, "cn=user"), 1U);
    EXPECT_EQ(second.count(FakeLdapServer::bind, "cn=user"), 0U);
}

TEST_F(LdapServersTest, ABindThatIsNotAnsweredIsNeverSentAgain) {
    const auto silent = [](const Request& request) -> std::optional<std::string> {
        return request.has("cn=user") ? std::string() : FakeLdapServer::friendly(request);
    };
    FakeLdapServer first(certificate(), silent);
    FakeLdapServer second(certificate(), FakeLdapServer::friendly);
    serve(patience, first.port(), second.port());
    wait_for_events(2);
    const auto begin = steady_clock::now();
    const LdapAsked asked = bind(600ms);
    EXPECT_GE(steady_clock::now() - begin, 600ms) << "nobody else is asked, so it has all the time";
    EXPECT_EQ(kind_of(asked), Kind::timed_out);
    EXPECT_EQ(asked.requests, 1U);
    EXPECT_EQ(second.count(FakeLdapServer::bind, "cn=user"), 0U);
    run_until([&] { return first.open() == 1; });
}

TEST_F(LdapServersTest, ABindThatFindsNoConnectionInTimeGoesToTheNextServer) {
    FakeLdapServer first(certificate(), FakeLdapServer::friendly, [](unsigned connection) { return connection == 0; });
    FakeLdapServer second(certificate(), FakeLdapServer::friendly);
    serve(patience, first.port(), second.port());
    wait_for_events(2);
    for (int i = 0; i < 8; ++i) begin_bind(1s);
    finish();
    for (const LdapAsked& asked : asked_) {
        ASSERT_TRUE(asked.replied) << asked.replied.error().text;
        EXPECT_EQ(asked.server, "ldaps://s2");
        EXPECT_EQ(asked.requests, 1U);
    }
    EXPECT_EQ(first.count(FakeLdapServer::bind, "cn=user"), 0U);
    EXPECT_EQ(second.count(FakeLdapServer::bind, "cn=user"), 8U);
}

TEST_F(LdapServersTest, BindsShareAFewConnectionsAndKeepThem) {
    FakeLdapServer server(certificate(), [](const Request& request) -> std::optional<std::string> {
        return request.has("cn=user") ? ber::result(request.id, 0x61, 49) : *FakeLdapServer::friendly(request);
    });
    serve(patience, server.port());
    for (int i = 0; i < 40; ++i) begin_bind(patience);
    finish();
    for (const LdapAsked& asked : asked_) {
        ASSERT_TRUE(asked.replied);
        EXPECT_EQ(asked.replied->result.code, 49);
    }
    EXPECT_EQ(server.count(FakeLdapServer::bind, "cn=user"), 40U);
    EXPECT_EQ(server.open(), 1 + LdapLink::max_bind_connections);
    expect_that_all_ends();
    run_until([&] { return server.open() == 0; });
}

TEST_F(LdapServersTest, AnIdleBindConnectionIsClosedInTimeAndNotUsedAgain) {
    times_.bind_idle = 50ms;
    FakeLdapServer server(certificate(), FakeLdapServer::friendly);
    serve(patience, server.port());
    EXPECT_TRUE(bind().replied);
    EXPECT_TRUE(bind().replied);
    EXPECT_EQ(server.open(), 2U);
    run_until([&] { return server.open() == 1; });
    EXPECT_TRUE(bind().replied);
    const auto binds = server.requests(FakeLdapServer::bind, "cn=user");
    EXPECT_EQ(binds.at(0).connection, binds.at(1).connection);
    EXPECT_NE(binds.at(1).connection, binds.at(2).connection);
}

TEST_F(LdapServersTest, AnIdleBindConnectionThatIsTooOldIsNotUsedEvenWhenNobodySweptIt) {
    times_.bind_idle = 0ms;
    FakeLdapServer server(certificate(), FakeLdapServer::friendly);
    serve(patience, server.port());
    wait_for_events(1);
    for (int i = 0; i < 8; ++i) begin_bind(patience);
    finish();
    std::set<unsigned> connections;
    for (const Request& request : server.requests(FakeLdapServer::bind, "cn=user"))
        connections.insert(request.connection);
    EXPECT_EQ(connections.size(), 8U);
}

TEST_F(LdapServersTest, BindConnectionsAreNotKeptToAServerThatIsDown) {
    FakeLdapServer server(certificate(), [](const Request& request) -> std::optional<std::string> {
        if (request.operation == FakeLdapServer::search) return std::nullopt;
        return FakeLdapServer::friendly(request);
    });
    serve(patience, server.port());
    EXPECT_TRUE(bind().replied);
    EXPECT_EQ(server.open(), 2U);
    EXPECT_FALSE(search().replied);
    run_until([&] { return server.open() == 0; });
}

TEST_F(LdapServersTest, BindsHaveTheirPlacesInTheOrderOfComing) {
    FakeLdapServer server(certificate(), FakeLdapServer::friendly);
    serve(patience, server.port());
    EXPECT_TRUE(search().replied);
    constexpr std::size_t first = 12;
    std::vector<std::size_t> ended;
    std::size_t started = 0;
    // Whoever has ended makes room, and at the same moment somebody new comes.
    std::function<void()> start = [&] {
        auto done = [&, number = started](const std::exception_ptr& thrown, const LdapAsked& asked) {
            EXPECT_TRUE(!thrown && asked.replied);
            ended.push_back(number);
            if (started < first + 100) start();
        };
        auto work = servers_->bind("cn=" + std::to_string(started++), Secret("secret of the user"), steady_clock::now() + patience);
        net::co_spawn(*loop_, std::move(work), std::move(done));
    };
    for (std::size_t i = 0; i < first; ++i) start();
    run_until([&] { return ended.size() == first + 100; });
    for (std::size_t i = 0; i < ended.size(); ++i) EXPECT_LT(ended[i], i + LdapLink::max_bind_connections) << i;
}

// --- the service account, and staying up

TEST_F(LdapServersTest, ARefusedServiceAccountIsAnOutageAndRarelyTriedAgain) {
    FakeLdapServer server(certificate(), [](const Request& request) -> std::optional<std::string> {
        return ber::result(request.id, 0x61, 49, "no more");
    });
    serve(patience, server.port());
    for (int i = 0; i < 3; ++i) {
        const LdapAsked asked = search();
        EXPECT_EQ(kind_of(asked), Kind::unreachable);
        EXPECT_EQ(asked.replied.error().text, "ldaps://s1 refuses the service account: Invalid credentials (49), no more (tried again in 5 min, or at once after a reload)");
        EXPECT_EQ(kind_of(bind()), Kind::unreachable);
    }
    EXPECT_EQ(server.count(FakeLdapServer::bind), 1U);
    EXPECT_EQ(server.count(FakeLdapServer::bind, "secret of the service"), 1U);
    expect_that_all_ends();
    EXPECT_EQ(LdapLinkTimes().account_retry_after, 5min);
}

TEST_F(LdapServersTest, ARefusedServiceAccountIsTriedAgainInTime) {
    times_.account_retry_after = 50ms;
    int tries = 0;
    FakeLdapServer server(certificate(), [&tries](const Request& request) -> std::optional<std::string> {
        return ++tries < 3 ? ber::result(request.id, 0x61, 49) : *FakeLdapServer::friendly(request);
    });
    serve(patience, server.port());
    wait_for_events(2);
    EXPECT_THAT(events_, ElementsAre("down ldaps://s1", "up ldaps://s1"));
    EXPECT_EQ(server.count(FakeLdapServer::bind), 3U);
}

TEST_F(LdapServersTest, AServerThatTakesUsAndDropsUsIsNotAskedInATightLoop) {
    times_.retry_after = 200ms;
    FakeLdapServer server(certificate(), [](const Request& request) -> std::optional<std::string> {
        return ber::result(request.id, 0x61, 0) + ber::result(0, 0x78, 52);  // a notice of disconnection
    });
    const auto begin = steady_clock::now();
    serve(patience, server.port());
    wait_for_events(6);
    EXPECT_GE(steady_clock::now() - begin, 400ms);
    EXPECT_THAT(whys_.front(), StartsWith("ldaps://s1 says that it disconnects"));
}

TEST_F(LdapServersTest, AnIdleConnectionIsKeptAliveAndASilentOneGivenUp) {
    times_.keep_alive_every = 20ms;
    int searches = 0;
    FakeLdapServer server(certificate(), [&searches](const Request& request) -> std::optional<std::string> {
        if (request.operation == FakeLdapServer::search && ++searches == 4) return std::string();
        return FakeLdapServer::friendly(request);
    });
    serve(500ms, server.port());
    wait_for_events(3);
    EXPECT_THAT(events_, ElementsAre("up ldaps://s1", "down ldaps://s1", "up ldaps://s1"));
    EXPECT_GE(server.count(FakeLdapServer::search), 4U);
    expect_that_all_ends();
}

// --- a list that changes

LdapServer server_at(const std::string& name, std::uint16_t port) { return {name, "127.0.0.1", port}; }

TEST_F(LdapServersTest, AServerThatStaysKeepsItsConnectionWhateverItsPlace) {
    FakeLdapServer first(certificate(), FakeLdapServer::friendly);
    FakeLdapServer second(certificate(), FakeLdapServer::friendly);
    FakeLdapServer third(certificate(), FakeLdapServer::friendly);
    serve(patience, first.port(), second.port());
    wait_for_events(2);
    const LdapServer s2 = server_at("ldaps://s2", second.port());
    servers_->set_servers({server_at("ldaps://s3", third.port()), s2, s2});
    EXPECT_EQ(events_.back(), "gone ldaps://s1");
    EXPECT_FALSE(servers_->are_all_down());
    EXPECT_EQ(search().server, "ldaps://s2") << "the new one is not up yet";
    wait_for_events(4);
    EXPECT_EQ(events_.back(), "up ldaps://s3");
    EXPECT_EQ(search().server, "ldaps://s3");
    run_until([&] { return first.open() == 0; });
    EXPECT_EQ(second.count(FakeLdapServer::bind), 1U);
    servers_->set_servers({s2});
    EXPECT_EQ(search().server, "ldaps://s2");
    EXPECT_EQ(second.count(FakeLdapServer::bind), 1U);
    EXPECT_THAT(events_, testing::Not(testing::Contains(StartsWith("down"))));
    expect_that_all_ends();
}

TEST_F(LdapServersTest, OneThatGoesAndComesIsConnectedToAgain) {
    FakeLdapServer server(certificate(), FakeLdapServer::friendly);
    serve(patience, server.port());
    wait_for_events(1);
    servers_->set_servers({});
    EXPECT_TRUE(servers_->are_all_down());
    EXPECT_EQ(kind_of(search()), Kind::unreachable);
    servers_->set_servers({server_at("ldaps://s1", server.port())});
    EXPECT_TRUE(search().replied);
    EXPECT_THAT(events_, ElementsAre("up ldaps://s1", "gone ldaps://s1", "up ldaps://s1"));
    EXPECT_FALSE(servers_->are_all_down());
    expect_that_all_ends();
}

TEST_F(LdapServersTest, WhatIsSearchedOnOneThatGoesIsAskedOfAnother) {
    const auto silent = [](const Request& request) -> std::optional<std::string> {
        return request.operation == FakeLdapServer::search ? std::string() : FakeLdapServer::friendly(request);
    };
    FakeLdapServer first(certificate(), silent);
    FakeLdapServer second(certificate(), FakeLdapServer::friendly);
    serve(patience, first.port());
    wait_for_events(1);
    for (int i = 0; i < 32; ++i) begin_search(patience);
    run_until([&] { return first.count(FakeLdapServer::search) == 32; });
    servers_->set_servers({server_at("ldaps://s2", second.port())});
    finish();
    for (const LdapAsked& asked : asked_) {
        ASSERT_TRUE(asked.replied) << asked.replied.error().text;
        EXPECT_EQ(asked.server, "ldaps://s2");
        EXPECT_EQ(asked.requests, 2U);
    }
    expect_that_all_ends();
}

TEST_F(LdapServersTest, ABindThatWasSentToOneThatGoesIsStillWaitedFor) {
    std::promise<void> go_on;
    std::atomic<bool> was_sent = false;
    FakeLdapServer first(certificate(), [&](const Request& request) {
        if (request.has("cn=user")) {
            was_sent = true;
            go_on.get_future().wait();
        }
        return FakeLdapServer::friendly(request);
    });
    FakeLdapServer second(certificate(), FakeLdapServer::friendly);
    serve(patience, first.port(), second.port());
    wait_for_events(2);
    begin_bind(patience);
    run_until([&] { return was_sent.load(); });
    servers_->set_servers({server_at("ldaps://s2", second.port())});
    go_on.set_value();
    finish();
    ASSERT_TRUE(asked_.back().replied) << asked_.back().replied.error().text;
    EXPECT_EQ(asked_.back().server, "ldaps://s1");
    EXPECT_EQ(second.count(FakeLdapServer::bind, "cn=user"), 0U);
    expect_that_all_ends();
}

TEST_F(LdapServersTest, WhileNobodyIsFoundQuestionsWaitAsLongAsOneMayCome) {
    FakeLdapServer server(certificate(), FakeLdapServer::friendly);
    serve(patience, std::vector<LdapServer>{});
    servers_->set_missing("DNS has not answered yet", true);
    begin_search(patience);
    loop_->run_for(20ms);
    EXPECT_EQ(asked_.size(), 0U);
    servers_->set_servers({server_at("ldaps://s1", server.port())});
    finish();
    EXPECT_EQ(asked_.back().server, "ldaps://s1");
    const auto begin = steady_clock::now();
    servers_->set_servers({});
    EXPECT_EQ(kind_of(search(300ms)), Kind::timed_out);
    EXPECT_GE(steady_clock::now() - begin, 300ms);
    servers_->set_missing("DNS knows none", false);
    const LdapAsked asked = search();
    EXPECT_EQ(kind_of(asked), Kind::unreachable);
    EXPECT_EQ(asked.replied.error().text, "DNS knows none");
    expect_that_all_ends();
}

TEST_F(LdapServersTest, StoppedWhileOneMayComeEverythingEndsAtOnce) {
    serve(patience, std::vector<LdapServer>{});
    servers_->set_missing("DNS has not answered yet", true);
    begin_search(patience);
    begin_bind(patience);
    loop_->run_for(10ms);
    const auto begin = steady_clock::now();
    expect_that_all_ends();
    EXPECT_LT(steady_clock::now() - begin, patience / 2);
}

TEST(LdapLinkTimes, AConnectionIsKeptAliveBelowTheIdleLimitOfADomainController) {
    EXPECT_LT(LdapLinkTimes{}.keep_alive_every, std::chrono::minutes(15));  // MaxConnIdleTime, MS-ADTS 3.1.1.3.4.6
    EXPECT_LT(LdapLinkTimes{}.bind_idle, std::chrono::minutes(15));
}

}  // namespace
}  // namespace eas451
