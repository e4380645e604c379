// SPDX-License-Identifier: Apache-2.0
// What in a directory entry does not go together, or keeps its user out. Nothing here changes a
// decision: it is for explain and audit, where an administrator asks why.
#pragma once

#include <string>
#include <vector>

#include "eas451/core/recipient.hpp"

namespace eas451 {

/// One sentence each, with the attributes' directory names.
std::vector<std::string> contradictions(const Recipient& recipient);

}  // namespace eas451
