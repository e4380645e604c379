// SPDX-License-Identifier: Apache-2.0
#include "../../../src/io/directory/ldap/ldap_discovery.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <map>

#include "eas451/io/metrics/metrics.hpp"
#include "eas451/io/net/tls_context.hpp"
#include "fake_dns_server.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto patience = 30s;

/// Nothing listens where these servers are: whether one is up is not what is tested.
class LdapDiscoveryTest : public testing::Test {
protected:
    using Said = std::optional<FakeDnsServer::Said>;

    void say(Said said) {
        const std::scoped_lock lock(mutex_);
        said_ = std::move(said);
    }
    void start(std::vector<std::string> servers, std::chrono::milliseconds deadline = patience) {
        auto options = std::make_shared<LdapDirectoryOptions>();
        options->servers = std::move(servers);
        options->name_servers = {dns_.address()};
        options->deadline = deadline;
        options->global_catalog_port = catalog_port_;
        DirectoryReports reports{&metrics_, [this](LogLevel, const std::string& line) { lines_.push_back(line); }};
        LdapLinkEvents silent;
        servers_ = std::make_shared<LdapServers>(loop_.get_executor(), std::vector<LdapServer>{}, *make_client_context({}),
                                                 LdapAccount{}, patience, std::move(silent));
        if (catalog_port_ != 0) {
            catalog_ = std::make_shared<LdapServers>(loop_.get_executor(), std::vector<LdapServer>{}, *make_client_context({}),
                                                     LdapAccount{}, patience, LdapLinkEvents{});
        }
        discovery_ = std::make_shared<LdapDiscovery>(loop_.get_executor(), options, reports, servers_, catalog_, times_);
        discovery_->start();
    }
    template <class Condition>
    void run_until(Condition condition) {
        const auto limit = steady_clock::now() + patience;
        while (!condition()) {
            ASSERT_LT(steady_clock::now(), limit) << testing::PrintToString(lines_);
            loop_.restart();
            loop_.run_one_for(20ms);
        }
    }
    /// Of how many lookups the answer has been used: one more has begun.
    void run_until_looked_up(std::size_t times) {
        run_until([&] { return dns_.asked().size() > times; });
    }
    [[nodiscard]] std::vector<std::string> series() const {
        std::vector<std::string> names;
        const std::string text = metrics_.text();
        const std::string begin = "eas451_directory_up{server=\"";
        for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1)) {
            names.push_back(text.substr(at + begin.size(), text.find('"', at + begin.size()) - at - begin.size()));
        }
        std::ranges::sort(names);
        return names;
    }
    void expect_that_all_ends() {
        servers_->stop();
        if (catalog_ != nullptr) catalog_->stop();
        discovery_->stop();
        EXPECT_THAT(series(), ElementsAre());
        const std::weak_ptr<LdapDiscovery> watch = discovery_;
        discovery_.reset();
        servers_.reset();
        catalog_.reset();
        loop_.restart();
        loop_.run_for(patience);
        EXPECT_TRUE(loop_.stopped()) << "something is still waited for";
        EXPECT_TRUE(watch.expired());
    }

    std::mutex mutex_;
    Said said_;
    FakeDnsServer dns_{[this](const std::string&) {
        const std::scoped_lock lock(mutex_);
        return said_;
    }};
    net::io_context loop_{1};
    LdapDiscoveryTimes times_{20ms, 20ms, 1min};
    Metrics metrics_{"test"};
    std::vector<std::string> lines_;
    std::uint16_t catalog_port_ = 0;  // 0: no catalog is asked
    std::shared_ptr<LdapServers> servers_;
    std::shared_ptr<LdapServers> catalog_;
    std::shared_ptr<LdapDiscovery> discovery_;
};

FakeDnsServer::Said hosts(const std::vector<std::string>& names) {
    std::vector<std::string> records;
    for (std::size_t i = 0; i < names.size(); ++i) records.push_back(dns::srv(static_cast<unsigned>(i), 100, 1, names[i]));
    return {records};
}

TEST_F(LdapDiscoveryTest, NamedServersAreThereAtOnceAndNothingIsLookedUp) {
    start({"ldaps://127.0.0.1:1", "ldaps://127.0.0.2:1"});
    EXPECT_THAT(series(), ElementsAre("ldaps://127.0.0.1:1", "ldaps://127.0.0.2:1"));
    EXPECT_TRUE(dns_.asked().empty());
    expect_that_all_ends();
}

TEST_F(LdapDiscoveryTest, WhatIsFoundStandsAmongTheNamedOnceAndFollowsDns) {
    say(hosts({"127.0.0.2", "127.0.0.3", "127.0.0.1"}));
    start({"ldaps://127.0.0.1:1", "srv:contoso.com", "ldaps://127.0.0.9:1"});
    EXPECT_THAT(series(), ElementsAre("ldaps://127.0.0.1:1", "ldaps://127.0.0.9:1")) << "DNS was not asked yet";
    run_until([&] { return series().size() == 4; });
    EXPECT_THAT(series(), ElementsAre("ldaps://127.0.0.1:1", "ldaps://127.0.0.2:1", "ldaps://127.0.0.3:1", "ldaps://127.0.0.9:1"));
    EXPECT_THAT(lines_, ElementsAre("directory: srv:contoso.com: DNS names for _ldap._tcp.dc._msdcs.contoso.com: "
                                    "ldaps://127.0.0.2:1, ldaps://127.0.0.3:1, ldaps://127.0.0.1:1"));
    run_until_looked_up(dns_.asked().size() + 1);
    EXPECT_EQ(lines_.size(), 1U) << "nothing has changed";
    say(hosts({"127.0.0.4"}));
    run_until([&] { return series().size() == 3; });
    EXPECT_THAT(series(), ElementsAre("ldaps://127.0.0.1:1", "ldaps://127.0.0.4:1", "ldaps://127.0.0.9:1"));
    EXPECT_EQ(lines_.size(), 2U);
    expect_that_all_ends();
}

TEST_F(LdapDiscoveryTest, TheCatalogsAreThoseOfTheServers) {
    catalog_port_ = 2;
    say(hosts({"127.0.0.2"}));
    start({"ldaps://127.0.0.1:1", "ldaps://127.0.0.1:3", "srv:contoso.com"});
    EXPECT_THAT(series(), ElementsAre("ldaps://127.0.0.1:1", "ldaps://127.0.0.1:2", "ldaps://127.0.0.1:3"))
        << "a host has one catalog";
    run_until([&] { return series().size() == 5; });
    EXPECT_THAT(series(), ElementsAre("ldaps://127.0.0.1:1", "ldaps://127.0.0.1:2", "ldaps://127.0.0.1:3", "ldaps://127.0.0.2:1",
                                      "ldaps://127.0.0.2:2"));
    say(hosts({"127.0.0.3"}));
    run_until([&] { return series().back() == "ldaps://127.0.0.3:2"; });
    EXPECT_THAT(series(), ElementsAre("ldaps://127.0.0.1:1", "ldaps://127.0.0.1:2", "ldaps://127.0.0.1:3", "ldaps://127.0.0.3:1",
                                      "ldaps://127.0.0.3:2"));
    expect_that_all_ends();
}

TEST_F(LdapDiscoveryTest, WhileDnsFailsOrKnowsNobodyTheListStaysAndThatIsToldOnce) {
    const std::vector<std::string> found{"ldaps://127.0.0.2:1", "ldaps://127.0.0.3:1"};
    say(hosts({"127.0.0.2", "127.0.0.3"}));
    start({"srv:contoso.com"});
    run_until([&] { return series() == found; });
    lines_.clear();
    say(FakeDnsServer::no_such_name());
    run_until_looked_up(dns_.asked().size() + 6);
    EXPECT_THAT(lines_, ElementsAre("directory: srv:contoso.com: DNS knows no domain controllers: no SRV records for "
                                    "_ldap._tcp.contoso.com; those that were found before are used"));
    EXPECT_EQ(series(), found);
    say(FakeDnsServer::Said{{}, 0x8182});
    run_until_looked_up(dns_.asked().size() + 6);
    ASSERT_EQ(lines_.size(), 2U);
    EXPECT_THAT(lines_.back(), HasSubstr("no name server has an answer for _ldap._tcp.dc._msdcs.contoso.com"));
    EXPECT_EQ(series(), found);
    expect_that_all_ends();
}

TEST_F(LdapDiscoveryTest, BeforeAnythingIsFoundQuestionsFailWithTheReasonOfDns) {
    say(std::nullopt);
    start({"srv:contoso.com"}, 200ms);
    run_until([&] { return lines_.size() == 1; });
    EXPECT_EQ(lines_.front(), "directory: srv:contoso.com: DNS did not answer in time; no server is known by it yet");
    std::optional<LdapAsked> asked;
    auto ended = [&asked](const std::exception_ptr&, LdapAsked made) { asked = std::move(made); };
    auto work = servers_->search({"", LdapScope::base, "(objectClass=*)", {"1.1"}, 1, 5}, steady_clock::now() + patience);
    net::co_spawn(loop_, std::move(work), std::move(ended));
    run_until([&] { return asked.has_value(); });
    ASSERT_FALSE(asked->replied);
    EXPECT_EQ(text_of(*asked), "srv:contoso.com: DNS did not answer in time");
    say(hosts({"127.0.0.2"}));
    run_until([&] { return series().size() == 1; });
    expect_that_all_ends();
}

TEST_F(LdapDiscoveryTest, NoMoreThanSoManyAreUsedThoughAllThatAreNamed) {
    std::vector<std::string> many;
    for (int i = 2; i < 32; ++i) many.push_back("127.0.0." + std::to_string(i));
    std::vector<std::string> configured{"srv:contoso.com", "srv:fabrikam.com"};
    say(hosts({many.begin(), many.begin() + 15}));
    for (int i = 1; i <= 3; ++i) configured.push_back("ldaps://127.0.1." + std::to_string(i) + ":1");
    start(configured);
    run_until([&] { return series().size() >= 18; });
    EXPECT_EQ(series().size(), 18U);
    say(hosts(many));
    run_until([&] { return series().size() != 18; });
    EXPECT_EQ(series().size(), most_servers_found + 3);
    expect_that_all_ends();
}

}  // namespace
}  // namespace eas451
