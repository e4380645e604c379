// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/request_head.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

using namespace std::string_literals;
using Fault = std::optional<HeadFault>;

const std::string post = "POST /Microsoft-Server-ActiveSync?Cmd=Sync HTTP/1.1\r\n";
const std::string host_line = "Host: mail.contoso.com\r\n";

Fault fault_of(const std::string& head) {
    // A copy of exactly its size, so that a sanitizer sees a read past the end.
    const auto bytes = std::make_unique<char[]>(head.size());
    std::copy(head.begin(), head.end(), bytes.get());
    RequestHead out;
    return parse_request_head({bytes.get(), head.size()}, out);
}
/// A request with these lines after Host.
Fault with_lines(const std::string& lines) {
    return fault_of(post + host_line + lines + "\r\n");
}
Fault with_target(const std::string& target) {
    return fault_of("GET " + target + " HTTP/1.1\r\n" + host_line + "\r\n");
}
Fault with_host(const std::string& host) {
    return fault_of(post + "Host: " + host + "\r\n\r\n");
}
Fault with_request_line(const std::string& line) {
    return fault_of(line + "\r\n" + host_line + "\r\n");
}

RequestHead head_of(const std::string& head) {
    RequestHead out;
    EXPECT_EQ(parse_request_head(head, out), Fault{}) << head;
    return out;
}

std::string shown(const std::string& bytes) {
    std::string text;
    append_json_string(text, bytes);
    return text;
}

TEST(request_head, reads_a_phones_request) {
    const std::string bytes =
        "POST /Microsoft-Server-ActiveSync?User=DOM\\user&Cmd=Sync HTTP/1.1\r\nHost: mail.contoso.com:443\r\n"
        "MS-ASProtocolVersion:14.1\r\nUser-Agent: \t Apple-iPad3C6/1202.466 \t\r\nX-Empty:\r\nContent-Length: "
        "13\r\n\r\n";
    const auto head = head_of(bytes);
    EXPECT_EQ(head.method, "POST");
    EXPECT_EQ(head.target, "/Microsoft-Server-ActiveSync?User=DOM\\user&Cmd=Sync");
    EXPECT_EQ(head.path, "/Microsoft-Server-ActiveSync");
    EXPECT_EQ(head.query, "User=DOM\\user&Cmd=Sync");
    EXPECT_EQ(head.host, "mail.contoso.com:443");
    EXPECT_TRUE(head.http_1_1 && head.keep_alive && !head.expects_continue);
    EXPECT_EQ(head.framing, BodyFraming::content_length);
    EXPECT_EQ(head.content_length, 13U);
    EXPECT_EQ(head.fields().size(), 5U);
    EXPECT_EQ(head.find("ms-asprotocolversion"), "14.1");
    EXPECT_EQ(head.find("USER-AGENT"), "Apple-iPad3C6/1202.466");
    EXPECT_EQ(head.find("x-empty"), "");
    EXPECT_FALSE(head.find("X-Absent"));
}

TEST(request_head, forgets_what_out_held_before) {
    RequestHead out;
    EXPECT_FALSE(parse_request_head(post + host_line + "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n", out));
    EXPECT_FALSE(parse_request_head("GET / HTTP/1.1\r\nHost: a\r\n\r\n", out));
    EXPECT_EQ(out.fields().size(), 1U);
    EXPECT_EQ(out.query, "");
    EXPECT_EQ(out.framing, BodyFraming::none);
    EXPECT_EQ(out.content_length, 0U);
    EXPECT_FALSE(out.expects_continue);
}

TEST(request_head, request_lines) {
    const std::vector<std::pair<std::string, Fault>> cases = {
        {"GET / HTTP/1.1", {}},
        {"OPTIONS / HTTP/1.0", {}},
        {std::string(32, 'M') + " / HTTP/1.1", {}},
        {std::string(33, 'M') + " / HTTP/1.1", HeadFault::bad_request_line},
        {"get / HTTP/1.1", HeadFault::bad_request_line},
        {"G3T / HTTP/1.1", HeadFault::bad_request_line},
        {"G-T / HTTP/1.1", HeadFault::bad_request_line},
        {" GET / HTTP/1.1", HeadFault::bad_request_line},
        {"GET  / HTTP/1.1", HeadFault::bad_request_line},
        {"GET /  HTTP/1.1", HeadFault::bad_request_line},
        {"GET / HTTP/1.1 ", HeadFault::bad_request_line},
        {"GET /a b HTTP/1.1", HeadFault::bad_request_line},
        {"GET\t/ HTTP/1.1", HeadFault::bad_request_line},
        {"GET /", HeadFault::bad_request_line},
        {"GET / ", HeadFault::bad_request_line},
        {"GET ", HeadFault::bad_request_line},
        {"GET", HeadFault::bad_request_line},
        {"\x16\x03\x01", HeadFault::bad_request_line},
        {"GET /\tHTTP/1.1", HeadFault::bad_request_line},
        {"GET / HTTP/1.1\t", HeadFault::bad_version},
        {"GET / HTTP/0.9", HeadFault::bad_version},
        {"GET / HTTP/1.2", HeadFault::bad_version},
        {"GET / HTTP/2.0", HeadFault::bad_version},
        {"GET / HTTP/01.1", HeadFault::bad_version},
        {"GET / http/1.1", HeadFault::bad_version},
        {"GET / HTTP/1.10", HeadFault::bad_version},
        {"GET / HTTP/1.", HeadFault::bad_version},
        {"GET / ICY/1.1", HeadFault::bad_version},
        {"PRI * HTTP/2.0", HeadFault::bad_version},
        {"", HeadFault::bad_line_end},
    };
    for (const auto& [line, fault] : cases) EXPECT_EQ(with_request_line(line), fault) << shown(line);
}

TEST(request_head, targets) {
    for (const auto* good :
         {"/", "/a/b;c=d,e", "//", "/a%20b", "/%2f%5C%25%80", "/?%", "/?%00", "/?", "/??a=b/?c", "/a?q=\\\"<>{}|^`[]'", "/~!$&'()*+,;=:@-._"}) {
        EXPECT_EQ(with_target(good), Fault{}) << good;
    }
    for (const auto& bad : {"*"s,
                            "a"s,
                            "?a"s,
                            "mail.contoso.com:443"s,
                            "http://mail.contoso.com/"s,
                            "https://x/"s,
                            "/#"s,
                            "/a#b"s,
                            "/?a#b"s,
                            "/\\a"s,
                            "/<"s,
                            "/\""s,
                            "/{}"s,
                            "/a|b"s,
                            "/%"s,
                            "/a%4"s,
                            "/%zz"s,
                            "/%2"s,
                            "/%%41"s,
                            "/%u0041"s,
                            "/%00"s,
                            "/%0d%0a"s,
                            "/%1F"s,
                            "/%7f"s,
                            "/\x7f"s,
                            "/?\x7f"s,
                            "/\x80"s,
                            "/?\xc3\xa4"s,
                            "/\0"s,
                            "/?\0"s,
                            "/\t"s,
                            "/?a\tb"s,
                            "/?\x1b[2J"s}) {
        EXPECT_EQ(with_target(bad), HeadFault::bad_target) << shown(bad);
    }
}

TEST(request_head, line_ends) {
    const std::vector<std::string> broken = {
        "\r\n" + post + host_line + "\r\n",
        "\n" + post + host_line + "\r\n",
        "\r" + post + host_line + "\r\n",
        "\r\n\r\n",
        "\n\n",
        "GET / HTTP/1.1\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\n",
        "GET / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n",
        "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: b\nc: d\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\nmore",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n",
        "GET / HTTP/1.1\r\n",
        "",
    };
    for (const auto& head : broken) EXPECT_EQ(fault_of(head), HeadFault::bad_line_end) << shown(head);
}

TEST(request_head, every_prefix_is_refused) {
    const auto head = post + host_line + "Authorization: Basic dTpw\r\nContent-Length: 3\r\n\r\n";
    ASSERT_EQ(fault_of(head), Fault{});
    for (std::size_t length = 0; length < head.size(); ++length)
        EXPECT_TRUE(fault_of(head.substr(0, length))) << length;
}

TEST(request_head, field_names) {
    for (int i = 0; i < 256; ++i) {
        const char c = static_cast<char>(i);
        if (c == '\r' || c == '\n' || c == ':') continue;
        const bool good = is_ascii_alnum(c) || (c != '\0' && "!#$%&'*+-^`|~"s.find(c) != std::string::npos);
        EXPECT_EQ(with_lines("X"s + c + "Y: z\r\n"), good ? Fault{} : HeadFault::bad_field) << i;
    }
    for (const auto* bad :
         {": empty", "no colon", "X : y", " X: folded", "\tX: folded", "X\t: y", ":", "X-Forwarded_For: 1", "X.Y: 1"}) {
        EXPECT_EQ(with_lines(bad + "\r\n"s), HeadFault::bad_field) << bad;
    }
    EXPECT_EQ(with_lines("X: a\r\n folded\r\n"), HeadFault::bad_field);
    EXPECT_EQ(with_lines("Content-Length: 1\r\n 0\r\n"), HeadFault::bad_field);
}

TEST(request_head, field_values) {
    for (int i = 0; i < 256; ++i) {
        const char c = static_cast<char>(i);
        if (c == '\r' || c == '\n') continue;
        const bool good = c == '\t' || !is_control(c);
        EXPECT_EQ(with_lines("X: a"s + c + "b\r\n"), good ? Fault{} : HeadFault::bad_field_value) << i;
        EXPECT_EQ(with_lines("X:"s + c + "\r\n"), good ? Fault{} : HeadFault::bad_field_value) << i;
    }
    EXPECT_EQ(head_of(post + host_line + "X: a: b\t c \r\n\r\n").find("x"), "a: b\t c");
}

TEST(request_head, hosts) {
    for (const auto& good : {"a"s, "mail.contoso.com"s, "mail.contoso.com."s, "10.0.0.1:443"s, "a:0"s, "a:65535"s,
                             "a:00443"s, "[::1]"s, "[::ffff:10.0.0.1]:443"s, "a_b-c"s, std::string(255, 'a')}) {
        EXPECT_EQ(with_host(good), Fault{}) << good;
    }
    for (const auto& bad : {""s,
                            ":443"s,
                            "a:"s,
                            "a:65536"s,
                            "a:000443"s,
                            "a:-1"s,
                            "a:+1"s,
                            "a:1x"s,
                            "a:b:1"s,
                            "::1"s,
                            "[::1"s,
                            "[]"s,
                            "[::1]443"s,
                            "[::1]:"s,
                            "[::g]"s,
                            "a b"s,
                            "a,b"s,
                            "a@b"s,
                            "user:pw@a"s,
                            "a/b"s,
                            "a?b"s,
                            "a%20b"s,
                            "http://a"s,
                            "b\xc3\xbc"
                            "cher"s,
                            "a\\b"s,
                            std::string(256, 'a')}) {
        EXPECT_EQ(with_host(bad), HeadFault::bad_host) << bad;
    }
    EXPECT_EQ(fault_of(post + "\r\n"), HeadFault::bad_host);
    EXPECT_EQ(with_lines(host_line), HeadFault::bad_host);
    EXPECT_EQ(with_lines("hOST: other\r\n"), HeadFault::bad_host);
    EXPECT_EQ(fault_of("GET / HTTP/1.0\r\n\r\n"), Fault{});
    EXPECT_EQ(head_of("GET / HTTP/1.0\r\n\r\n").host, "");
    EXPECT_EQ(fault_of("GET / HTTP/1.0\r\nHost:\r\n\r\n"), HeadFault::bad_host);
    EXPECT_EQ(fault_of("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"), HeadFault::bad_host);
}

}  // namespace
}  // namespace eas451
