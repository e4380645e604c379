// SPDX-License-Identifier: Apache-2.0
// The short WBXML documents that carry nothing but a Status (MS-ASWBXML; MS-ASCMD 2.2.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "eas451/core/decision.hpp"

namespace eas451 {

/// False for GetAttachment, the old collection commands, Notify and unknown ones: their errors are
/// HTTP codes only.
bool has_status_document(EasCommand command);

/// Requires has_status_document(command) and a status other than none.
std::string wbxml_status_document(EasCommand command, EasStatus status);

/// The other way round: the Status that an answer to this command begins with, one of ours or of any server; 1 is that all
/// is well. Nothing when the document begins otherwise. What comes behind the Status is not read.
std::optional<unsigned> read_wbxml_status(EasCommand command, std::string_view document);
/// "UserHasNoMailbox": the name of a common Status (MS-ASCMD 2.2.2), 101 and above; empty where there is none.
std::string_view common_status_name(unsigned status);

}  // namespace eas451
