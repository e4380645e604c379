// SPDX-License-Identifier: Apache-2.0
// The two syntaxes of a document. Both want valid UTF-8 without a byte order mark and without control
// bytes, and report to the builder; they never throw on bad input.
#pragma once

#include <string_view>

#include "tree_builder.hpp"

namespace eas451 {

void read_yaml(std::string_view text, TreeBuilder& builder);
void read_json(std::string_view text, TreeBuilder& builder);

}  // namespace eas451
