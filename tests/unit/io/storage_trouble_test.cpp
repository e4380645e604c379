// SPDX-License-Identifier: Apache-2.0
// Full disks, full queues, and readers who sleep or leave.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "eas451/io/log/storage.hpp"
#include "log_files.hpp"

namespace eas451 {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string some_lines(char letter, std::size_t length, unsigned count) {
    std::string lines;
    for (unsigned i = 0; i < count; ++i) lines += std::string(length - 1, letter) + '\n';
    return lines;
}

/// The limit of a file's size for this process as long as it lives; nothing may be asserted
/// meanwhile, since a report is written to a file too.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        rlimit limit = before_;
        limit.rlim_cur = bytes;
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

private:
    rlimit before_{};
};

void write_with_limit(Storage& storage, const std::shared_ptr<LogFile>& file, rlim_t bytes, std::string lines,
                      unsigned count) {
    bool flushed = false;
    {
        const FileSizeLimit limit(bytes);
        storage.write(file, std::move(lines), count);
        flushed = storage.flush();
    }
    EXPECT_TRUE(flushed);
}

class StorageTroubleTest : public testing::Test {
protected:
    TemporaryFolder folder;
    std::string path = folder / "access.log";
};

TEST_F(StorageTroubleTest, a_full_device_drops_and_counts) {
    Storage storage;
    const auto full = LogFile::open("/dev/full");
    const auto file = LogFile::open(path);
    storage.write(full, "one\ntwo\n", 2);
    storage.write(file, "one\n", 1);
    EXPECT_TRUE(storage.flush());
    EXPECT_EQ(full->dropped_lines(), 2U);
    EXPECT_EQ(read_file(path), "one\n");
}

TEST_F(StorageTroubleTest, a_full_disk_leaves_whole_lines_and_is_tried_again) {
    Storage storage;
    const auto file = LogFile::open(path, [] { return "#head\n"; });
    // 6 bytes of header and ten lines fit; the eleventh is cut by the limit.
    write_with_limit(storage, file, 1050, some_lines('a', 100, 15), 15);
    EXPECT_EQ(read_file(path), "#head\n" + some_lines('a', 100, 10));
    EXPECT_EQ(file->dropped_lines(), 5U);
    write_with_limit(storage, file, 1050, some_lines('b', 100, 1), 1);
    EXPECT_EQ(file->dropped_lines(), 6U);
    write_with_limit(storage, file, 4000, some_lines('c', 100, 2), 2);
    EXPECT_EQ(read_file(path), "#head\n" + some_lines('a', 100, 10) + some_lines('c', 100, 2));
    EXPECT_EQ(file->dropped_lines(), 6U);
}

TEST_F(StorageTroubleTest, a_cut_line_that_cannot_be_taken_back_is_closed) {
    // Without O_APPEND, as the shell's `>` opens it, the end of the file is not ours to move.
    const int target = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    std::uint64_t dropped = 0;
    {
        Storage storage;
        const Redirected redirected(STDOUT_FILENO, target);
        const auto file = LogFile::open("-");
        write_with_limit(storage, file, 1050, some_lines('a', 100, 15), 15);
        write_with_limit(storage, file, 4000, some_lines('b', 100, 1), 1);
        dropped = file->dropped_lines();
    }
    ::close(target);
    EXPECT_EQ(dropped, 5U);
    EXPECT_EQ(read_file(path), some_lines('a', 100, 10) + std::string(50, 'a') + "\n" + some_lines('b', 100, 1));
}

TEST_F(StorageTroubleTest, what_does_not_fit_into_the_queue_is_dropped_and_counted) {
    Storage storage(1000);
    const auto file = LogFile::open(path);
    storage.write(file, some_lines('a', 100, 10), 10);
    EXPECT_TRUE(storage.flush());
    storage.write(file, some_lines('b', 1001, 1), 1);
    EXPECT_TRUE(storage.flush());
    EXPECT_EQ(file->dropped_lines(), 1U);
    EXPECT_EQ(read_file(path), some_lines('a', 100, 10));
}

TEST_F(StorageTroubleTest, a_queue_nobody_empties_stays_within_its_bounds) {
    PipeReader reader(path);
    Storage storage(10'000);
    const auto file = LogFile::open(path);
    for (int i = 0; i < 200; ++i) storage.write(file, some_lines('a', 1000, 1), 1);
    // At most the pipe's page and the queue: the rest was dropped without waiting for anybody.
    EXPECT_GE(file->dropped_lines(), 200U - 4 - 10);
    EXPECT_LT(file->dropped_lines(), 200U);
}

TEST_F(StorageTroubleTest, a_pipe_nobody_reads_does_not_hold_up_the_others) {
    PipeReader sleeper(folder / "sleeper");
    PipeReader reader(folder / "reader");
    Storage storage;
    const auto asleep = LogFile::open(folder / "sleeper");
    const auto awake = LogFile::open(folder / "reader");
    storage.write(asleep, some_lines('a', 100, 5000), 5000);
    storage.write(awake, "one\n", 1);
    EXPECT_EQ(reader.read_line(milliseconds(1500)), "one\n");
    EXPECT_TRUE(storage.flush());
    const auto kept = lines_of(sleeper.read(milliseconds(0)));
    EXPECT_EQ(kept.size() + asleep->dropped_lines(), 5000U);
    for (const auto& line : kept) EXPECT_EQ(line, std::string(99, 'a'));
    storage.write(asleep, "later\n", 1);
    EXPECT_EQ(sleeper.read_line(milliseconds(1500)), "later\n");
}

TEST_F(StorageTroubleTest, a_long_line_a_pipe_took_half_of_is_closed) {
    PipeReader reader(path);
    Storage storage;
    const auto file = LogFile::open(path);
    storage.write(file, some_lines('a', 20'000, 1), 1);
    EXPECT_TRUE(storage.flush());
    EXPECT_EQ(file->dropped_lines(), 1U);
    EXPECT_EQ(reader.read(milliseconds(0)), std::string(4096, 'a'));
    storage.write(file, "next\n", 1);
    EXPECT_TRUE(storage.flush());
    EXPECT_EQ(reader.read(milliseconds(0)), "\nnext\n");
}

TEST_F(StorageTroubleTest, a_slow_reader_gets_everything) {
    PipeReader reader(path);
    Storage storage;
    const auto file = LogFile::open(path);
    const std::string sent = some_lines('a', 100, 3000);
    storage.write(file, sent, 3000);
    std::string received;
    while (received.size() < sent.size()) {
        const std::string more = reader.read_line(seconds(5));
        ASSERT_FALSE(more.empty());
        received += more;
    }
    EXPECT_EQ(received, sent);
    EXPECT_EQ(file->dropped_lines(), 0U);
}

TEST_F(StorageTroubleTest, a_closed_pipe_drops_and_counts_and_kills_nobody) {
    PipeReader reader(path);
    Storage storage;
    const auto file = LogFile::open(path);
    reader.close();
    storage.write(file, "one\ntwo\n", 2);
    EXPECT_TRUE(storage.flush());
    EXPECT_EQ(file->dropped_lines(), 2U);
}

TEST_F(StorageTroubleTest, the_end_does_not_wait_for_a_reader_who_sleeps) {
    PipeReader reader(path);
    const auto file = LogFile::open(path);
    const auto start = std::chrono::steady_clock::now();
    Storage().write(file, some_lines('a', 100, 1000), 1000);
    EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(4));
    EXPECT_EQ(lines_of(reader.read(milliseconds(0))).size() + file->dropped_lines(), 1000U);
}

TEST_F(StorageTroubleTest, trouble_is_told_once_and_so_is_its_end) {
    PipeReader told(folder / "stderr", 65536);
    const int target = ::open((folder / "stderr").c_str(), O_WRONLY | O_CLOEXEC);
    {
        const Redirected redirected(STDERR_FILENO, target);
        Storage storage;
        const auto file = LogFile::open(path);
        for (int i = 0; i < 5; ++i) write_with_limit(storage, file, 10, some_lines('a', 100, 1), 1);
        for (int i = 0; i < 5; ++i) write_with_limit(storage, file, 100'000, some_lines('b', 100, 1), 1);
    }
    ::close(target);
    const auto lines = lines_of(told.read(milliseconds(0)));
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_NE(lines[0].find("error cannot write the log " + path + ": File too large"), std::string::npos) << lines[0];
    EXPECT_NE(lines[1].find("written again; lines dropped since start: 5"), std::string::npos) << lines[1];
    EXPECT_EQ(read_file(path), some_lines('b', 100, 5));
}

}  // namespace
}  // namespace eas451
