// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/access_record.hpp"

#include <gtest/gtest.h>

#include "access_lines.hpp"
#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

TEST(ClientQuery, is_logged_as_sent_but_for_its_log_parameter) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", ""},
        {"Cmd=Sync", "Cmd=Sync"},
        {"Cmd=Sync&User=a%20b+c%zz%", "Cmd=Sync&User=a%20b+c%zz%"},
        {"Log=x", ""},
        {"Log", ""},
        {"log=1&LOG=2&Cmd=Sync&lOg", "Cmd=Sync"},
        {"Cmd=Sync&Log=S200_Rsn:redirected&User=u", "Cmd=Sync&User=u"},
        {"Cmd=Sync&%4cog=1&L%6fg=2&Lo%67=3&%4C%4F%47=4&%6c%6f%67", "Cmd=Sync"},
        {"Logs=1&Lo=2&Blog=3&Log%=4&%4clog=5", "Logs=1&Lo=2&Blog=3&Log%=4&%4clog=5"},
        {"a=Log&b=Log=1", "a=Log&b=Log=1"},
        {"a&&b&", "a&&b&"},
        {"&Log=1", ""},
        {"&", "&"},
        {"=Log", "=Log"},
        {"%4", "%4"},
    };
    for (const auto& [sent, logged] : cases) EXPECT_EQ(client_query(sent), logged) << sent;
}

TEST(ClientQuery, is_cut_at_8_kib_and_never_into_a_log_parameter) {
    const std::string whole = "a=" + std::string(8 * 1024 - 2, 'x');
    EXPECT_EQ(client_query(whole), whole);
    EXPECT_EQ(client_query(whole + "y"), whole);
    EXPECT_EQ(client_query(whole + "&b=1"), whole);
    // "Logger" would be cut to "Log".
    const std::string almost = "a=" + std::string(8 * 1024 - 6, 'x');
    EXPECT_EQ(client_query(almost + "&Logger=1"), almost);
    // Only whole escapes: two bytes are left, one escape takes three.
    EXPECT_EQ(client_query("a=" + std::string(8 * 1024 - 4, 'x') + "\x01"), whole.substr(0, 8 * 1024 - 2));
}

TEST(Columns, are_cut_at_their_caps_between_escapes) {
    const auto check = [](std::string_view AccessRecord::*field, Column which, std::size_t cap) {
        AccessRecord record;
        const std::string fits(cap, 'a');
        record.*field = fits;
        EXPECT_EQ(column(record, which), fits);
        const std::string more = fits + "b";
        record.*field = more;
        EXPECT_EQ(column(record, which), fits);
        const std::string hostile(cap, '\x7f');
        record.*field = hostile;
        const std::string logged = column(record, which);
        EXPECT_EQ(logged.size(), cap / 3 * 3);
        EXPECT_EQ(logged.substr(logged.size() - 3), "%7F");
    };
    check(&AccessRecord::path, stem, 1024);
    check(&AccessRecord::login, username, 256);
    check(&AccessRecord::user_agent, agent, 512);
    check(&AccessRecord::method, method, 32);
    check(&AccessRecord::client_address, c_ip, 64);
    check(&AccessRecord::server_address, s_ip, 64);
}

TEST(JsonFields, are_cut_at_their_caps_between_characters) {
    AccessRecord record;
    const std::string agent_text = std::string(511, 'a') + "\xc3\xa9tail";
    record.user_agent = agent_text;
    EXPECT_EQ(json(record)["user_agent"], std::string(511, 'a'));
    const std::string login_text = std::string(252, 'a') + "\xf0\x9f\x93\xb1tail";
    record.login = login_text;
    EXPECT_EQ(json(record)["login"], login_text.substr(0, 256));
    const std::string path_text(1025, 'p');
    record.path = path_text;
    EXPECT_EQ(json(record)["path"], std::string(1024, 'p'));
    // Invalid throughout: no character to look for.
    const std::string continuation(2000, '\x80');
    record.user_agent = continuation;
    EXPECT_LE(json(record)["user_agent"].get<std::string>().size(), 512U * 3);
}

TEST(UserAgent, has_plus_for_blanks_and_keeps_its_own) {
    AccessRecord record;
    record.user_agent = "Android/8.1+x (a; b) 50%";
    EXPECT_EQ(column(record, agent), "Android/8.1+x+(a;+b)+50%");
}

using Field = std::string_view AccessRecord::*;

class EveryField : public testing::TestWithParam<Field> {};

TEST_P(EveryField, keeps_one_line_of_fourteen_columns_with_every_byte) {
    for (int byte = 0; byte < 256; ++byte) {
        const std::string text{'a', static_cast<char>(byte), 'b'};
        AccessRecord record;
        record.*GetParam() = text;
        const std::string line = w3c(record);
        EXPECT_EQ(columns_of(line).size(), 14U) << byte;
        EXPECT_EQ(line.find('\n'), line.size() - 1) << byte;
        for (const char c : line.substr(0, line.size() - 1)) EXPECT_TRUE(c == ' ' || is_visible(c)) << byte;
        EXPECT_EQ(line.find('"'), std::string::npos) << byte;
        EXPECT_EQ(json(record).size(), 26U) << byte;
    }
}

TEST_P(EveryField, keeps_its_line_with_only_bytes_that_need_an_escape) {
    std::string text;
    for (int i = 0; i < 10'000; ++i) text += "\r\n\" \xff"[i % 5];
    AccessRecord record;
    record.*GetParam() = text;
    EXPECT_EQ(columns_of(w3c(record)).size(), 14U);
    EXPECT_LT(w3c(record).size(), 16U * 1024);
    EXPECT_EQ(json(record).size(), 26U);
}

INSTANTIATE_TEST_SUITE_P(AccessRecord, EveryField,
                         testing::Values(&AccessRecord::server_address, &AccessRecord::client_address,
                                         &AccessRecord::method, &AccessRecord::path, &AccessRecord::query,
                                         &AccessRecord::user_agent, &AccessRecord::login, &AccessRecord::decision,
                                         &AccessRecord::location, &AccessRecord::directory_server,
                                         &AccessRecord::request_id));

TEST(Escapes, are_upper_case_and_only_where_they_must_be) {
    AccessRecord record;
    record.login = "\x1f !\"%+~\x7f\x80\xff";
    EXPECT_EQ(column(record, username), "%1F%20!%22%+~%7F%80%FF");
}

}  // namespace
}  // namespace eas451
