// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/log/log.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <regex>
#include <thread>

#include "log_files.hpp"

namespace eas451 {
namespace {

class LogTest : public testing::Test {
protected:
    ~LogTest() override { log::start(LogLevel::info, LogFormat::text, nullptr); }

    /// What is written to stderr meanwhile.
    std::string said(const std::function<void()>& body) {
        const std::string path = folder / "stderr";
        const int target = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
        {
            const Redirected redirected(STDERR_FILENO, target);
            body();
        }
        ::close(target);
        return read_file(path);
    }

    TemporaryFolder folder;
};

constexpr const char* time_pattern = R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)";

TEST_F(LogTest, a_text_line_has_time_level_and_message) {
    log::start(LogLevel::debug, LogFormat::text, nullptr);
    const auto lines = lines_of(said([] {
        log::debug("one {} %s");
        log::info("two");
        log::warning("three");
        log::error("four");
        log::always("five");
    }));
    const std::vector<std::string> expected{"debug one \\{\\} %s", "info  two", "warning three", "error four",
                                            "notice five"};
    ASSERT_EQ(lines.size(), expected.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
        EXPECT_TRUE(std::regex_match(lines[i], std::regex(time_pattern + (" " + expected[i])))) << lines[i];
    }
}

TEST_F(LogTest, the_time_is_utc_and_now) {
    const auto seconds_now = [] { return std::time(nullptr); };
    const auto before = seconds_now();
    const std::string line = said([] { log::info("x"); });
    std::tm parsed{};
    ASSERT_NE(::strptime(line.c_str(), "%Y-%m-%dT%H:%M:%S", &parsed), nullptr);
    const auto logged = ::timegm(&parsed);
    EXPECT_GE(logged, before);
    EXPECT_LE(logged, seconds_now());
}

TEST_F(LogTest, a_json_line_has_the_same_three) {
    log::start(LogLevel::info, LogFormat::json, nullptr);
    const auto lines = lines_of(said([] {
        log::info("a \"quoted\"\nline \xff");
        log::always("b");
    }));
    ASSERT_EQ(lines.size(), 2U);
    const auto object = nlohmann::ordered_json::parse(lines[0]);
    EXPECT_EQ(lines[0].find("{\"time\":\""), 0U);
    EXPECT_TRUE(std::regex_match(object.at("time").get<std::string>(), std::regex(time_pattern)));
    EXPECT_EQ(object.at("level"), "info");
    EXPECT_EQ(object.at("message"), "a \"quoted\"\nline \xef\xbf\xbd");
    EXPECT_EQ(object.size(), 3U);
    EXPECT_EQ(nlohmann::json::parse(lines[1]).at("level"), "notice");
}

TEST_F(LogTest, a_message_is_one_line_whatever_is_in_it) {
    EXPECT_NE(said([] { log::info("a\nb\r\x1b[31m\x7f\tc"); }).find(" a\\x0ab\\x0d\\x1b[31m\\x7f\\x09c\n"),
              std::string::npos);
}

TEST_F(LogTest, a_level_hides_what_is_below_it_and_never_a_notice) {
    const auto say_all = [] {
        log::debug("d");
        log::info("i");
        log::warning("w");
        log::error("e");
        log::always("n");
    };
    const std::vector<LogLevel> levels{LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error};
    for (std::size_t i = 0; i < levels.size(); ++i) {
        log::start(levels[i], LogFormat::text, nullptr);
        EXPECT_EQ(lines_of(said(say_all)).size(), 5 - i);
        for (std::size_t j = 0; j < levels.size(); ++j) EXPECT_EQ(log::is_enabled(levels[j]), j >= i);
    }
}

TEST_F(LogTest, lines_go_through_the_storage_until_stop) {
    const std::string text = said([] {
        Storage storage;
        log::start(LogLevel::info, LogFormat::text, &storage);
        log::info("through the storage");
        EXPECT_TRUE(storage.flush());
        log::stop();
        log::info("directly");
    });
    const auto lines = lines_of(text);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_NE(lines[0].find("through the storage"), std::string::npos);
    EXPECT_NE(lines[1].find("directly"), std::string::npos);
}

TEST_F(LogTest, stop_keeps_level_and_format) {
    log::start(LogLevel::error, LogFormat::json, nullptr);
    log::stop();
    const std::string text = said([] {
        log::warning("no");
        log::error("yes");
    });
    EXPECT_EQ(nlohmann::json::parse(text).at("message"), "yes");
}

TEST_F(LogTest, a_lost_line_is_counted) {
    const auto before = log::dropped_lines();
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    {
        const Redirected redirected(STDERR_FILENO, full);
        log::info("lost");
    }
    ::close(full);
    EXPECT_EQ(log::dropped_lines(), before + 1);
}

TEST_F(LogTest, many_threads_and_a_reload_make_whole_lines) {
    const std::string text = said([] {
        Storage storage;
        log::start(LogLevel::info, LogFormat::text, &storage);
        std::vector<std::thread> threads;
        for (int thread = 0; thread < 3; ++thread) {
            threads.emplace_back([] {
                for (int i = 0; i < 500; ++i) log::info("a message");
            });
        }
        for (int i = 0; i < 50; ++i) log::start(LogLevel::info, LogFormat::text, &storage);
        for (auto& thread : threads) thread.join();
        log::stop();
    });
    const auto lines = lines_of(text);
    EXPECT_EQ(lines.size(), 1500U);
    const std::regex whole(time_pattern + std::string(" info  a message"));
    for (const auto& line : lines) ASSERT_TRUE(std::regex_match(line, whole)) << line;
}

TEST(Quoted, escapes_what_could_be_taken_for_something_else) {
    EXPECT_EQ(log::quoted(""), "\"\"");
    EXPECT_EQ(log::quoted("plain text"), "\"plain text\"");
    EXPECT_EQ(log::quoted("a\"b\\c"), R"("a\"b\\c")");
    EXPECT_EQ(log::quoted(std::string("\0\n\x1b\x7f", 4)), R"("\x00\x0a\x1b\x7f")");
    EXPECT_EQ(log::quoted("J\xc3\xbcrgen \xf0\x9f\x93\xb1"), "\"J\xc3\xbcrgen \xf0\x9f\x93\xb1\"");
    EXPECT_EQ(log::quoted("\xff\xc3(\xc0\xaf\xed\xa0\x80"), R"("\xff\xc3(\xc0\xaf\xed\xa0\x80")");
    // The C1 controls are valid UTF-8, and terminals obey them.
    EXPECT_EQ(log::quoted("\xc2\x9b\xc2\x80\xc2\xa0"), "\"\\xc2\\x9b\\xc2\\x80\xc2\xa0\"");
}

TEST(Quoted, is_cut_at_200_bytes_between_characters) {
    EXPECT_EQ(log::quoted(std::string(200, 'a')), "\"" + std::string(200, 'a') + "\"");
    EXPECT_EQ(log::quoted(std::string(201, 'a')), "\"" + std::string(200, 'a') + "\"...");
    EXPECT_EQ(log::quoted(std::string(199, 'a') + "\xc3\xbc"), "\"" + std::string(199, 'a') + "\"...");
    EXPECT_EQ(log::quoted(std::string(198, 'a') + "\xc3\xbc"), "\"" + std::string(198, 'a') + "\xc3\xbc\"");
}

}  // namespace
}  // namespace eas451
