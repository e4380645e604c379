// SPDX-License-Identifier: Apache-2.0
#include "../../../src/io/directory/ldap/srv_lookup.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <ctime>
#include <optional>

#include "fake_dns_server.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto patience = 30s;
const std::string controllers = "_ldap._tcp.dc._msdcs.contoso.com";
const std::string servers = "_ldap._tcp.contoso.com";

SrvOutcome look_up(std::vector<std::string> name_servers, std::chrono::milliseconds limit = patience) {
    net::io_context loop(1);
    std::optional<SrvOutcome> outcome;
    auto ended = [&outcome](const std::exception_ptr& thrown, SrvOutcome found) {
        if (thrown) std::rethrow_exception(thrown);
        outcome = std::move(found);
    };
    auto work = look_up_srv({"contoso.com", std::move(name_servers)}, steady_clock::now() + limit);
    net::co_spawn(loop, std::move(work), std::move(ended));
    loop.run();
    return outcome.value();
}

TEST(SrvLookup, AsksForTheControllers) {
    const FakeDnsServer dns([](const std::string&) { return FakeDnsServer::Said{{dns::srv(0, 100, 389, "dc1.contoso.com")}}; });
    const SrvOutcome outcome = look_up({dns.address()});
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_EQ(outcome->name, controllers);
    EXPECT_THAT(outcome->answer.records, ElementsAre(SrvRecord{0, 100, 389, "dc1.contoso.com"}));
    EXPECT_THAT(dns.asked(), ElementsAre(controllers));
    EXPECT_EQ(absence_in(*outcome), "");
}

TEST(SrvLookup, WhereThereAreNoneItAsksForLdapServers) {
    for (const unsigned flags : {0x8183U, 0x8180U}) {
        const FakeDnsServer dns([flags](const std::string& name) {
            if (name == controllers) return FakeDnsServer::Said{{}, flags};
            return FakeDnsServer::Said{{dns::srv(0, 100, 389, "ldap.contoso.com")}};
        });
        const SrvOutcome outcome = look_up({dns.address()});
        ASSERT_TRUE(outcome) << outcome.error();
        EXPECT_EQ(outcome->name, servers);
        EXPECT_EQ(outcome->answer.records.size(), 1U);
        EXPECT_THAT(dns.asked(), ElementsAre(controllers, servers));
    }
}

TEST(SrvLookup, NoneAtAllIsAnAnswer) {
    const FakeDnsServer dns([](const std::string&) { return FakeDnsServer::no_such_name(); });
    const SrvOutcome outcome = look_up({dns.address()});
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_EQ(absence_in(*outcome), "DNS knows no domain controllers: no SRV records for _ldap._tcp.contoso.com");
}

TEST(SrvLookup, NoServiceIsNotAskedForUnderTheOtherName) {
    const FakeDnsServer dns([](const std::string&) { return FakeDnsServer::Said{{dns::srv(0, 0, 0, ".")}}; });
    const SrvOutcome outcome = look_up({dns.address()});
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_THAT(absence_in(*outcome), HasSubstr("decidedly no such service"));
    EXPECT_THAT(dns.asked(), ElementsAre(controllers));
}

TEST(SrvLookup, TroublesAreNoAnswerAndTheOtherNameIsNotAskedFor) {
    for (const unsigned flags : {0x8182U, 0x8185U}) {
        const FakeDnsServer dns([flags](const std::string&) { return FakeDnsServer::Said{{}, flags}; });
        const SrvOutcome outcome = look_up({dns.address()});
        ASSERT_FALSE(outcome);
        EXPECT_THAT(outcome.error(), HasSubstr(controllers));
        EXPECT_THAT(dns.asked(), testing::Each(controllers));
    }
}

TEST(SrvLookup, ASilentServerCostsTheDeadlineAndNoProcessor) {
    const FakeDnsServer dns([](const std::string&) -> std::optional<FakeDnsServer::Said> { return std::nullopt; });
    const auto begin = steady_clock::now();
    const std::clock_t processor = std::clock();
    const SrvOutcome outcome = look_up({dns.address()}, 200ms);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error(), "DNS did not answer in time");
    EXPECT_GE(steady_clock::now() - begin, 200ms);
    EXPECT_LT(steady_clock::now() - begin, 1s);
    EXPECT_LT(static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC, 0.1);
}

TEST(SrvLookup, TheNextNameServerIsAskedWhenTheFirstIsNotThere) {
    const FakeDnsServer dns([](const std::string&) { return FakeDnsServer::Said{{dns::srv(0, 100, 389, "dc1")}}; });
    const std::string gone = "127.0.0.1:1";
    const SrvOutcome outcome = look_up({gone, "[::1]:1", dns.address()});
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_EQ(outcome->answer.records.size(), 1U);
    const SrvOutcome none = look_up({gone});
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error(), "no name server is there to ask for " + controllers);
}

bool has_ipv6() {
    net::io_context loop;
    net::ip::udp::socket socket(loop);
    boost::system::error_code error;
    socket.open(net::ip::udp::v6(), error);
    if (!error) socket.bind({net::ip::make_address("::1"), 0}, error);
    return !error;
}

TEST(SrvLookup, NameServersMayHaveAddressesOfBothKinds) {
    if (!has_ipv6()) GTEST_SKIP() << "this machine has no ::1";
    const auto none = [](const std::string&) -> std::optional<FakeDnsServer::Said> { return std::nullopt; };
    const auto one = [](const std::string&) { return FakeDnsServer::Said{{dns::srv(0, 100, 389, "dc1")}}; };
    const FakeDnsServer silent(none);
    const FakeDnsServer answering(one, "::1");
    ASSERT_EQ(answering.address().find("[::1]:"), 0U);
    for (const auto& name_servers : {std::vector{answering.address()}, std::vector{silent.address(), answering.address()}}) {
        const SrvOutcome outcome = look_up(name_servers);
        ASSERT_TRUE(outcome) << outcome.error();
        EXPECT_EQ(outcome->answer.records.size(), 1U);
    }
    EXPECT_THAT(silent.asked(), ElementsAre(controllers));
}

TEST(SrvLookup, WithItsLoopItIsFreed) {
    const FakeDnsServer dns([](const std::string&) -> std::optional<FakeDnsServer::Said> { return std::nullopt; });
    std::optional<net::io_context> loop(std::in_place, 1);
    auto work = look_up_srv({"contoso.com", {dns.address()}}, steady_clock::now() + patience);
    auto ended = [](const std::exception_ptr&, const SrvOutcome&) { FAIL(); };
    net::co_spawn(*loop, std::move(work), std::move(ended));
    loop->run_for(50ms);
    loop.reset();
}

TEST(SrvServers, OfThePortOfLdapIsAskedAtThatOfLdaps) {
    const LdapServer usual = ldap_server_of(SrvRecord{0, 100, 389, "dc1.contoso.com"});
    EXPECT_EQ(usual.name, "ldaps://dc1.contoso.com");
    EXPECT_EQ(usual.host, "dc1.contoso.com");
    EXPECT_EQ(usual.port, 636);
    EXPECT_FALSE(usual.start_tls);
    EXPECT_EQ(ldap_server_of(SrvRecord{0, 0, 636, "dc1"}).name, "ldaps://dc1");
    const LdapServer other = ldap_server_of(SrvRecord{0, 0, 3890, "dc1"});
    EXPECT_EQ(other.name, "ldaps://dc1:3890");
    EXPECT_EQ(other.port, 3890);
}

TEST(SrvServers, TheDomainStandsBehindSrv) {
    EXPECT_EQ(srv_domain_of("srv:contoso.com"), "contoso.com");
    EXPECT_EQ(srv_domain_of("ldaps://srv:636"), "");
}

}  // namespace
}  // namespace eas451
