// SPDX-License-Identifier: Apache-2.0
// What the fields of a head mean for the connection and the body.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "eas451/core/request_head.hpp"
#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

using namespace std::string_literals;
using Fault = std::optional<HeadFault>;

const std::string post = "POST /Microsoft-Server-ActiveSync?Cmd=Sync HTTP/1.1\r\n";
const std::string host_line = "Host: mail.contoso.com\r\n";

Fault fault_of(const std::string& head) {
    RequestHead out;
    return parse_request_head(head, out);
}
/// A request with these lines after Host.
Fault with_lines(const std::string& lines) {
    return fault_of(post + host_line + lines + "\r\n");
}

RequestHead head_of(const std::string& head) {
    RequestHead out;
    EXPECT_EQ(parse_request_head(head, out), Fault{}) << head;
    return out;
}

TEST(request_head_meaning, framings) {
    const auto length = [](const std::string& value) { return with_lines("Content-Length: " + value + "\r\n"); };
    const auto coding = [](const std::string& value) { return with_lines("Transfer-Encoding: " + value + "\r\n"); };
    for (const auto* good : {"0", "00", "13", "9999999999999999999"}) EXPECT_EQ(length(good), Fault{}) << good;
    for (const auto* bad : {"", "-1", "+1", "1,1", "1, 1", "0x1", "1f", "1.0", "1 1", "\"1\"", "00000000000000000001",
                            "18446744073709551616"}) {
        EXPECT_EQ(length(bad), HeadFault::bad_framing) << bad;
    }
    for (const auto* good : {"chunked", "CHUNKED", "Chunked\t "}) EXPECT_EQ(coding(good), Fault{}) << good;
    for (const auto* bad : {"", "identity", "gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked", "chunked,",
                            ",chunked", "\"chunked\"", "chunked;a=b", "xchunked", "chunked x", "chunk"}) {
        EXPECT_EQ(coding(bad), HeadFault::bad_framing) << bad;
    }
    const std::vector<std::string> doubled = {"Content-Length: 1\r\nContent-Length: 1\r\n",
                                              "Content-Length: 1\r\nX: y\r\ncontent-length: 2\r\n",
                                              "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
                                              "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
                                              "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                                              "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"};
    for (const auto& lines : doubled) EXPECT_EQ(with_lines(lines), HeadFault::bad_framing) << lines;
    EXPECT_EQ(fault_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), HeadFault::bad_framing);
    EXPECT_EQ(head_of(post + host_line + "Transfer-Encoding: chunked\r\n\r\n").framing, BodyFraming::chunked);
    EXPECT_EQ(head_of(post + host_line + "\r\n").framing, BodyFraming::none);
    EXPECT_EQ(head_of(post + host_line + "Content-Length: 9999999999999999999\r\n\r\n").content_length,
              9999999999999999999U);
}

TEST(request_head_meaning, fields_that_stand_once) {
    for (const std::string name : {"Authorization", "Content-Type", "MS-ASProtocolVersion", "X-MS-PolicyKey"}) {
        EXPECT_EQ(with_lines(name + ": 1\r\n"), Fault{}) << name;
        EXPECT_EQ(with_lines(name + ": 1\r\n" + ascii_lower(name) + ": 1\r\n"), HeadFault::duplicate_field) << name;
    }
    EXPECT_EQ(with_lines("Expect: 100-continue\r\nExpect: 100-continue\r\n"), HeadFault::duplicate_field);
    EXPECT_EQ(with_lines("User-Agent: a\r\nUser-Agent: b\r\nCookie: c\r\nCookie: d\r\n"), Fault{});
}

TEST(request_head_meaning, keeps_alive_unless_told) {
    const auto kept = [](const std::string& line, const std::string& lines) {
        return head_of(line + "\r\nHost: a\r\n" + lines + "\r\n").keep_alive;
    };
    const std::string v11 = "GET / HTTP/1.1";
    EXPECT_TRUE(kept(v11, ""));
    EXPECT_TRUE(kept(v11, "Connection: keep-alive\r\n"));
    EXPECT_TRUE(kept(v11, "Connection: closed, xclose\r\n"));
    EXPECT_TRUE(kept(v11, "Connection:\r\n"));
    for (const auto* value : {"close", "CLOSE", "keep-alive, close", "close,keep-alive", ",, close ,"}) {
        EXPECT_FALSE(kept(v11, "Connection: "s + value + "\r\n")) << value;
    }
    EXPECT_FALSE(kept(v11, "Connection: close\r\nConnection: keep-alive\r\n"));
    EXPECT_FALSE(kept("GET / HTTP/1.0", "Connection: keep-alive\r\n"));
}

TEST(request_head_meaning, connection_names_no_field_we_need) {
    for (const auto* value : {"authorization", "close, Content-Length", "transfer-encoding", "HOST", "content-type",
                              "MS-ASProtocolVersion", "X-MS-PolicyKey", "expect", "User-Agent", "cookie", "Set-Cookie",
                              "Content-Encoding", "www-authenticate", "Retry-After", "MS-ASAcceptMultiPart", "ms-",
                              "x-ms-anything", "keep-alive,X-MS-"}) {
        EXPECT_EQ(with_lines("Connection: "s + value + "\r\n"), HeadFault::bad_field) << value;
    }
    for (const auto* value : {"upgrade, HTTP2-Settings, TE", "connection", "MS", "X-MS", "MSX", "X-Cookie", "Cookies",
                              "X-Forwarded-For"}) {
        EXPECT_EQ(with_lines("Connection: "s + value + "\r\n"), Fault{}) << value;
    }
}

TEST(request_head_meaning, connection_options_are_few) {
    const auto options = [](std::size_t count) {
        std::string line = "Connection: ,";
        for (std::size_t i = 0; i < count; ++i) line += " a,, ,";
        return line + "\r\n";
    };
    EXPECT_EQ(with_lines(options(max_connection_options)), Fault{});
    EXPECT_EQ(with_lines(options(max_connection_options + 1)), HeadFault::bad_field);
    EXPECT_EQ(with_lines(options(max_connection_options - 1) + "Connection: close\r\n"), Fault{});
    EXPECT_EQ(with_lines(options(max_connection_options) + "Connection: close\r\n"), HeadFault::bad_field);
}

TEST(request_head_meaning, expectations) {
    EXPECT_TRUE(head_of(post + host_line + "Expect: 100-Continue\r\n\r\n").expects_continue);
    EXPECT_FALSE(head_of("POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").expects_continue);
    for (const auto* bad : {"", "200-ok", "100-continue, x", "100-continue;q=1"}) {
        EXPECT_EQ(with_lines("Expect: "s + bad + "\r\n"), HeadFault::bad_field) << bad;
    }
}

TEST(request_head_meaning, every_known_field_is_found_by_its_name_in_any_case) {
    const std::vector<std::pair<std::string, KnownField>> names = {
        {"Host", KnownField::host}, {"Content-Length", KnownField::content_length},
        {"Transfer-Encoding", KnownField::transfer_encoding}, {"Authorization", KnownField::authorization},
        {"Content-Type", KnownField::content_type}, {"MS-ASProtocolVersion", KnownField::protocol_version},
        {"X-MS-PolicyKey", KnownField::policy_key}, {"Expect", KnownField::expect},
        {"Connection", KnownField::connection}, {"User-Agent", KnownField::user_agent}};
    ASSERT_EQ(names.size(), known_field_count);
    RequestHead head;
    for (const auto& [name, known] : names) {
        EXPECT_EQ(known_field(name), known) << name;
        EXPECT_EQ(known_field(ascii_lower(name)), known) << name;
        EXPECT_EQ(known_field(name + "x"), KnownField::other) << name;
        EXPECT_EQ(known_field("Z" + name.substr(1)), KnownField::other) << name;
        EXPECT_EQ(head.find(known), std::nullopt);
        ASSERT_TRUE(head.add({name, name}));
        EXPECT_FALSE(head.is_repeated(known));
        ASSERT_TRUE(head.add({name, "second"}));
        EXPECT_TRUE(head.is_repeated(known));
        EXPECT_EQ(head.find(known), name);
        EXPECT_EQ(head.find(ascii_lower(name)), name);
    }
    ASSERT_TRUE(head.add({"X-Other", "1"}));
    EXPECT_EQ(head.find("x-other"), "1");
    EXPECT_EQ(head.find("X-Othe"), std::nullopt);
}

TEST(request_head_meaning, a_head_read_before_leaves_nothing_behind) {
    RequestHead head;
    const std::string full = "POST /a?b HTTP/1.0\r\nHost: h\r\nUser-Agent: u\r\nContent-Length: 7\r\n\r\n";
    const std::string expecting = post + host_line + "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n";
    ASSERT_EQ(parse_request_head(full, head), Fault{});
    ASSERT_EQ(parse_request_head(expecting, head), Fault{});
    EXPECT_EQ(parse_request_head("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", head), HeadFault::bad_host);
    ASSERT_EQ(parse_request_head("GET / HTTP/1.1\r\nHost: z\r\n\r\n", head), Fault{});
    EXPECT_EQ(head.query, "");
    EXPECT_EQ(head.host, "z");
    EXPECT_TRUE(head.http_1_1 && head.keep_alive);
    EXPECT_FALSE(head.expects_continue);
    EXPECT_EQ(head.framing, BodyFraming::none);
    EXPECT_EQ(head.content_length, 0U);
    EXPECT_EQ(head.fields().size(), 1U);
    EXPECT_EQ(head.find("User-Agent"), std::nullopt);
    EXPECT_FALSE(head.is_repeated(KnownField::host));
}

}  // namespace
}  // namespace eas451
