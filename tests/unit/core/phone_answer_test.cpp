// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/phone_answer.hpp"

#include <gtest/gtest.h>

#include "eas451/core/wbxml_status.hpp"

namespace eas451 {
namespace {

using Words = std::vector<std::string>;

PhoneAnswer read(const std::string& fields, const std::string& status = "200 OK") {
    const std::string text = "HTTP/1.1 " + status + "\r\n" + fields + "Content-Length: 0\r\n\r\n";
    ResponseHead head;
    EXPECT_FALSE(parse_response_head(text, "OPTIONS", head)) << text;
    return read_phone_answer(head, {}, EasMethod::options, EasCommand::unknown);
}

TEST(PhoneAnswer, ListsAreSplitAndHaveEachWordOnce) {
    const PhoneAnswer answer = read(
        "MS-ASProtocolVersions: 14.0,14.1, 16.1\r\nms-asprotocolversions: 16.1,,\r\nMS-ASProtocolCommands: Sync\r\n");
    EXPECT_EQ(answer.versions, (Words{"14.0", "14.1", "16.1"}));
    EXPECT_TRUE(answer.has_commands);
    EXPECT_FALSE(read("").has_commands);
}

TEST(PhoneAnswer, EveryLocationIsKept) {
    EXPECT_EQ(read("X-MS-Location: https://a\r\nx-ms-location: https://b\r\n", "451 Redirect").locations,
              (Words{"https://a", "https://b"}));
}

struct Challenge {
    const char* fields;
    Words schemes;
    bool basic_has_realm;
};

TEST(PhoneAnswer, Challenges) {
    const std::vector<Challenge> rows{
        {"WWW-Authenticate: Basic realm=\"mail\", charset=\"UTF-8\"\r\n", {"Basic"}, true},
        {"WWW-Authenticate: Basic Realm=\"\"\r\n", {"Basic"}, false},
        {"WWW-Authenticate: basic\r\n", {"basic"}, false},
        {"WWW-Authenticate: basic realm=x\r\n", {"basic"}, true},
        {"WWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\nWWW-Authenticate: negotiate\r\n",
         {"Negotiate", "NTLM"},
         false},
        {"WWW-Authenticate: Bearer client_id=\"1\", trusted_issuers=\"a@*,b\", realm=\"x\", Basic realm=\"\"\r\n",
         {"Bearer", "Basic"},
         false},
        {"WWW-Authenticate: Basic realm=\"a, Bearer \\\" x\", Negotiate\r\n", {"Basic", "Negotiate"}, true},
        {"WWW-Authenticate: Basic realm=\"not closed, Bearer\r\n", {"Basic"}, true},
        {"WWW-Authenticate: ,,, \r\n", {}, false},
        {"", {}, false},
    };
    for (const Challenge& row : rows) {
        const PhoneAnswer answer = read(row.fields, "401 Unauthorized");
        EXPECT_EQ(answer.schemes, row.schemes) << row.fields;
        EXPECT_EQ(answer.basic_has_realm, row.basic_has_realm) << row.fields;
    }
}

TEST(PhoneAnswer, RetryAfterInSeconds) {
    EXPECT_EQ(retry_seconds(read("Retry-After: 42\r\nRetry-After: 5\r\n")), 42U);
    EXPECT_EQ(retry_seconds(read("Retry-After: 0\r\n")), 0U);
    EXPECT_EQ(retry_seconds(read("Retry-After: 999999999\r\n")), 86400U);
    for (const char* value : {"9999999999", "-1", "1.5", "Mon, 23 Nov 2026 10:00:00 GMT", ""}) {
        EXPECT_EQ(retry_seconds(read("Retry-After: " + std::string(value) + "\r\n")), std::nullopt) << value;
    }
}

TEST(PhoneAnswer, TheBodyOfACommand) {
    const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n";
    ResponseHead head;
    ASSERT_FALSE(parse_response_head(text, "POST", head));
    const std::string document = wbxml_status_document(EasCommand::folder_sync, EasStatus::user_has_no_mailbox);
    const PhoneAnswer answer = read_phone_answer(head, document, EasMethod::post, EasCommand::folder_sync);
    EXPECT_EQ(answer.eas_status, 123U);
    EXPECT_TRUE(answer.is_wbxml);
    const std::string folder("\x03\x01\x6a\x00\x45\x5c\x4f\x4e\x03\x38\x00\x01\x01\x01\x01", 15);
    EXPECT_EQ(read_phone_answer(head, folder, EasMethod::post, EasCommand::sync).eas_status, 8U) << "of its folder";
    const PhoneAnswer page = read_phone_answer(head, "<html>", EasMethod::post, EasCommand::folder_sync);
    EXPECT_TRUE(page.has_body);
    EXPECT_FALSE(page.is_wbxml || page.eas_status);
    EXPECT_EQ(read_phone_answer(head, document, EasMethod::options, EasCommand::folder_sync).eas_status, std::nullopt);
}

}  // namespace
}  // namespace eas451
