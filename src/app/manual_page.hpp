// SPDX-License-Identifier: Apache-2.0
// The manual pages, from what the program knows of itself: eas451(8) from the command line's parser, eas451.yaml(5)
// from the table of keys.
#pragma once

#include <string>

#include "command_tree.hpp"

namespace eas451 {

std::string manual_page_8(const CommandTree& tree, const std::string& version);
std::string manual_page_5(const std::string& version);

}  // namespace eas451
