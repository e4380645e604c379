// SPDX-License-Identifier: Apache-2.0
#include "log_destination.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <optional>
#include <string>
#include <system_error>
#include <tuple>

namespace eas451 {
namespace {

LogDescriptor::Kind kind_of(int number) {
    struct stat status {};
    if (::fstat(number, &status) != 0) throw std::system_error(errno, std::generic_category(), "log descriptor");
    if (S_ISREG(status.st_mode)) return LogDescriptor::Kind::regular_file;
    return S_ISSOCK(status.st_mode) ? LogDescriptor::Kind::socket : LogDescriptor::Kind::other;
}

/// What is written at once. A pipe that poll() calls writable takes this much without blocking, and
/// takes it in one piece; whole lines where they fit.
std::string_view next_piece(std::string_view text, LogDescriptor::Kind kind) {
    if (kind != LogDescriptor::Kind::other || text.size() <= PIPE_BUF) return text;
    const std::string_view piece = text.substr(0, PIPE_BUF);
    const std::size_t line_end = piece.rfind('\n');
    return line_end == std::string_view::npos ? piece : piece.substr(0, line_end + 1);
}

ssize_t write_once(const LogDescriptor& descriptor, std::string_view text) {
    if (descriptor.kind() == LogDescriptor::Kind::socket) {
        return ::send(descriptor.number(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    return ::write(descriptor.number(), text.data(), text.size());
}

/// True also when something is wrong with it: the write will say what.
bool has_room(int number, std::chrono::milliseconds limit) {
    pollfd entry{number, POLLOUT, 0};
    return ::poll(&entry, 1, static_cast<int>(limit.count())) != 0;
}

// A line that is longer is not one of ours, and nothing of it is taken away.
constexpr off_t longest_line = 64 * 1024;

/// The end of a regular file, from `from` to its `size`; nothing when it cannot be read.
std::optional<std::string> read_end(const std::string& path, off_t from, off_t size) {
    const int reader = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (reader < 0) return std::nullopt;
    std::string end(static_cast<std::size_t>(size - from), '\0');
    const ssize_t count = ::pread(reader, end.data(), end.size(), from);
    ::close(reader);
    if (count != static_cast<ssize_t>(end.size())) return std::nullopt;
    return end;
}

}  // namespace

LogDescriptor::LogDescriptor(int number, bool owned) : number_(number), owned_(owned), kind_(kind_of(number)) {}

LogDescriptor::~LogDescriptor() {
    if (owned_) ::close(number_);
}

std::unique_ptr<LogDescriptor> LogDescriptor::open(const std::string& path) {
    // O_NONBLOCK: opening a named pipe without a reader fails instead of waiting for one.
    const int number = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
    if (number < 0) throw std::system_error(errno, std::generic_category(), path);
    auto descriptor = std::make_unique<LogDescriptor>(number, true);
    if (descriptor->kind() == Kind::regular_file) descriptor->take_back_unfinished_line(path);
    return descriptor;
}

/// The kernel ends a write(2) of whoever is killed between two pages of the file, wherever that is in a line.
void LogDescriptor::take_back_unfinished_line(const std::string& path) const {
    // Each of those who write holds the lock shared: it is had alone when none of them lives.
    if (::flock(number_, LOCK_EX | LOCK_NB) == 0) {
        struct stat status {};
        const off_t size = ::fstat(number_, &status) == 0 ? status.st_size : 0;
        const off_t from = std::max<off_t>(size - longest_line, 0);
        const std::string end = read_end(path, from, size).value_or("");
        const std::size_t line_end = end.rfind('\n');
        const bool is_known = line_end != std::string::npos || from == 0;
        const off_t whole = line_end == std::string::npos ? 0 : from + static_cast<off_t>(line_end) + 1;
        // When it fails, the line is closed before the next one instead.
        if (!end.empty() && is_known && whole < size) std::ignore = ::ftruncate(number_, whole);
    }
    ::flock(number_, LOCK_SH | LOCK_NB);
}

bool LogDescriptor::is_empty_file() const {
    struct stat status {};
    return kind_ == Kind::regular_file && ::fstat(number_, &status) == 0 && status.st_size == 0;
}

bool LogDescriptor::ends_within_line(const std::string& path) const {
    struct stat status {};
    if (kind_ != Kind::regular_file || ::fstat(number_, &status) != 0 || status.st_size == 0) return false;
    return read_end(path, status.st_size - 1, status.st_size).value_or("\n") != "\n";
}

LogDestination::LogDestination(std::unique_ptr<LogDescriptor> descriptor, std::string path, Header header)
    : descriptor_(std::move(descriptor)),
      path_(std::move(path)),
      header_(std::move(header)),
      header_due_(path_.empty() && header_) {
    if (!path_.empty() && descriptor_->ends_within_line(path_)) prefix_ = "\n";
}

LogDestination::Written LogDestination::write_all(std::string_view text) {
    const bool may_block = descriptor_->kind() != LogDescriptor::Kind::regular_file;
    Written done{0, State::complete, 0};
    while (done.bytes < text.size()) {
        const std::string_view piece = next_piece(text.substr(done.bytes), descriptor_->kind());
        if (may_block && !has_room(descriptor_->number(), std::chrono::milliseconds(0))) {
            done.state = State::blocked;
            break;
        }
        const ssize_t count = write_once(*descriptor_, piece);
        if (count > 0) {
            done.bytes += static_cast<std::size_t>(count);
        } else if (count == 0 || errno != EINTR) {
            done.error = count == 0 ? EIO : errno;
            done.state = done.error == EAGAIN ? State::blocked : State::broken;
            break;
        }
    }
    return done;
}

LogDestination::Written LogDestination::write_behind_prefix(std::string_view text) {
    if (header_ && (header_due_ || (!path_.empty() && descriptor_->is_empty_file()))) {
        prefix_ = header_();
        header_due_ = false;
    }
    if (prefix_.empty()) return write_all(text);
    // Joined: a pipe may have room for one write only.
    Written done = write_all(prefix_ + std::string(text));
    const std::size_t of_prefix = std::min(done.bytes, prefix_.size());
    prefix_.erase(0, of_prefix);
    done.bytes -= of_prefix;
    return done;
}

LogDestination::Written LogDestination::write(std::string_view text) {
    const Written done = is_within_line() ? write_all(text) : write_behind_prefix(text);
    const std::string_view written = text.substr(0, done.bytes);
    const std::size_t line_end = written.rfind('\n');
    line_begun_ = line_end == std::string_view::npos ? line_begun_ + written.size() : written.size() - line_end - 1;
    return done;
}

void LogDestination::wait_for_room(std::chrono::milliseconds limit) const {
    has_room(descriptor_->number(), limit);
}

bool LogDestination::take_back_line() {
    const int number = descriptor_->number();
    if (descriptor_->kind() != LogDescriptor::Kind::regular_file) return false;
    if ((::fcntl(number, F_GETFL) & O_APPEND) == 0) return false;
    // Only when nobody wrote behind it: our position is then the end of the file.
    struct stat status {};
    const off_t position = ::lseek(number, 0, SEEK_CUR);
    const auto begun = static_cast<off_t>(line_begun_);
    if (::fstat(number, &status) != 0 || status.st_size != position || position < begun) return false;
    return ::ftruncate(number, position - begun) == 0;
}

void LogDestination::abandon_line() {
    if (line_begun_ == 0) return;
    if (!take_back_line()) prefix_ = "\n";
    line_begun_ = 0;
}

bool LogDestination::reopen() {
    if (path_.empty()) return true;
    try {
        auto descriptor = LogDescriptor::open(path_);
        abandon_line();
        descriptor_ = std::move(descriptor);
        prefix_ = descriptor_->ends_within_line(path_) ? "\n" : "";
        return true;
    } catch (const std::system_error& failure) {
        errno = failure.code().value();
        return false;
    }
}

std::string LogDestination::name() const {
    if (!path_.empty()) return path_;
    return is_standard_error() ? "stderr" : "stdout";
}

std::shared_ptr<LogFile> LogFile::open(std::string path, Header header) {
    if (path == "-") {
        return std::make_shared<LogDestination>(std::make_unique<LogDescriptor>(STDOUT_FILENO, false), "",
                                                std::move(header));
    }
    auto descriptor = LogDescriptor::open(path);
    return std::make_shared<LogDestination>(std::move(descriptor), std::move(path), std::move(header));
}

std::shared_ptr<LogFile> LogFile::standard_error() {
    return std::make_shared<LogDestination>(std::make_unique<LogDescriptor>(STDERR_FILENO, false), "", Header{});
}

}  // namespace eas451
