// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/answer.hpp"

#include <gtest/gtest.h>

#include "eas451/core/wbxml_status.hpp"

namespace eas451 {
namespace {

constexpr std::string_view date = "Sun, 22 Nov 2026 12:00:00 GMT";

std::string bytes_of(const Answer& answer, Framing framing = {}) {
    std::string bytes;
    framing.date = date;
    append_answer(bytes, answer, framing);
    return bytes;
}

TEST(RedirectAnswer, IsExactlyTheContracts) {
    EXPECT_EQ(bytes_of(redirect_answer("https://outlook.office365.com/Microsoft-Server-ActiveSync")),
              "HTTP/1.1 451 Redirect\r\n"
              "Date: Sun, 22 Nov 2026 12:00:00 GMT\r\n"
              "X-MS-Location: https://outlook.office365.com/Microsoft-Server-ActiveSync\r\n"
              "Cache-Control: private\r\n"
              "Content-Length: 0\r\n"
              "\r\n");
}

TEST(RefusalAnswer, The401IsAChallengeWithoutBody) {
    const Answer answer = refusal_answer({401}, EasCommand::ping, challenge_lines("mail.contoso.com"), 42);
    EXPECT_EQ(bytes_of(answer),
              "HTTP/1.1 401 Unauthorized\r\n"
              "Date: Sun, 22 Nov 2026 12:00:00 GMT\r\n"
              "WWW-Authenticate: Basic realm=\"mail.contoso.com\", charset=\"UTF-8\"\r\n"
              "Cache-Control: private\r\n"
              "Content-Length: 0\r\n"
              "\r\n");
}

TEST(RefusalAnswer, SeveralChallengesStandInTheirOrder) {
    const std::string challenges = challenge_lines("x") + "WWW-Authenticate: Bearer client_id=\"y\"\r\n";
    EXPECT_EQ(refusal_answer({401}, EasCommand::unknown, challenges, 42).header_lines,
              challenges + "Cache-Control: private\r\n");
}

TEST(RefusalAnswer, AStatusDocument) {
    const Answer answer = refusal_answer({200, EasStatus::user_has_no_mailbox}, EasCommand::folder_sync, "", 42);
    EXPECT_EQ(bytes_of(answer),
              "HTTP/1.1 200 OK\r\n"
              "Date: Sun, 22 Nov 2026 12:00:00 GMT\r\n"
              "Content-Type: application/vnd.ms-sync.wbxml\r\n"
              "Cache-Control: private\r\n"
              "Content-Length: 15\r\n"
              "\r\n" +
                  std::string("\x03\x01\x6a\x00\x00\x07\x56\x4c\x03\x31\x32\x33\x00\x01\x01", 15));
}

TEST(RefusalAnswer, TemporaryFailuresCarryRetryAfter) {
    EXPECT_EQ(bytes_of(refusal_answer({503}, EasCommand::ping, "", 30)),
              "HTTP/1.1 503 Service Unavailable\r\n"
              "Date: Sun, 22 Nov 2026 12:00:00 GMT\r\n"
              "Retry-After: 30\r\n"
              "Cache-Control: private\r\n"
              "Content-Length: 0\r\n"
              "\r\n");
    const Answer retry_later = refusal_answer({200, EasStatus::server_error_retry_later}, EasCommand::ping, "", 90);
    EXPECT_TRUE(retry_later.header_lines.starts_with("Retry-After: 90\r\n"));
    EXPECT_EQ(retry_later.body.size(), 15U);
    for (const Refuse refuse :
         {Refuse{401}, Refuse{403}, Refuse{400}, Refuse{414}, Refuse{501}, Refuse{200},
          Refuse{200, EasStatus::user_has_no_mailbox}, Refuse{200, EasStatus::device_id_missing_or_invalid}}) {
        EXPECT_EQ(refusal_answer(refuse, EasCommand::ping, "", 42).header_lines.find("Retry-After"), std::string::npos)
            << refuse.http_status;
    }
}

TEST(EarliestDeparture, A401IsKeptBackWhateverItsReasonAndWhatIsHeldToo) {
    using namespace std::chrono_literals;
    const SteadyTime received = SteadyTime() + 1h;
    EXPECT_EQ(earliest_departure(refusal_answer({401}, EasCommand::ping, "", 42), received, 100ms), received + 100ms);
    EXPECT_EQ(earliest_departure({401, {}, {}}, received, 0ms), received);
    EXPECT_EQ(earliest_departure({401, {}, {}}, received, 10s), received + 10s);
    Answer held = refusal_answer({503}, EasCommand::ping, "", 42);
    held.is_of_held_login = true;
    EXPECT_EQ(earliest_departure(held, received, 100ms), received + 100ms);
    for (const Answer& answer : {redirect_answer("https://x"), refusal_answer({403}, EasCommand::ping, "", 42),
                                 refusal_answer({200, EasStatus::server_error_retry_later}, EasCommand::ping, "", 42),
                                 refusal_answer({503}, EasCommand::ping, "", 42), health_answer(true), not_found_answer(),
                                 refusal_answer({400}, EasCommand::ping, "", 42)}) {
        EXPECT_EQ(earliest_departure(answer, received, 10s), received) << answer.status;
    }
}

TEST(RefusalAnswer, OptionsTellsTheVersionsAndCommands) {
    const std::string bytes = bytes_of(refusal_answer({200}, EasCommand::unknown, "", 42));
    EXPECT_TRUE(bytes.starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_NE(bytes.find("\r\nAllow: OPTIONS,POST\r\n"), std::string::npos);
    EXPECT_NE(bytes.find("\r\nPublic: OPTIONS,POST\r\n"), std::string::npos);
    EXPECT_NE(bytes.find("\r\nMS-Server-ActiveSync: 15.2\r\n"), std::string::npos);
    EXPECT_NE(bytes.find("\r\nMS-ASProtocolVersions: 14.0,14.1,16.0,16.1\r\n"), std::string::npos);
    EXPECT_NE(bytes.find("\r\nMS-ASProtocolCommands: Sync,SendMail,SmartForward,SmartReply,GetAttachment,GetHierarchy,"
                         "CreateCollection,DeleteCollection,MoveCollection,FolderSync,FolderCreate,FolderDelete,"
                         "FolderUpdate,MoveItems,GetItemEstimate,MeetingResponse,Search,Settings,Ping,ItemOperations,"
                         "Provision,ResolveRecipients,ValidateCert,Find\r\n"),
              std::string::npos);
    EXPECT_TRUE(bytes.ends_with("Content-Length: 0\r\n\r\n"));
}

TEST(RefusalAnswer, EveryPlainRefusalIsPrivateAndEmpty) {
    for (const unsigned status : {400U, 403U, 414U, 501U}) {
        const Answer answer = refusal_answer({status}, EasCommand::ping, "ignored", 42);
        EXPECT_EQ(answer.status, status);
        EXPECT_EQ(answer.header_lines, "Cache-Control: private\r\n");
        EXPECT_EQ(answer.body, "");
    }
}

TEST(AppendAnswer, ContentLengthIsTheBodysForEveryCommandAndStatus) {
    for (auto i = 0U; i < static_cast<unsigned>(EasCommand::unknown); ++i) {
        const auto command = static_cast<EasCommand>(i);
        if (!has_status_document(command)) continue;
        for (const unsigned status : {108U, 109U, 111U, 123U, 125U, 126U}) {
            const std::string bytes = bytes_of(refusal_answer({200, static_cast<EasStatus>(status)}, command, "", 42));
            const std::size_t body = bytes.size() - bytes.find("\r\n\r\n") - 4;
            EXPECT_NE(bytes.find("\r\nContent-Length: " + std::to_string(body) + "\r\n"), std::string::npos);
        }
    }
}

TEST(AppendAnswer, HeadGetsTheLengthButNoBody) {
    const std::string whole = bytes_of(health_answer(true));
    const std::string head = bytes_of(health_answer(true), {.head_only = true});
    EXPECT_EQ(whole, head + "200 OK\n");
    EXPECT_NE(head.find("\r\nContent-Length: 7\r\n"), std::string::npos);
    EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST(AppendAnswer, ClosesAndAsksForStrictTransportOnlyWhenTold) {
    const Answer answer = not_found_answer();
    EXPECT_EQ(bytes_of(answer),
              "HTTP/1.1 404 Not Found\r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(bytes_of(answer, {.close = true, .strict_transport = true}),
              "HTTP/1.1 404 Not Found\r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\n"
              "Strict-Transport-Security: max-age=31536000\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST(AppendAnswer, AppendsBehindWhatIsThere) {
    std::string bytes = "before";
    append_answer(bytes, not_found_answer(), {.date = date});
    EXPECT_TRUE(bytes.starts_with("beforeHTTP/1.1 404 Not Found\r\n"));
}

TEST(AppendAnswer, NamesNoServerAndHasOneBlankLine) {
    std::vector<Answer> answers{redirect_answer("https://x.example/Microsoft-Server-ActiveSync"), not_found_answer(),
                                health_answer(true), health_answer(false)};
    for (const unsigned status : {200U, 400U, 401U, 403U, 414U, 501U, 503U}) {
        answers.push_back(refusal_answer({status}, EasCommand::ping, challenge_lines("x"), 42));
    }
    for (const Answer& answer : answers) {
        const std::string bytes = bytes_of(answer, {.close = true, .strict_transport = true, .head_only = true});
        EXPECT_EQ(bytes.find("\r\nServer:"), std::string::npos);
        EXPECT_EQ(bytes.find("\r\nX-Powered-By:"), std::string::npos);
        EXPECT_EQ(bytes.find("\r\n\r\n"), bytes.size() - 4) << bytes;
        for (std::size_t at = bytes.find_first_of("\r\n"); at != std::string::npos;
             at = bytes.find_first_of("\r\n", at + 2)) {
            EXPECT_EQ(bytes.substr(at, 2), "\r\n") << "a lone CR or LF";
        }
    }
}

TEST(HealthAnswerTest, SaysReadyOrNot) {
    EXPECT_EQ(health_answer(true).status, 200U);
    EXPECT_EQ(health_answer(false).status, 503U);
    EXPECT_EQ(health_answer(false).body, "503 Service Unavailable\n");
    for (const bool ready : {true, false}) {
        EXPECT_EQ(health_answer(ready).header_lines, "Content-Type: text/plain\r\nCache-Control: no-store\r\nX-Answered-By: eas451\r\n");
    }
}

TEST(StatusPhraseTest, EveryStatusThatIsSent) {
    const std::vector<std::pair<unsigned, const char*>> table{
        {200, "OK"},
        {202, "Accepted"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {414, "URI Too Long"},
        {422, "Unprocessable Content"},
        {451, "Redirect"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {299, "Unknown"},
    };
    for (const auto& [status, phrase] : table) EXPECT_EQ(status_phrase(status), phrase);
}

TEST(RealmTest, NoValidRealmCanEndTheHeader) {
    EXPECT_TRUE(is_valid_realm("mail.contoso.com"));
    EXPECT_TRUE(is_valid_realm("Contoso Mail (Berlin)"));
    EXPECT_TRUE(is_valid_realm(std::string(128, 'a')));
    EXPECT_FALSE(is_valid_realm(std::string(129, 'a')));
    EXPECT_FALSE(is_valid_realm(""));
    for (int byte = 0; byte < 256; ++byte) {
        const std::string realm = std::string("a") + static_cast<char>(byte) + "b";
        const bool wanted = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
        EXPECT_EQ(is_valid_realm(realm), wanted) << byte;
        if (!wanted) continue;
        const std::string line = challenge_lines(realm);
        EXPECT_EQ(line.find_first_of("\r\n"), line.size() - 2);
        EXPECT_EQ(line, "WWW-Authenticate: Basic realm=\"" + realm + "\", charset=\"UTF-8\"\r\n");
    }
}

}  // namespace
}  // namespace eas451
