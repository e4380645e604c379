// SPDX-License-Identifier: Apache-2.0
// Passwords, and hashes of them, from where an administrator keeps them.
#pragma once

#include <filesystem>
#include <string>

#include "eas451/core/result.hpp"
#include "eas451/core/secret.hpp"

namespace eas451 {

/// The first line of a regular file, 1 to 4096 bytes: a pipe or a device would be waited for, perhaps
/// for ever. The error says in one sentence what is wrong.
Result<Secret, std::string> read_secret_file(const std::filesystem::path& file);

/// The first line of what is open there; `name` is for the error. Reads as far as the line goes, and
/// waits for it.
Result<Secret, std::string> read_secret_line(int descriptor, const std::string& name);

}  // namespace eas451
