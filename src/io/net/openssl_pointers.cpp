// SPDX-License-Identifier: Apache-2.0
#include "openssl_pointers.hpp"

#include <openssl/err.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

namespace eas451 {

std::string openssl_error() {
    std::array<char, 256> text{};
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (code == 0) return "unknown error";
    const char* reason = ERR_reason_error_string(code);
    if (reason != nullptr) return reason;
    ERR_error_string_n(code, text.data(), text.size());
    return text.data();
}

std::optional<std::string> why_unreadable(const std::filesystem::path& file) {
    std::error_code error;
    const auto status = std::filesystem::status(file, error);
    if (status.type() == std::filesystem::file_type::not_found) return "there is no such file";
    if (error) return error.message();
    // A pipe or a device would be waited for, perhaps for ever.
    if (!std::filesystem::is_regular_file(status)) return "it is no regular file";
    errno = 0;
    if (!std::ifstream(file)) return std::strerror(errno);
    return std::nullopt;
}

}  // namespace eas451
