// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/ip_address.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <vector>

namespace eas451 {
namespace {

using namespace std::string_literals;

std::string read_and_written(const std::string& text) {
    const auto address = IpAddress::parse(text);
    return address ? address->to_string() : "none";
}

TEST(ip_address, reads_both_families) {
    for (const auto& [text, written] : std::vector<std::pair<std::string, std::string>>{
             {"192.0.2.1", "192.0.2.1"}, {"0.0.0.0", "0.0.0.0"}, {"255.255.255.255", "255.255.255.255"},
             {"::", "::"}, {"::1", "::1"}, {"1::", "1::"}, {"2001:DB8::1", "2001:db8::1"},
             {"2001:0db8:0:0:0:0:0:1", "2001:db8::1"}, {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
             {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"}, {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
             {"::ffff:192.0.2.1", "192.0.2.1"}, {"::FFFF:c000:201", "192.0.2.1"}, {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
             {"::192.0.2.1", "::c000:201"}, {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
             {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"}, {"::fffe:1.2.3.4", "::fffe:102:304"}}) {
        EXPECT_EQ(read_and_written(text), written) << text;
    }
}

TEST(ip_address, refuses_everything_else) {
    for (const auto& bad : {""s, "1.2.3"s, "1.2.3.4.5"s, "1.2.3.256"s, "01.2.3.4"s, "1.2.3.04"s, "1.2.3.4 "s, " 1.2.3.4"s,
                            "0x7f.0.0.1"s, "1.2.3.-4"s, "1.2.3.+4"s, "127.1"s, "2130706433"s, ":"s, ":::"s, "1::2::3"s,
                            "1:2:3:4:5:6:7"s, "1:2:3:4:5:6:7:8:9"s, "1:2:3:4:5:6:7:8::"s, "12345::"s, "g::"s, "fe80::1%eth0"s,
                            "[::1]"s, "::1/128"s, "::1.2.3"s, "1.2.3.4::"s, "::01.2.3.4"s, "1:2:3:4:5:6:7:1.2.3.4"s, "::1\0"s,
                            "1.2.3.4\n"s, "localhost"s, "1.2.3.4:80"s}) {
        EXPECT_EQ(read_and_written(bad), "none") << bad;
    }
}

TEST(ip_address, agrees_with_the_system_on_any_address) {
    std::mt19937 random(451);
    for (int i = 0; i < 5000; ++i) {
        std::array<std::uint8_t, 16> bytes{};
        // Many zeros, so that all ways to shorten come up.
        for (std::uint8_t& byte : bytes) byte = random() % 3 == 0 ? static_cast<std::uint8_t>(random()) : std::uint8_t{0};
        if (random() % 2 == 0) bytes[random() % 16] = 1;
        std::array<char, INET6_ADDRSTRLEN> text{};
        ASSERT_NE(::inet_ntop(AF_INET6, bytes.data(), text.data(), text.size()), nullptr);
        const auto made = IpAddress::from_v6(bytes);
        EXPECT_EQ(IpAddress::parse(text.data()), made) << text.data();
        EXPECT_EQ(IpAddress::parse(made.to_string()), made) << made.to_string();
        if (std::string(text.data()).find('.') == std::string::npos) {
            EXPECT_EQ(made.to_string(), text.data());
        }
    }
}

TEST(ip_address, mapped_ipv4_is_ipv4) {
    const std::array<std::uint8_t, 4> bytes{192, 0, 2, 1};
    EXPECT_EQ(IpAddress::from_v4(bytes), IpAddress::parse("::ffff:192.0.2.1"));
    EXPECT_TRUE(IpAddress::from_v4(bytes).is_v4());
    EXPECT_FALSE(IpAddress::parse("::192.0.2.1")->is_v4());
}

bool holds(const std::string& network, const std::string& address) {
    const auto read = IpNetwork::parse(network);
    return read && read->contains(*IpAddress::parse(address));
}

TEST(ip_address, the_zone_of_a_link_is_not_part_of_an_address) {
    EXPECT_EQ(address_of_peer("fe80::1%eth0"), IpAddress::parse("fe80::1"));
    EXPECT_EQ(address_of_peer("192.0.2.1"), IpAddress::parse("192.0.2.1"));
    EXPECT_FALSE(address_of_peer("unix"));
    EXPECT_FALSE(address_of_peer(""));
}

TEST(ip_address, of_ipv6_a_network_of_64_bits_is_one_client) {
    const auto client = [](std::string_view text) { return IpAddress::parse(text)->client(); };
    EXPECT_EQ(client("2001:db8:1:2::1"), client("2001:db8:1:2:ffff:ffff:ffff:ffff"));
    EXPECT_NE(client("2001:db8:1:2::1"), client("2001:db8:1:3::1"));
    EXPECT_EQ(client("192.0.2.1"), client("::ffff:192.0.2.1"));
    EXPECT_NE(client("192.0.2.1"), client("192.0.2.2"));
    EXPECT_NE(client("192.0.2.1"), client("2001:db8::c000:201"));
    EXPECT_NE(client("0.0.0.1"), client("::1"));
}

TEST(ip_network, holds_what_begins_alike) {
    EXPECT_TRUE(holds("10.0.0.0/8", "10.255.255.255"));
    EXPECT_FALSE(holds("10.0.0.0/8", "11.0.0.0"));
    EXPECT_TRUE(holds("10.0.0.0/9", "10.127.255.255"));
    EXPECT_FALSE(holds("10.0.0.0/9", "10.128.0.0"));
    EXPECT_TRUE(holds("192.0.2.7", "192.0.2.7"));
    EXPECT_FALSE(holds("192.0.2.7", "192.0.2.6"));
    EXPECT_TRUE(holds("0.0.0.0/0", "255.255.255.255"));
    EXPECT_TRUE(holds("2001:db8::/33", "2001:db8:7fff::"));
    EXPECT_FALSE(holds("2001:db8::/33", "2001:db8:8000::"));
    EXPECT_TRUE(holds("::1", "::1"));
    EXPECT_FALSE(holds("::1", "::"));
}

TEST(ip_network, keeps_the_families_apart) {
    EXPECT_TRUE(holds("::/0", "2001:db8::1"));
    EXPECT_FALSE(holds("::/0", "192.0.2.1"));
    EXPECT_FALSE(holds("0.0.0.0/0", "2001:db8::1"));
    EXPECT_FALSE(holds("0.0.0.0/0", "::"));
    // Both ways to write IPv4 within IPv6.
    EXPECT_TRUE(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
    EXPECT_TRUE(holds("::ffff:10.0.0.0/104", "10.1.2.3"));
    EXPECT_FALSE(holds("::ffff:10.0.0.0/104", "11.1.2.3"));
    EXPECT_EQ(IpNetwork::parse("::ffff:10.0.0.0/104")->to_string(), "10.0.0.0/8");
}

TEST(ip_network, drops_the_bits_behind_the_prefix) {
    EXPECT_EQ(IpNetwork::parse("10.1.2.3/8")->to_string(), "10.0.0.0/8");
    EXPECT_EQ(IpNetwork::parse("2001:DB8::1/32")->to_string(), "2001:db8::/32");
    EXPECT_EQ(IpNetwork::parse("192.0.2.1")->to_string(), "192.0.2.1/32");
    EXPECT_EQ(IpNetwork::parse("::1")->to_string(), "::1/128");
    EXPECT_EQ(IpNetwork::parse("1.2.3.4/0")->to_string(), "0.0.0.0/0");
    EXPECT_EQ(IpNetwork::parse("::ffff:10.0.0.0/8")->to_string(), "::/8");
}

TEST(ip_network, refuses_everything_else) {
    for (const char* bad : {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+1", "10.0.0.0/ 8", "10.0.0.0/8 ",
                            "10.0.0.0/8/8", "10.0.0.0/255.0.0.0", "10/8", "::/129", "::/4294967297", "fe80::%eth0/64"}) {
        EXPECT_FALSE(IpNetwork::parse(bad)) << bad;
    }
    EXPECT_TRUE(IpNetwork::parse("10.0.0.0/32"));
    EXPECT_TRUE(IpNetwork::parse("::/128"));
}

TEST(network_set, holds_what_one_of_them_holds) {
    const NetworkSet set({*IpNetwork::parse("10.0.0.0/8"), *IpNetwork::parse("2001:db8::/32")});
    EXPECT_TRUE(set.contains(*IpAddress::parse("10.1.1.1")));
    EXPECT_TRUE(set.contains(*IpAddress::parse("2001:db8::1")));
    EXPECT_FALSE(set.contains(*IpAddress::parse("192.0.2.1")));
    EXPECT_FALSE(NetworkSet().contains(*IpAddress::parse("::1")));
    EXPECT_TRUE(NetworkSet().empty());
    EXPECT_FALSE(set.empty());
}

}  // namespace
}  // namespace eas451
