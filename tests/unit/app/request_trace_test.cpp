// SPDX-License-Identifier: Apache-2.0
#include "../../../src/app/request_trace.hpp"

#include <gtest/gtest.h>

#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

/// What a request without a login leaves, with these bytes for its fields.
std::vector<std::string> traced(const std::string& fields, const std::string& login = "jim") {
    const std::string bytes = "POST /Microsoft-Server-ActiveSync?Cmd=Sync HTTP/1.1\r\nHost: mail.contoso.com\r\n" + fields + "\r\n";
    RequestHead head;
    EXPECT_EQ(std::nullopt, parse_request_head(bytes, head));
    AccessRecord record;
    record.method = head.method;
    record.path = head.path;
    record.client_address = "192.0.2.1";
    record.server_address = "192.0.2.2";
    record.server_port = 443;
    return trace_of_request(record, head, login, LoginAnswer{}, decide(HeadFault::bad_host));
}

TEST(RequestTrace, tells_only_values_that_are_no_secret) {
    const auto lines = traced("authorization: Basic c2VjcmV0\r\nCookie: secret\r\nProxy-Authorization: Basic c2VjcmV0\r\n"
                              "X-MS-PolicyKey: secret\r\nX-Auth-Token: secret\r\nUser-Agent: Test/1\r\n");
    ASSERT_LE(3U, lines.size());
    EXPECT_EQ("\"POST\" \"/Microsoft-Server-ActiveSync\" from 192.0.2.1 to 192.0.2.2:443", lines[0]);
    EXPECT_EQ("header fields: Host \"mail.contoso.com\"; authorization (14 bytes, not shown); Cookie (6 bytes, not shown); "
              "Proxy-Authorization (14 bytes, not shown); X-MS-PolicyKey (6 bytes, not shown); X-Auth-Token (6 bytes, not shown); "
              "User-Agent \"Test/1\"",
              lines[1]);
    EXPECT_EQ("login \"jim\" (none): not-checked; no server was asked", lines[2]);
}

TEST(RequestTrace, escapes_what_is_foreign_and_keeps_to_its_limit) {
    EXPECT_EQ("login \"a\\x0a\\\"b\" (none): not-checked; no server was asked", traced("", "a\n\"b")[2]);
    std::string fields;
    for (int i = 0; i < 40; ++i) fields += "Via: " + std::string(99, '\xc3') + std::string(99, '"') + "\r\n";
    for (const std::string& line : traced(fields)) {
        EXPECT_LE(line.size(), most_trace_bytes);
        EXPECT_TRUE(is_valid_utf8(line));
    }
}

TEST(RequestTrace, tells_an_answer_with_its_fields) {
    const Answer answer{451, "X-MS-Location: https://a.example\r\nCache-Control: private\r\n", "", false};
    EXPECT_EQ("answer: 451; X-MS-Location: https://a.example; Cache-Control: private; a body of 0 bytes", trace_of_answer(answer));
    EXPECT_EQ("answer: 404; a body of 4 bytes", trace_of_answer({404, "", "body", false}));
}

TEST(RequestTrace, tells_who_answered_what_was_passed_on) {
    EXPECT_EQ("https://ex1 answered 200", trace_of_passing({ForwardEnd::passed, 200, "https://ex1", ""}));
    EXPECT_EQ("https://ex1 answered 200, which was cut off: reset", trace_of_passing({ForwardEnd::cut, 200, "https://ex1", "reset"}));
    EXPECT_EQ("no server gave no answer: all are down", trace_of_passing({ForwardEnd::no_server, 0, "", "all are down"}));
    EXPECT_EQ(most_trace_bytes, trace_of_passing({ForwardEnd::failed, 0, std::string(9000, 'x'), ""}).size());
}

}  // namespace
}  // namespace eas451
