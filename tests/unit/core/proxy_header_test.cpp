// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/proxy_header.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace eas451 {
namespace {

using namespace std::string_literals;

const std::string signature("\r\n\r\n\0\r\nQUIT\n", 12);

/// "own" for the connection's own address, "incomplete", or the fault.
std::string read(std::string_view bytes) {
    const auto missing = missing_of_proxy_header(bytes);
    if (!missing) return std::string(to_string(missing.error()));
    if (*missing != 0) return "incomplete";
    const auto header = parse_proxy_header(bytes);
    if (!header) return std::string(to_string(header.error()));
    return header->client ? header->client->to_string() : "own";
}

std::string fault(ProxyHeaderFault what) { return std::string(to_string(what)); }

std::string line(const std::string& text) { return "PROXY " + text + "\r\n"; }

std::string number(std::size_t value) { return {static_cast<char>(value >> 8U), static_cast<char>(value & 0xffU)}; }

std::string binary(unsigned command, unsigned family, const std::string& block) {
    return signature + static_cast<char>(command) + static_cast<char>(family) + number(block.size()) + block;
}

const std::string v4_block("\xc6\x33\x64\x01\x0a\x00\x00\x01\xc3\x50\x01\xbb", 12);  // 198.51.100.1 to 10.0.0.1
const std::string v6_block = "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x07" + std::string(16, '\1') + "\xc3\x50\x01\xbb";

std::string tlv(char type, const std::string& value) { return type + number(value.size()) + value; }

std::string with_checksum(const std::string& before, const std::string& after) {
    const std::string without = binary(0x21, 0x11, v4_block + before + tlv(3, std::string(4, '\0')) + after);
    const std::size_t at = 16 + v4_block.size() + before.size() + 3;
    const std::uint32_t sum = crc32c_without(without, at);
    return std::string(without).replace(at, 4, number(sum >> 16U) + number(sum & 0xffffU));
}

TEST(proxy_header, lines_of_version_1) {
    EXPECT_EQ(read(line("TCP4 198.51.100.1 10.0.0.1 50000 443")), "198.51.100.1");
    EXPECT_EQ(read(line("TCP4 255.255.255.255 255.255.255.255 65535 65535")), "255.255.255.255");
    EXPECT_EQ(read(line("TCP4 1.1.1.1 1.1.1.1 0 0")), "1.1.1.1");
    EXPECT_EQ(read(line("TCP6 2001:db8::7 ::1 50000 443")), "2001:db8::7");
    EXPECT_EQ(read(line("TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535")),
              "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    EXPECT_EQ(read(line("TCP6 ::ffff:198.51.100.1 ::1 1 2")), "198.51.100.1");
    EXPECT_EQ(read(line("UNKNOWN")), "own");
    EXPECT_EQ(read(line("UNKNOWN ")), "own");
    EXPECT_EQ(read(line("UNKNOWN whatever \0\xff there is"s)), "own");
}

TEST(proxy_header, other_lines_are_refused) {
    for (const auto& bad : {
             "TCP4 198.51.100.1 10.0.0.1 50000"s, "TCP4 198.51.100.1 10.0.0.1 50000 443 1"s, "TCP4 198.51.100.1 10.0.0.1 50000 443 "s,
             " TCP4 198.51.100.1 10.0.0.1 50000 443"s, "TCP4  198.51.100.1 10.0.0.1 50000 443"s,
             "TCP4\t198.51.100.1 10.0.0.1 50000 443"s, "TCP4 198.51.100.1 10.0.0.1 50000 65536"s,
             "TCP4 198.51.100.1 10.0.0.1 65536 443"s, "TCP4 198.51.100.1 10.0.0.1 99999999999 443"s,
             "TCP4 198.51.100.1 10.0.0.1 050000 443"s, "TCP4 198.51.100.1 10.0.0.1 50000 00"s, "TCP4 198.51.100.1 10.0.0.1 -1 443"s,
             "TCP4 198.51.100.1 10.0.0.1 +1 443"s, "TCP4 198.51.100.1 10.0.0.1  443"s, "TCP4 198.51.100.1 10.0.0.1 5e3 443"s,
             "TCP4 198.51.100.01 10.0.0.1 50000 443"s, "TCP4 198.51.100.256 10.0.0.1 50000 443"s,
             "TCP4 198.51.100 10.0.0.1 50000 443"s, "TCP4 198.51.100.1 10.0.0.01 50000 443"s, "TCP4 ::1 ::1 50000 443"s,
             "TCP4 ::ffff:198.51.100.1 10.0.0.1 50000 443"s, "TCP6 198.51.100.1 10.0.0.1 50000 443"s, "TCP6 ::1 10.0.0.1 50000 443"s,
             "TCP6 fe80::1%eth0 ::1 50000 443"s, "TCP6 [::1] ::1 50000 443"s, "TCP6 1:2:3:4:5:6:7 ::1 50000 443"s,
             "TCP 198.51.100.1 10.0.0.1 50000 443"s, "TCP5 198.51.100.1 10.0.0.1 50000 443"s, "tcp4 198.51.100.1 10.0.0.1 50000 443"s,
             "UDP4 198.51.100.1 10.0.0.1 50000 443"s, "UNKNOWNX"s, "unknown"s, "TCP4"s, "TCP4 "s, "TCP4 198.51.100.1"s, ""s, " "s,
             "TCP4 198.51.100.1\0 10.0.0.1 50000 443"s,
         }) {
        EXPECT_EQ(read(line(bad)), fault(ProxyHeaderFault::bad_line)) << bad;
    }
}

TEST(proxy_header, a_line_ends_with_both_bytes) {
    const std::string good = "PROXY TCP4 198.51.100.1 10.0.0.1 50000 443";
    EXPECT_EQ(read(good + "\n"), fault(ProxyHeaderFault::bad_line));
    EXPECT_EQ(read(good + "\rX"), fault(ProxyHeaderFault::bad_line));
    EXPECT_EQ(read(good + "\r\r\n"), fault(ProxyHeaderFault::bad_line));
    EXPECT_EQ(read("PROXY UNKNOWN a\nb\r\n"), fault(ProxyHeaderFault::bad_line));
    EXPECT_EQ(read("PROXY UNKNOWN a\rb\r\n"), fault(ProxyHeaderFault::bad_line));
    EXPECT_EQ(read(good + "\r"), "incomplete");
    EXPECT_EQ(read(good), "incomplete");
}

TEST(proxy_header, a_line_of_107_bytes_is_the_longest) {
    const std::string longest = line("UNKNOWN " + std::string(107 - 16, 'x'));
    ASSERT_EQ(longest.size(), max_proxy_line_bytes);
    EXPECT_EQ(read(longest), "own");
    EXPECT_EQ(read(line("UNKNOWN " + std::string(107 - 15, 'x'))), fault(ProxyHeaderFault::too_long));
    const std::string endless = "PROXY " + std::string(200, 'x');
    EXPECT_EQ(read(endless.substr(0, 105)), "incomplete");
    EXPECT_EQ(read(endless.substr(0, 106)), fault(ProxyHeaderFault::too_long));
    EXPECT_EQ(read(endless), fault(ProxyHeaderFault::too_long));
}

TEST(proxy_header, version_2) {
    EXPECT_EQ(read(binary(0x21, 0x11, v4_block)), "198.51.100.1");
    EXPECT_EQ(read(binary(0x21, 0x21, v6_block)), "2001:db8::7");
    EXPECT_EQ(read(binary(0x21, 0x11, v4_block + tlv(1, "h2") + tlv(0x20, "") + tlv('\xe0', "any"))), "198.51.100.1");
}

TEST(proxy_header, connections_that_have_no_client_address) {
    EXPECT_EQ(read(binary(0x20, 0x00, "")), "own");
    EXPECT_EQ(read(binary(0x20, 0x11, v4_block)), "own");
    // Of a LOCAL command all is discarded, whatever it is.
    EXPECT_EQ(read(binary(0x20, 0x11, "")), "own");
    EXPECT_EQ(read(binary(0x20, 0xff, "what ever")), "own");
    EXPECT_EQ(read(binary(0x21, 0x00, "")), "own");
    EXPECT_EQ(read(binary(0x21, 0x00, "what ever")), "own");
    EXPECT_EQ(read(binary(0x21, 0x31, std::string(216, 'x'))), "own");
}

TEST(proxy_header, another_version_command_or_family) {
    for (const unsigned command : {0x00U, 0x01U, 0x11U, 0x22U, 0x2fU, 0x30U, 0x31U, 0xf1U}) {
        EXPECT_EQ(read(binary(command, 0x11, v4_block)), fault(ProxyHeaderFault::bad_version)) << command;
    }
    for (const unsigned family : {0x01U, 0x02U, 0x10U, 0x12U, 0x13U, 0x20U, 0x22U, 0x30U, 0x32U, 0x41U, 0xf1U, 0x1fU}) {
        EXPECT_EQ(read(binary(0x21, family, v6_block)), fault(ProxyHeaderFault::bad_family)) << family;
    }
}

TEST(proxy_header, addresses_have_to_fit_the_length) {
    EXPECT_EQ(read(binary(0x21, 0x11, v4_block.substr(0, 11))), fault(ProxyHeaderFault::bad_length));
    EXPECT_EQ(read(binary(0x21, 0x11, "")), fault(ProxyHeaderFault::bad_length));
    EXPECT_EQ(read(binary(0x21, 0x21, v6_block.substr(0, 35))), fault(ProxyHeaderFault::bad_length));
    EXPECT_EQ(read(binary(0x21, 0x21, v4_block)), fault(ProxyHeaderFault::bad_length));
}

TEST(proxy_header, of_536_bytes_is_the_longest) {
    const std::size_t room = max_proxy_header_bytes - 16 - v4_block.size() - 3;
    const std::string longest = binary(0x21, 0x11, v4_block + tlv(4, std::string(room, 'x')));
    ASSERT_EQ(longest.size(), max_proxy_header_bytes);
    EXPECT_EQ(read(longest), "198.51.100.1");
    const std::string longer = binary(0x21, 0x11, v4_block + tlv(4, std::string(room + 1, 'x')));
    EXPECT_EQ(read(longer), fault(ProxyHeaderFault::too_long));
    // Known before the first of its bytes is read.
    EXPECT_EQ(read(longer.substr(0, 16)), fault(ProxyHeaderFault::too_long));
    EXPECT_EQ(read(signature + "\x20\x00\xff\xff"s), fault(ProxyHeaderFault::too_long));
}

TEST(proxy_header, extensions_fill_their_length) {
    for (const std::string& bad : {"\x04"s, "\x04\x00"s, "\x04\x00\x01"s, "\x04\x00\x03xx"s, "\x04\xff\xffxx"s, tlv(4, "abc") + "x",
                                   tlv(4, "") + "\x04\x00"s}) {
        EXPECT_EQ(read(binary(0x21, 0x11, v4_block + bad)), fault(ProxyHeaderFault::bad_tlv)) << bad.size();
    }
    EXPECT_EQ(read(binary(0x21, 0x11, v4_block + tlv(4, ""))), "198.51.100.1");
}

TEST(proxy_header, checksums) {
    // The check value of the algorithm's definition.
    EXPECT_EQ(crc32c_without("123456789", 9), 0xe3069283U);
    EXPECT_EQ(crc32c_without("12xxxx789", 2), crc32c_without("12\0\0\0\0"s + "789", 9));
    EXPECT_EQ(read(with_checksum("", "")), "198.51.100.1");
    EXPECT_EQ(read(with_checksum(tlv(1, "h2"), tlv(2, "mail.contoso.com"))), "198.51.100.1");
    const std::string good = with_checksum(tlv(1, "h2"), tlv(2, "mail.contoso.com"));
    const std::size_t type_at = 16 + v4_block.size() + tlv(1, "h2").size();  // of the checksum: changed, there is none
    for (std::size_t at = 16; at < good.size(); ++at) {
        if (at == type_at) continue;
        std::string flipped = good;
        flipped[at] = static_cast<char>(flipped[at] ^ 1);
        EXPECT_NE(read(flipped), "198.51.100.1") << at;
    }
    std::string other_client = good;
    other_client[16] = '\x01';
    EXPECT_EQ(read(other_client), fault(ProxyHeaderFault::bad_checksum));
    EXPECT_EQ(read(binary(0x21, 0x11, v4_block + tlv(3, "abc"))), fault(ProxyHeaderFault::bad_tlv));
    EXPECT_EQ(read(binary(0x21, 0x11, v4_block + tlv(3, "abcde"))), fault(ProxyHeaderFault::bad_tlv));
    EXPECT_EQ(read(with_checksum(tlv(3, std::string(4, '\0')), "")), fault(ProxyHeaderFault::bad_tlv));
}

TEST(proxy_header, what_is_none_is_known_early) {
    for (const auto& bad : {"G"s, "GET / HTTP/1.1\r\n"s, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00"s, "PROXY\r\n"s, "PROXX "s,
                            "proxy TCP4"s, " PROXY TCP4"s, "\r\n\r\n\0\r\nQUIT\r"s, "\r\n\r\n\0\r\nquit\n"s, "\r\nPROXY TCP4"s, "\0"s}) {
        EXPECT_EQ(read(bad), fault(ProxyHeaderFault::no_header)) << bad;
    }
}

/// Asks for what is missing until there is no more to ask, as a reader does that gets `step` bytes at most each time.
std::string read_in_steps(std::string_view stream, std::size_t step, std::size_t& taken) {
    taken = 0;
    for (;;) {
        const auto missing = missing_of_proxy_header(stream.substr(0, taken));
        if (!missing) return std::string(to_string(missing.error()));
        if (*missing == 0) return read(stream.substr(0, taken));
        if (taken == stream.size()) return "incomplete";
        taken += std::min({*missing, step, stream.size() - taken});
    }
}

TEST(proxy_header, is_read_to_its_end_and_no_further_however_it_comes) {
    const std::string behind = "\x16\x03\x01 what follows";
    for (const auto& good : {line("TCP4 198.51.100.1 10.0.0.1 50000 443"), line("UNKNOWN"), line("TCP6 ::1 ::1 1 1"),
                             line("UNKNOWN " + std::string(91, 'x')), binary(0x21, 0x11, v4_block), binary(0x20, 0, ""),
                             with_checksum(tlv(1, "h2"), "")}) {
        const std::string expected = read(good);
        for (std::size_t step = 1; step < 40; ++step) {
            std::size_t taken = 0;
            EXPECT_EQ(read_in_steps(good + behind, step, taken), expected);
            EXPECT_EQ(taken, good.size());
        }
        for (std::size_t length = 0; length < good.size(); ++length) {
            EXPECT_EQ(read(good.substr(0, length)), "incomplete") << good << length;
            EXPECT_FALSE(parse_proxy_header(std::string_view(good).substr(0, length)));
        }
        EXPECT_FALSE(parse_proxy_header(good + "x"));
    }
}

}  // namespace
}  // namespace eas451
