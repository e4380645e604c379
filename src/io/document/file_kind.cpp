// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/document/file_kind.hpp"

#include "eas451/core/text.hpp"

namespace eas451 {

std::optional<FileKind> file_kind(const std::filesystem::path& file) {
    const auto ending = ascii_lower(file.extension().string());
    if (ending == ".yaml" || ending == ".yml" || ending == ".json") return FileKind::document;
    if (ending == ".ldif") return FileKind::ldif;
    return std::nullopt;
}

}  // namespace eas451
