// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/log/access_log.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "log_files.hpp"

namespace eas451 {
namespace {

class AccessLogTest : public testing::Test {
protected:
    static std::string w3c(const AccessRecord& record) {
        std::string line;
        append_w3c_line(line, record);
        return line;
    }

    TemporaryFolder folder;
    std::string path = folder / "access.log";
    Storage storage;
    AccessRecord record;
};

TEST_F(AccessLogTest, hands_lines_over_when_told) {
    AccessLog log(storage, LogFile::open(path), AccessLogFormat::w3c);
    EXPECT_FALSE(log.has_waiting_lines());
    record.login = "one";
    log.write(record);
    EXPECT_TRUE(log.has_waiting_lines());
    storage.flush();
    EXPECT_EQ(read_file(path), "");
    log.flush();
    EXPECT_FALSE(log.has_waiting_lines());
    storage.flush();
    EXPECT_EQ(read_file(path), w3c(record));
    log.flush();
    storage.flush();
    EXPECT_EQ(read_file(path), w3c(record));
}

TEST_F(AccessLogTest, hands_lines_over_when_64_kib_have_gathered) {
    AccessLog log(storage, LogFile::open(path), AccessLogFormat::w3c);
    const std::string line = w3c(record);
    const std::size_t below = (64 * 1024 - 1) / line.size();
    for (std::size_t i = 0; i < below; ++i) log.write(record);
    EXPECT_TRUE(log.has_waiting_lines());
    log.write(record);
    EXPECT_FALSE(log.has_waiting_lines());
    storage.flush();
    EXPECT_EQ(read_file(path).size(), (below + 1) * line.size());
}

TEST_F(AccessLogTest, the_end_hands_over_what_waits) {
    { AccessLog(storage, LogFile::open(path), AccessLogFormat::json).write(record); }
    storage.flush();
    std::string line;
    append_json_line(line, record);
    EXPECT_EQ(read_file(path), line);
}

TEST_F(AccessLogTest, lines_that_are_lost_are_counted_one_by_one) {
    const auto full = LogFile::open("/dev/full");
    AccessLog log(storage, full, AccessLogFormat::w3c);
    for (int i = 0; i < 7; ++i) log.write(record);
    log.flush();
    storage.flush();
    EXPECT_EQ(full->dropped_lines(), 7U);
}

TEST_F(AccessLogTest, logs_of_several_threads_share_a_file_line_by_line) {
    const auto file = LogFile::open(path, [] { return w3c_header({}); });
    std::vector<std::thread> workers;
    for (int worker = 0; worker < 3; ++worker) {
        workers.emplace_back([&, worker] {
            const std::string login(static_cast<std::size_t>(worker) * 40 + 1, 'u');
            AccessRecord mine;
            mine.login = login;
            AccessLog log(storage, file, AccessLogFormat::w3c);
            for (int i = 0; i < 3000; ++i) log.write(mine);
        });
    }
    for (auto& worker : workers) worker.join();
    EXPECT_TRUE(storage.flush());
    const auto lines = lines_of(read_file(path));
    ASSERT_EQ(lines.size(), 4U + 9000U);
    for (std::size_t i = 4; i < lines.size(); ++i) {
        ASSERT_EQ(std::count(lines[i].begin(), lines[i].end(), ' '), 13) << lines[i];
        ASSERT_EQ(lines[i].substr(0, 11), "1970-01-01 ");
    }
}

}  // namespace
}  // namespace eas451
