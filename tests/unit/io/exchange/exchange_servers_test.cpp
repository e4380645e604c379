// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/exchange/exchange_servers.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <stdexcept>

namespace eas451 {
namespace {

using testing::ElementsAre;

constexpr int users = 10'000;

ExchangeServers three() {
    ExchangeServers made;
    for (const char* url : {"https://ex1.contoso.com", "https://ex2.contoso.com", "https://ex3.contoso.com"}) {
        made.servers.push_back(ExchangeServer::at(url));
        made.servers.back().is_up = true;
    }
    return made;
}

std::uint64_t user(int i) { return user_number("user" + std::to_string(i) + "@contoso.com"); }

/// Whom each user tries first.
std::vector<std::string> homes(const ExchangeServers& servers) {
    std::vector<std::string> found;
    for (int i = 0; i < users; ++i) found.push_back(servers.servers[servers.order_for(user(i))[0]].url);
    return found;
}

TEST(ExchangeServer, IsReadFromItsUrl) {
    const auto plain = ExchangeServer::at("https://ex1.contoso.com");
    EXPECT_EQ(plain.host, "ex1.contoso.com");
    EXPECT_EQ(plain.port, 443);
    EXPECT_EQ(plain.authority(), "ex1.contoso.com");
    EXPECT_TRUE(plain.addresses.empty());
    EXPECT_FALSE(plain.is_up);
    EXPECT_EQ(plain.why_down, "not checked yet");
    const auto address = ExchangeServer::at("https://[2001:db8::1]:8443");
    EXPECT_EQ(address.host, "2001:db8::1");
    EXPECT_EQ(address.port, 8443);
    EXPECT_EQ(address.authority(), "[2001:db8::1]:8443");
    ASSERT_EQ(address.addresses.size(), 1U);
    EXPECT_EQ(address.addresses[0].address().to_string(), "2001:db8::1");
    EXPECT_EQ(address.addresses[0].port(), 8443);
    EXPECT_EQ(ExchangeServer::at("https://192.0.2.1").addresses.at(0).port(), 443);
    EXPECT_THROW(ExchangeServer::at("http://ex1"), std::invalid_argument);
    EXPECT_THROW(ExchangeServer::at("ex1"), std::invalid_argument);
}

TEST(ExchangeServers, AUserIsOneNumberInEitherCase) {
    EXPECT_EQ(user_number("Jörg.Ä@CONTOSO.com"), user_number("jörg.Ä@contoso.COM"));
    EXPECT_NE(user_number("a@contoso.com"), user_number("b@contoso.com"));
    EXPECT_NE(user_number(""), user_number("a"));
}

TEST(ExchangeServers, UsersAreSpread) {
    std::map<std::string, int> count;
    for (const std::string& home : homes(three())) ++count[home];
    ASSERT_EQ(count.size(), 3U);
    for (const auto& [url, number] : count) EXPECT_NEAR(number, users / 3, users / 3 / 5) << url;
}

TEST(ExchangeServers, OnlyTheUsersOfALostServerMoveEvenlyAndComeBack) {
    ExchangeServers servers = three();
    const auto before = homes(servers);
    servers.servers[1].is_up = false;
    const auto without = homes(servers);
    std::map<std::string, int> moved;
    for (std::size_t i = 0; i < before.size(); ++i) {
        if (before[i] == servers.servers[1].url) {
            ++moved[without[i]];
        } else {
            EXPECT_EQ(without[i], before[i]);
        }
    }
    EXPECT_EQ(moved.count(servers.servers[1].url), 0U);
    const int half = (moved[servers.servers[0].url] + moved[servers.servers[2].url]) / 2;
    EXPECT_NEAR(moved[servers.servers[0].url], half, half / 5);
    servers.servers[1].is_up = true;
    EXPECT_EQ(homes(servers), before);
}

TEST(ExchangeServers, TheOrderOfTheSettingsDoesNotCount) {
    ExchangeServers turned = three();
    std::ranges::reverse(turned.servers);
    EXPECT_EQ(homes(turned), homes(three()));
}

TEST(ExchangeServers, EachThatIsUpIsTriedOnce) {
    ExchangeServers servers = three();
    const auto order = servers.order_for(user(1));
    EXPECT_THAT(std::vector<int>(order.begin(), order.end()), testing::UnorderedElementsAre(0, 1, 2));
    servers.servers[order[0]].is_up = false;
    const auto without = servers.order_for(user(1));
    EXPECT_THAT(std::vector<std::size_t>(without.begin(), without.end()), ElementsAre(order[1], order[2]));
    for (auto& server : servers.servers) server.is_up = false;
    EXPECT_FALSE(servers.any_up());
    EXPECT_TRUE(servers.order_for(user(1)).empty());
}

TEST(ExchangeServers, SixteenAreOrderedAndASeventeenthIsNotLookedAt) {
    ExchangeServers servers;
    for (int i = 0; i < 17; ++i) {
        servers.servers.push_back(ExchangeServer::at("https://ex" + std::to_string(i)));
        servers.servers.back().is_up = true;
    }
    const auto order = servers.order_for(7);
    std::vector<int> found(order.begin(), order.end());
    std::ranges::sort(found);
    ASSERT_EQ(found.size(), 16U);
    for (int i = 0; i < 16; ++i) EXPECT_EQ(found[static_cast<std::size_t>(i)], i);
}

}  // namespace
}  // namespace eas451
