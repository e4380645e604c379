// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/log/storage.hpp"

#include <gtest/gtest.h>

#include <map>
#include <system_error>
#include <thread>

#include "log_files.hpp"

namespace eas451 {
namespace {

class StorageTest : public testing::Test {
protected:
    TemporaryFolder folder;
    std::string path = folder / "access.log";
};

TEST_F(StorageTest, writes_what_is_queued_in_order) {
    Storage storage;
    const auto file = LogFile::open(path);
    storage.write(file, "one\n", 1);
    storage.write(file, "two\nthree\n", 2);
    EXPECT_TRUE(storage.flush());
    EXPECT_EQ(read_file(path), "one\ntwo\nthree\n");
    EXPECT_EQ(file->dropped_lines(), 0U);
}

TEST_F(StorageTest, creates_files_that_others_cannot_read) {
    const mode_t before = ::umask(0);
    const auto file = LogFile::open(path);
    ::umask(before);
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0640U);
}

TEST_F(StorageTest, says_at_once_what_cannot_be_opened) {
    EXPECT_THROW(LogFile::open(folder / "missing/access.log"), std::system_error);
    EXPECT_THROW(LogFile::open(folder / "."), std::system_error);
    // A pipe nobody reads would hold up the start.
    ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
    EXPECT_THROW(LogFile::open(folder / "pipe"), std::system_error);
}

TEST_F(StorageTest, the_end_writes_what_is_queued) {
    const auto file = LogFile::open(path);
    Storage(1U << 20U).write(file, "last\n", 1);
    EXPECT_EQ(read_file(path), "last\n");
}

TEST_F(StorageTest, a_line_without_its_end_is_given_one) {
    Storage storage;
    const auto file = LogFile::open(path);
    storage.write(file, "one", 1);
    storage.write(file, "", 0);
    storage.write(file, "two\n", 1);
    storage.flush();
    EXPECT_EQ(read_file(path), "one\ntwo\n");
}

TEST_F(StorageTest, the_header_stands_once_at_the_top) {
    {
        Storage storage;
        const auto file = LogFile::open(path, [] { return "#head\n"; });
        storage.write(file, "one\n", 1);
        storage.flush();
        storage.write(file, "two\n", 1);
    }
    EXPECT_EQ(read_file(path), "#head\none\ntwo\n");
    Storage storage;
    storage.write(LogFile::open(path, [] { return "#head\n"; }), "three\n", 1);
    storage.flush();
    EXPECT_EQ(read_file(path), "#head\none\ntwo\nthree\n");
}

TEST_F(StorageTest, a_rename_and_a_reopen_begin_a_new_file_with_its_own_header) {
    int headers = 0;
    Storage storage;
    const auto file = LogFile::open(path, [&] { return "#head " + std::to_string(++headers) + "\n"; });
    storage.write(file, "one\n", 1);
    storage.flush();
    std::filesystem::rename(path, path + ".1");
    storage.write(file, "two\n", 1);
    storage.flush();
    storage.reopen();
    storage.write(file, "three\n", 1);
    EXPECT_TRUE(storage.flush());
    EXPECT_EQ(read_file(path + ".1"), "#head 1\none\ntwo\n");
    EXPECT_EQ(read_file(path), "#head 2\nthree\n");
    storage.reopen();
    storage.write(file, "four\n", 1);
    storage.flush();
    EXPECT_EQ(read_file(path), "#head 2\nthree\nfour\n");
}

TEST_F(StorageTest, a_file_that_had_no_lines_yet_is_reopened_too) {
    Storage storage;
    const auto file = LogFile::open(path);
    std::filesystem::rename(path, path + ".1");
    storage.reopen();
    EXPECT_TRUE(storage.flush());
    storage.write(file, "one\n", 1);
    storage.flush();
    EXPECT_EQ(read_file(path + ".1"), "");
    EXPECT_EQ(read_file(path), "one\n");
}

TEST_F(StorageTest, a_reopen_that_fails_keeps_the_old_file) {
    const std::string inner = folder / "inner";
    std::filesystem::create_directory(inner);
    Storage storage;
    const auto file = LogFile::open(inner + "/access.log");
    storage.write(file, "one\n", 1);
    storage.flush();
    std::filesystem::rename(inner, folder / "elsewhere");
    storage.reopen();
    storage.write(file, "two\n", 1);
    EXPECT_TRUE(storage.flush());
    EXPECT_EQ(read_file(folder / "elsewhere/access.log"), "one\ntwo\n");
    EXPECT_EQ(file->dropped_lines(), 0U);
    std::filesystem::create_directory(inner);
    storage.reopen();
    storage.write(file, "three\n", 1);
    storage.flush();
    EXPECT_EQ(read_file(inner + "/access.log"), "three\n");
}

TEST_F(StorageTest, a_line_that_somebody_killed_left_unfinished_is_taken_back) {
    write_file(path, "#head\nwhole\ncut of");
    Storage storage;
    const auto file = LogFile::open(path, [] { return "#head\n"; });
    EXPECT_EQ(read_file(path), "#head\nwhole\n");
    storage.write(file, "one\n", 1);
    storage.flush();
    EXPECT_EQ(read_file(path), "#head\nwhole\none\n");
}

TEST_F(StorageTest, an_unfinished_line_that_is_all_there_is_makes_way_for_the_header) {
    write_file(path, "#he");
    Storage storage;
    const auto file = LogFile::open(path, [] { return "#head\n"; });
    storage.write(file, "one\n", 1);
    storage.flush();
    EXPECT_EQ(read_file(path), "#head\none\n");
}

TEST_F(StorageTest, an_unfinished_line_of_somebody_who_lives_is_not_taken_back) {
    Storage storage;
    const auto living = LogFile::open(path);
    write_file(path, "whole\nmore to co");
    const auto file = LogFile::open(path);
    storage.write(file, "one\n", 1);
    storage.flush();
    EXPECT_EQ(read_file(path), "whole\nmore to co\none\n");
}

TEST_F(StorageTest, what_is_too_long_for_a_line_is_closed) {
    const std::string text = "whole\n" + std::string(64 * 1024, 'x');
    write_file(path, text);
    Storage storage;
    const auto file = LogFile::open(path);
    storage.write(file, "one\n", 1);
    storage.flush();
    EXPECT_EQ(read_file(path), text + "\none\n");
}

TEST_F(StorageTest, standard_output_gets_its_header_once) {
    const int target = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    Storage storage;
    {
        const Redirected redirected(STDOUT_FILENO, target);
        const auto file = LogFile::open("-", [] { return "#head\n"; });
        storage.write(file, "one\n", 1);
        storage.flush();
        storage.reopen();
        storage.write(file, "two\n", 1);
        storage.flush();
    }
    ::close(target);
    EXPECT_EQ(read_file(path), "#head\none\ntwo\n");
}

TEST_F(StorageTest, many_writers_make_whole_lines_in_their_own_order) {
    constexpr int writers = 4;
    constexpr int lines = 2000;
    Storage storage;
    const auto file = LogFile::open(path);
    std::vector<std::thread> threads;
    for (int writer = 0; writer < writers; ++writer) {
        threads.emplace_back([&, writer] {
            const std::string padding(static_cast<std::size_t>(writer) * 50, 'x');
            for (int i = 0; i < lines; ++i) {
                storage.write(file, std::to_string(writer) + " " + std::to_string(i) + " " + padding + "\n", 1);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_TRUE(storage.flush());
    std::map<int, int> next;
    for (const auto& line : lines_of(read_file(path))) {
        const int writer = line[0] - '0';
        const std::string padding(static_cast<std::size_t>(writer) * 50, 'x');
        ASSERT_EQ(line, std::to_string(writer) + " " + std::to_string(next[writer]++) + " " + padding);
    }
    for (int writer = 0; writer < writers; ++writer) EXPECT_EQ(next[writer], lines);
    EXPECT_EQ(file->dropped_lines(), 0U);
}

}  // namespace
}  // namespace eas451
