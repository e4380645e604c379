// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/access_record.hpp"

#include <gtest/gtest.h>

#include "access_lines.hpp"

namespace eas451 {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// The redirect of the seed's 2013 sample.
class RedirectSample : public testing::Test {
protected:
    RedirectSample() {
        request.command = EasCommand::ping;
        request.command_name = "Ping";
        request.form = QueryForm::plain;
        request.version = ProtocolVersion(14, 1);
        request.device_id = "RSUA4U03JH48LAS6T7BD2TENV0";
        request.device_type = "iPad";
        recipient.distinguished_name = "CN=user12,OU=Mig,DC=contoso,DC=com";
        recipient.mail_nickname = "user12";
        recipient.target_address = "SMTP:user12@contoso.mail.onmicrosoft.com";
        record.time = at(2015, 1, 22, 13, 37, 53) + milliseconds(123);
        record.server_address = "192.168.1.61";
        record.server_port = 443;
        record.client_address = "192.168.1.65";
        record.method = "POST";
        record.path = "/Microsoft-Server-ActiveSync/default.eas";
        record.query =
            "User=user12@batre.msftonlinerepro.com&DeviceId=RSUA4U03JH48LAS6T7BD2TENV0&DeviceType=iPad&Cmd=Ping";
        record.request = &request;
        record.user_agent = "Apple-iPad2C2/1202.440";
        record.auth = AuthScheme::basic;
        record.login = "user12@batre.msftonlinerepro.com";
        record.login_form = LoginForm::upn;
        record.recipient = &recipient;
        record.decision = "redirect";
        record.reason = Reason::redirected;
        record.location = "https://outlook.office365.com/Microsoft-Server-ActiveSync";
        record.status = 451;
        record.directory_server = "BonDC1.contoso.com";
        record.directory_requests = 6;
        record.directory_time = microseconds(31'999);
        record.total_time = microseconds(328'045);
        record.bytes_in = 512;
        record.bytes_out = 301;
        record.request_id = "0af3";
    }

    EasRequest request;
    Recipient recipient;
    AccessRecord record;
};

TEST_F(RedirectSample, is_the_w3c_line_of_the_seed) {
    EXPECT_EQ(w3c(record),
              "2015-01-22 13:37:53 192.168.1.61 POST /Microsoft-Server-ActiveSync/default.eas "
              "User=user12@batre.msftonlinerepro.com&DeviceId=RSUA4U03JH48LAS6T7BD2TENV0&DeviceType=iPad&Cmd=Ping&Log="
              "RdirTo:TryToFigureOutEasEndpoint%3bhttps%3a%2f%2foutlook.office365.com%2fMicrosoft-Server-ActiveSync_"
              "V141_LdapC6_LdapL31_UserInfo:MailUser_Dc:BonDC1.contoso.com_Rsn:redirected_ "
              "443 user12@batre.msftonlinerepro.com 192.168.1.65 Apple-iPad2C2/1202.440 451 0 0 328\n");
}

TEST_F(RedirectSample, is_one_json_object) {
    std::string line;
    append_json_line(line, record);
    EXPECT_EQ(line,
              R"({"time":"2015-01-22T13:37:53.123Z","client":"192.168.1.65","method":"POST",)"
              R"("path":"/Microsoft-Server-ActiveSync/default.eas","command":"Ping","protocol_version":"14.1",)"
              R"("device_id":"RSUA4U03JH48LAS6T7BD2TENV0","device_type":"iPad","user_agent":"Apple-iPad2C2/1202.440",)"
              R"("auth":"basic","login":"user12@batre.msftonlinerepro.com","login_form":"upn",)"
              R"("recipient":"CN=user12,OU=Mig,DC=contoso,DC=com","recipient_type":"MailUser","decision":"redirect",)"
              R"("reason":"redirected","location":"https://outlook.office365.com/Microsoft-Server-ActiveSync",)"
              R"("status":451,"eas_status":null,"directory_server":"BonDC1.contoso.com","directory_requests":6,)"
              R"("directory_ms":31.999,"total_ms":328.045,"bytes_in":512,"bytes_out":301,"request_id":"0af3"})"
              "\n");
}

TEST_F(RedirectSample, appends_to_what_is_there) {
    std::string lines = "first\n";
    append_w3c_line(lines, record);
    append_json_line(lines, record);
    EXPECT_EQ(lines.substr(0, 16), "first\n2015-01-22");
    EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 3);
}

/// The refusal of the seed's 2010 sample: a device whose user has no mailbox.
TEST(AccessRecord, names_the_error_of_a_status_document) {
    EasRequest request;
    request.version = ProtocolVersion(14, 1);
    AccessRecord record;
    record.time = at(2015, 1, 26, 23, 7, 39);
    record.server_address = "192.168.1.53";
    record.server_port = 444;
    record.client_address = "192.168.1.63";
    record.method = "POST";
    record.path = "/Microsoft-Server-ActiveSync/Proxy/default.eas";
    record.query = "Cmd=Sync&DeviceId=AC94832BCFD9DCD19D299AD36D2CA8C5&DeviceType=WP8";
    record.request = &request;
    record.login = "CONTOSO\\Mig8";
    record.reason = Reason::no_mailbox;
    record.status = 200;
    record.eas_status = EasStatus::user_has_no_mailbox;
    record.total_time = milliseconds(19'050);
    EXPECT_EQ(w3c(record),
              "2015-01-26 23:07:39 192.168.1.53 POST /Microsoft-Server-ActiveSync/Proxy/default.eas "
              "Cmd=Sync&DeviceId=AC94832BCFD9DCD19D299AD36D2CA8C5&DeviceType=WP8&Log="
              "V141_LdapC0_LdapL0_S123_Error:UserHasNoMailbox_Rsn:no-mailbox_ "
              "444 CONTOSO\\Mig8 192.168.1.63 - 200 0 0 19050\n");
    EXPECT_EQ(json(record)["eas_status"], 123);
}

TEST(AccessRecord, is_complete_when_nothing_is_known) {
    AccessRecord record;
    record.status = 400;
    EXPECT_EQ(w3c(record), "1970-01-01 00:00:00 - - - Log=LdapC0_LdapL0_Rsn:bad-request_ 0 - - - 400 0 0 0\n");
    const auto object = json(record);
    for (const char* key : {"client", "method", "path", "command", "protocol_version", "device_id", "device_type",
                            "user_agent", "login", "login_form", "recipient", "recipient_type", "decision", "location",
                            "eas_status", "directory_server", "request_id"}) {
        EXPECT_TRUE(object.at(key).is_null()) << key;
    }
    EXPECT_EQ(object["auth"], "none");
    EXPECT_EQ(object["directory_ms"], 0.0);
}

TEST(AccessRecord, names_the_recipient_by_the_best_name_there_is) {
    Recipient recipient;
    AccessRecord record;
    record.recipient = &recipient;
    EXPECT_TRUE(json(record)["recipient"].is_null());
    recipient.sam_account_name = "CONTOSO\\u";
    EXPECT_EQ(json(record)["recipient"], "CONTOSO\\u");
    recipient.user_principal_name = "u@contoso.com";
    EXPECT_EQ(json(record)["recipient"], "u@contoso.com");
    recipient.distinguished_name = "CN=u";
    EXPECT_EQ(json(record)["recipient"], "CN=u");
    EXPECT_EQ(json(record)["recipient_type"], "User");
}

TEST(AccessRecord, writes_times_before_1970_and_leap_days_in_utc) {
    AccessRecord record;
    record.time = at(1970, 1, 1, 0, 0, 0) - milliseconds(1);
    EXPECT_EQ(w3c(record).substr(0, 19), "1969-12-31 23:59:59");
    EXPECT_EQ(json(record)["time"], "1969-12-31T23:59:59.999Z");
    record.time = at(2024, 2, 29, 12, 0, 1) + milliseconds(7);
    EXPECT_EQ(w3c(record).substr(0, 19), "2024-02-29 12:00:01");
    EXPECT_EQ(json(record)["time"], "2024-02-29T12:00:01.007Z");
}

TEST(AccessRecord, a_clock_that_went_back_takes_no_time) {
    AccessRecord record;
    record.total_time = microseconds(-5);
    record.directory_time = microseconds(-5000);
    EXPECT_EQ(columns_of(w3c(record)).back(), "0");
    EXPECT_EQ(json(record)["total_ms"], 0.0);
}

TEST(AccessRecord, escapes_item_separators_in_items) {
    AccessRecord record;
    record.location = "https://a_b.example/x&y=%20";
    record.directory_server = "ldaps://dc_1:636";
    EXPECT_EQ(column(record, query),
              "Log=RdirTo:TryToFigureOutEasEndpoint%3bhttps%3a%2f%2fa%5fb.example%2fx%26y%3d%2520_LdapC0_LdapL0_"
              "Dc:ldaps%3a%2f%2fdc%5f1%3a636_Rsn:bad-request_");
}

TEST(AccessRecord, logs_a_base64_query_in_words) {
    EasRequest request;
    request.form = QueryForm::base64;
    request.command_name = "Sync";
    request.user = "a&Log=x";
    request.device_id = "0102";
    request.device_type = "PocketPC";
    AccessRecord record;
    record.request = &request;
    record.query = "jAAJBAABAgA=";
    const std::string logged = column(record, query);
    EXPECT_EQ(logged.substr(0, logged.rfind("&Log=")), plain_query_of(request));
    EXPECT_EQ(logged.find("Cmd=Sync&User=a"), 0U);
    EXPECT_EQ(logged.find("Log="), logged.rfind("Log=")) << logged;
}

TEST(JsonRequest, has_the_fields_of_the_request_in_full) {
    EasRequest request;
    request.command_name = "Sync\n";
    request.device_id = std::string("a\0b", 3);
    request.device_type = "\"<script>\xff";
    request.version = ProtocolVersion(2, 5);
    AccessRecord record;
    record.request = &request;
    const auto object = json(record);
    EXPECT_EQ(object["command"], "Sync\n");
    EXPECT_EQ(object["device_id"], std::string("a\0b", 3));
    EXPECT_EQ(object["device_type"], "\"<script>\xef\xbf\xbd");
    EXPECT_EQ(object["protocol_version"], "2.5");
    EXPECT_NE(column(record, query).find("V25_"), std::string::npos);
}

TEST(AuthSchemes, have_the_words_of_the_contract) {
    EXPECT_EQ(to_string(AuthScheme::none), "none");
    EXPECT_EQ(to_string(AuthScheme::basic), "basic");
    EXPECT_EQ(to_string(AuthScheme::bearer), "bearer");
    EXPECT_EQ(to_string(AuthScheme::certificate), "certificate");
}

TEST(W3cHeader, names_the_columns_that_are_written) {
    EXPECT_EQ(w3c_header(at(2026, 1, 2, 3, 4, 5)),
              "#Software: eas451\n#Version: 1.0\n#Date: 2026-01-02 03:04:05\n"
              "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) "
              "sc-status sc-substatus sc-win32-status time-taken\n");
}

}  // namespace
}  // namespace eas451
