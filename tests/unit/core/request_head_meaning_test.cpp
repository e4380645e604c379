// SPDX-License-Identifier: Apache-2.0
// What the fields of a head mean for the connection and the body.
#include <gtest/gtest.h>

#include <string>
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
                              "MS-ASProtocolVersion"}) {
        EXPECT_EQ(with_lines("Connection: "s + value + "\r\n"), HeadFault::bad_field) << value;
    }
    EXPECT_EQ(with_lines("Connection: upgrade, HTTP2-Settings, TE\r\n"), Fault{});
}

TEST(request_head_meaning, expectations) {
    EXPECT_TRUE(head_of(post + host_line + "Expect: 100-Continue\r\n\r\n").expects_continue);
    EXPECT_FALSE(head_of("POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").expects_continue);
    for (const auto* bad : {"", "200-ok", "100-continue, x", "100-continue;q=1"}) {
        EXPECT_EQ(with_lines("Expect: "s + bad + "\r\n"), HeadFault::bad_field) << bad;
    }
}

}  // namespace
}  // namespace eas451
