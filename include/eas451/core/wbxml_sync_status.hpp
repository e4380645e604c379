// SPDX-License-Identifier: Apache-2.0
// The Status of any server's answer to Sync: unlike other commands' it may stand with each folder only (MS-ASCMD
// 2.2.3.177.17). Pure, one pass, no memory of its own.
#pragma once

#include <optional>
#include <string_view>

namespace eas451 {

/// That of the whole if it is there and not 1; else that of the first Collection; else the 1 of the whole. Nothing
/// where none of them is read: the document is another, or holds what is no part of such answers before them. It may be
/// cut off.
std::optional<unsigned> read_sync_status(std::string_view document);

}  // namespace eas451
