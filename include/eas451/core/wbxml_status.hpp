// SPDX-License-Identifier: Apache-2.0
// The short WBXML documents that carry nothing but a Status (MS-ASWBXML; MS-ASCMD 2.2.2).
#pragma once

#include <string>

#include "eas451/core/decision.hpp"

namespace eas451 {

/// False for GetAttachment, the old collection commands, Notify and unknown ones: their errors are
/// HTTP codes only.
bool has_status_document(EasCommand command);

/// Requires has_status_document(command) and a status other than none.
std::string wbxml_status_document(EasCommand command, EasStatus status);

}  // namespace eas451
