// SPDX-License-Identifier: Apache-2.0
// FileKind: how a directory file is read, by its ending. The settings check what the directory opens.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace eas451 {

enum class FileKind : std::uint8_t { document, ldif };

/// By the ending in any case; nothing for an unknown one.
std::optional<FileKind> file_kind(const std::filesystem::path& file);
/// For mistakes.
inline constexpr std::string_view known_endings = ".yaml, .yml, .json or .ldif";

}  // namespace eas451
