// SPDX-License-Identifier: Apache-2.0
// What the tests of the log share: a folder of their own, and files, named pipes and standard
// descriptors that are looked at and put back.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace eas451 {

class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "eas451-log-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

inline std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::string& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
}

inline std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::size_t start = 0;
    for (std::size_t end; (end = text.find('\n', start)) != std::string::npos; start = end + 1) {
        lines.push_back(text.substr(start, end - start));
    }
    EXPECT_EQ(start, text.size()) << "the last line has no end";
    return lines;
}

/// The reading end of a named pipe, which holds little unless told otherwise.
class PipeReader {
public:
    explicit PipeReader(const std::string& path, int capacity = 4096) {
        EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
        descriptor_ = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        EXPECT_GE(descriptor_, 0);
        ::fcntl(descriptor_, F_SETPIPE_SZ, capacity);
    }
    ~PipeReader() { close(); }
    PipeReader(const PipeReader&) = delete;
    PipeReader& operator=(const PipeReader&) = delete;

    /// What comes until there is nothing for so long.
    std::string read(std::chrono::milliseconds patience) {
        std::string all;
        pollfd entry{descriptor_, POLLIN, 0};
        while (::poll(&entry, 1, static_cast<int>(patience.count())) == 1 && (entry.revents & POLLIN) != 0) {
            std::array<char, 4096> buffer;
            const ssize_t count = ::read(descriptor_, buffer.data(), buffer.size());
            if (count <= 0) break;
            all.append(buffer.data(), static_cast<std::size_t>(count));
        }
        return all;
    }
    /// Until a whole line has come, or the patience is over.
    std::string read_line(std::chrono::milliseconds patience) {
        pollfd entry{descriptor_, POLLIN, 0};
        if (::poll(&entry, 1, static_cast<int>(patience.count())) != 1) return {};
        return read(std::chrono::milliseconds(0));
    }
    void close() {
        if (descriptor_ >= 0) ::close(descriptor_);
        descriptor_ = -1;
    }

private:
    int descriptor_ = -1;
};

/// A standard descriptor that leads elsewhere as long as this lives.
class Redirected {
public:
    Redirected(int standard, int target) : standard_(standard), saved_(::fcntl(standard, F_DUPFD_CLOEXEC, 10)) {
        std::fflush(nullptr);
        ::dup2(target, standard_);
    }
    ~Redirected() {
        std::fflush(nullptr);
        ::dup2(saved_, standard_);
        ::close(saved_);
    }
    Redirected(const Redirected&) = delete;
    Redirected& operator=(const Redirected&) = delete;

private:
    int standard_;
    int saved_;
};

}  // namespace eas451
