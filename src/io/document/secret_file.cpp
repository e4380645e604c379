// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/document/secret_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace eas451 {
namespace {

constexpr std::size_t longest = 4096;

Result<Secret, std::string> none(std::string why) { return {boost::system::in_place_error, std::move(why)}; }

}  // namespace

Result<Secret, std::string> read_secret_line(int descriptor, const std::string& name) {
    std::string line;
    const CleansedAtEnd at_end(line);
    line.reserve(longest + 2);  // growing would leave copies behind
    char byte = 0;
    ssize_t got = 0;
    // Byte by byte: a stream would keep a copy in its buffer.
    while (line.size() < line.capacity() && (got = ::read(descriptor, &byte, 1)) != 0 && byte != '\n') {
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return none("cannot read " + name);
        line += byte;
    }
    if (got == 0 && line.empty()) return none("no password in " + name);
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) return none("the password in " + name + " is empty");
    if (line.size() > longest) return none("the password in " + name + " is longer than 4096 bytes");
    return Secret(std::move(line));
}

Result<Secret, std::string> read_secret_file(const std::filesystem::path& file) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) {
        return none(file.string() + ": " + (error ? error.message() : "is no file"));
    }
    const int opened = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (opened < 0) return none("cannot read " + file.string() + ": " + std::generic_category().message(errno));
    auto secret = read_secret_line(opened, file.string());
    ::close(opened);
    return secret;
}

}  // namespace eas451
