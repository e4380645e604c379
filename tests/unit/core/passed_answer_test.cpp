// SPDX-License-Identifier: Apache-2.0
// Answers of Exchange as they are passed on.
#include <gtest/gtest.h>

#include <string>

#include "eas451/core/response_head.hpp"

namespace eas451 {
namespace {

using namespace std::string_literals;

ResponseHead head_of(const std::string& bytes, std::string_view method = "POST") {
    ResponseHead head;
    EXPECT_FALSE(parse_response_head(bytes, method, head)) << bytes;
    return head;
}

std::string passed(const std::string& bytes, bool client_http_1_1 = true, bool close = false,
                   std::string_view method = "POST") {
    const auto head = head_of(bytes, method);
    std::string out;
    append_passed_head(out, head, passed_framing(head, client_http_1_1, close));
    return out;
}
/// What becomes of the fields of a 200 without a body to HEAD.
std::string fields_of(const std::string& lines) {
    const std::string line = "HTTP/1.1 200 OK\r\n";
    const auto bytes = passed(line + lines + "\r\n", true, false, "HEAD");
    EXPECT_TRUE(bytes.starts_with(line) && bytes.ends_with("\r\n\r\n")) << bytes;
    return bytes.substr(line.size(), bytes.size() - line.size() - 2);
}

TEST(passed_answer, statuses_of_exchanges_own_pass_untouched) {
    for (const auto* status : {"200 OK", "401 Unauthorized", "449 Retry after sending a PROVISION command",
                               "451 Redirect", "456 x", "457 y", "503 Service Unavailable", "599 ", "200 \xc3\x9c\t"}) {
        const auto bytes = "HTTP/1.1 "s + status + "\r\nContent-Length: 0\r\n\r\n";
        EXPECT_EQ(passed(bytes), bytes);
    }
    EXPECT_EQ(passed("HTTP/1.0 200\r\nContent-Length: 0\r\n\r\n"), "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n");
}

TEST(passed_answer, fields_pass_in_their_order) {
    const std::string lines =
        "WWW-Authenticate: Basic realm=\"x\"\r\nWWW-Authenticate: Negotiate\r\nwww-authenticate: Bearer a=\"b\", "
        "c=d\r\n"
        "Set-Cookie: a=b; Path=/; HttpOnly\r\nSet-Cookie: X-BackEndCookie=x\r\nRetry-After: 30\r\nContent-Encoding: "
        "gzip\r\n"
        "X-MS-Location: https://a/Microsoft-Server-ActiveSync\r\nMS-ASProtocolCommands: Sync\r\n"
        "MS-ASProtocolCommands: Sync\r\nX-MS-Credentials-Expire: 3\r\nX-FEServer: EX1\r\nServer: Microsoft-IIS/10.0\r\n"
        "X_Odd.Name: y\r\nHost: x\r\nExpect: y\r\nX-MSExchange: z\r\nDate: now\r\nX-Empty: \r\n";
    EXPECT_EQ(fields_of(lines), lines);
}

TEST(passed_answer, fields_of_one_hop_and_those_that_connection_names_are_dropped) {
    for (const auto* name : {"Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Support",
                             "TE", "Trailer", "Upgrade", "upgrade"}) {
        EXPECT_EQ(fields_of("A: 1\r\n"s + name + ": x\r\nB: 2\r\n"), "A: 1\r\nB: 2\r\n") << name;
    }
    EXPECT_EQ(fields_of("X-One: 1\r\nConnection: x-one, X_Two\r\nX_Two: 2\r\nX-Three: 3\r\n"), "X-Three: 3\r\n");
}

TEST(passed_answer, has_exactly_one_framing) {
    const std::string line = "HTTP/1.1 200 OK\r\n";
    EXPECT_EQ(passed(line + "content-length: 007\r\nX: y\r\n\r\n"), line + "X: y\r\nContent-Length: 7\r\n\r\n");
    EXPECT_EQ(passed(line + "Content-Length: 7\r\n\r\n", false, true),
              line + "Content-Length: 7\r\nConnection: close\r\n\r\n");
    const std::string chunked = "Transfer-Encoding: chunked\r\n";
    EXPECT_EQ(passed(line + chunked + "\r\n"), line + chunked + "\r\n");
    EXPECT_EQ(passed(line + "\r\n"), line + chunked + "\r\n");
    EXPECT_EQ(passed("HTTP/1.0 200 OK\r\n\r\n"), line + chunked + "\r\n");
    EXPECT_EQ(passed(line + chunked + "Connection: close\r\n\r\n", true, true),
              line + chunked + "Connection: close\r\n\r\n");
    for (const auto& upstream : {chunked, ""s}) {
        EXPECT_EQ(passed(line + upstream + "\r\n", false, false), line + "Connection: close\r\n\r\n");
    }
}

TEST(passed_answer, without_a_body_the_length_is_as_it_was_sent) {
    const std::string line = "HTTP/1.1 200 OK\r\n";
    const std::string length = "Content-Length: 007\r\n";
    EXPECT_EQ(passed(line + length + "X: y\r\n\r\n", true, false, "HEAD"), line + length + "X: y\r\n\r\n");
    EXPECT_EQ(passed(line + "Transfer-Encoding: chunked\r\n\r\n", true, false, "HEAD"), line + "\r\n");
    EXPECT_EQ(passed(line + "\r\n", false, true, "HEAD"), line + "Connection: close\r\n\r\n");
    const std::string not_modified = "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 9\r\n\r\n";
    EXPECT_EQ(passed(not_modified), not_modified);
    const std::string no_content = "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n";
    EXPECT_EQ(passed(no_content), no_content);
    EXPECT_EQ(passed("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nX: y\r\n\r\n"), no_content);
}

TEST(passed_answer, is_appended_and_told_beforehand) {
    const std::string bytes = "HTTP/1.1 200 OK\r\n\r\n";
    const auto head = head_of(bytes);
    EXPECT_EQ(passed_framing(head, true, false).body, BodyFraming::chunked);
    EXPECT_FALSE(passed_framing(head, true, false).close);
    EXPECT_TRUE(passed_framing(head, true, true).close);
    EXPECT_EQ(passed_framing(head, false, false).body, BodyFraming::until_close);
    EXPECT_TRUE(passed_framing(head, false, false).close);
    std::string out = "before";
    append_passed_head(out, head, {BodyFraming::chunked, true});
    EXPECT_EQ(out, "beforeHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
}

}  // namespace
}  // namespace eas451
