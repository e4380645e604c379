// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/forwarded_for.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace eas451 {
namespace {

std::string hop(std::string_view text) {
    const auto address = parse_hop(text);
    return address ? address->to_string() : "none";
}

TEST(forwarded_for, hops_as_proxies_write_them) {
    EXPECT_EQ(hop("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(hop("192.0.2.1:50000"), "192.0.2.1");
    EXPECT_EQ(hop("2001:db8::1"), "2001:db8::1");
    EXPECT_EQ(hop("[2001:db8::1]"), "2001:db8::1");
    EXPECT_EQ(hop("[2001:db8::1]:50000"), "2001:db8::1");
    EXPECT_EQ(hop("::ffff:192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(hop("[::ffff:192.0.2.1]:1"), "192.0.2.1");
    for (const char* bad : {"", "unknown", "_hidden", "mail.contoso.com", "192.0.2.1:", "192.0.2.1:x", "192.0.2.1:123456",
                            "192.0.2.1:1:2", "192.0.2", "192.0.2.01", "[192.0.2.1]", "[192.0.2.1]:1", "[2001:db8::1", "2001:db8::1]",
                            "[2001:db8::1]:", "[2001:db8::1]x", "[2001:db8::1]50000", "[]", "[", "\"[2001:db8::1]\"", "for=192.0.2.1",
                            "fe80::1%eth0", "192.0.2.1 192.0.2.2", "192.0.2.1\t", "192.0.2.1/32"}) {
        EXPECT_EQ(hop(bad), "none") << bad;
    }
}

std::string client(const std::string& peer, const std::vector<std::string_view>& values,
                   const std::vector<std::string>& trusted = {"10.0.0.0/8", "2001:db8:1::/48"}) {
    RequestHead head;
    head.add({"Host", "mail.contoso.com"});
    for (const std::string_view value : values) head.add({"x-forwarded-FOR", value});
    head.add({"X-Forwarded-For-Me", "198.51.100.99"});
    std::vector<IpNetwork> networks;
    for (const std::string& network : trusted) networks.push_back(*IpNetwork::parse(network));
    return client_behind(*IpAddress::parse(peer), head, NetworkSet(networks)).to_string();
}

TEST(forwarded_for, a_stranger_is_himself_whatever_he_says) {
    EXPECT_EQ(client("192.0.2.1", {"198.51.100.1"}), "192.0.2.1");
    EXPECT_EQ(client("192.0.2.1", {"198.51.100.1"}, {}), "192.0.2.1");
    EXPECT_EQ(client("2001:db8:2::1", {"198.51.100.1"}), "2001:db8:2::1");
}

TEST(forwarded_for, the_right_most_untrusted_hop_is_the_client) {
    EXPECT_EQ(client("10.0.0.1", {"198.51.100.1"}), "198.51.100.1");
    EXPECT_EQ(client("::ffff:10.0.0.1", {"198.51.100.1"}), "198.51.100.1");
    EXPECT_EQ(client("10.0.0.1", {"203.0.113.9, 198.51.100.1"}), "198.51.100.1");
    EXPECT_EQ(client("10.0.0.1", {"203.0.113.9, 198.51.100.1, 10.9.9.9"}), "198.51.100.1");
    EXPECT_EQ(client("10.0.0.1", {"203.0.113.9, 198.51.100.1,10.9.9.9:443 ,\t[2001:db8:1::1]:8080 "}), "198.51.100.1");
    // A trusted address further left was written by who knows whom.
    EXPECT_EQ(client("10.0.0.1", {"10.1.1.1, 198.51.100.1"}), "198.51.100.1");
}

TEST(forwarded_for, several_fields_are_one_list) {
    EXPECT_EQ(client("10.0.0.1", {"203.0.113.9", "198.51.100.1", "10.9.9.9"}), "198.51.100.1");
    EXPECT_EQ(client("10.0.0.1", {"198.51.100.1", "203.0.113.9"}), "203.0.113.9");
    EXPECT_EQ(client("10.0.0.1", {"203.0.113.9, 198.51.100.1", "10.3.3.3, 10.9.9.9"}), "198.51.100.1");
}

TEST(forwarded_for, nothing_to_read_leaves_the_last_that_is_known) {
    EXPECT_EQ(client("10.0.0.1", {}), "10.0.0.1");
    EXPECT_EQ(client("10.0.0.1", {"10.2.2.2, 10.3.3.3"}), "10.2.2.2");
    for (const std::string_view end : {"", "unknown", "10.1.1.1 198.51.100.1", "\"198.51.100.1\"", "198.51.100.1,", "198.51.100.1, "}) {
        EXPECT_EQ(client("10.0.0.1", {end}), "10.0.0.1") << end;
    }
    EXPECT_EQ(client("10.0.0.1", {"198.51.100.1, unknown, 10.9.9.9"}), "10.9.9.9");
    EXPECT_EQ(client("10.0.0.1", {"198.51.100.1,, 10.9.9.9"}), "10.9.9.9");
    EXPECT_EQ(client("10.0.0.1", {"198.51.100.1", "", "10.9.9.9"}), "10.9.9.9");
}

TEST(forwarded_for, looks_behind_so_many_proxies_and_no_more) {
    const auto chain = [](std::size_t proxies) {
        std::string list = "198.51.100.1";
        // The peer is one of them.
        for (std::size_t i = 1; i < proxies; ++i) list += ", 10.0.1." + std::to_string(i);
        return list;
    };
    EXPECT_EQ(client("10.0.0.1", {chain(max_forwarded_hops)}), "198.51.100.1");
    EXPECT_EQ(client("10.0.0.1", {chain(max_forwarded_hops + 1)}), "10.0.1.1");
}

}  // namespace
}  // namespace eas451
