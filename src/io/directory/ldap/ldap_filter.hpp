// SPDX-License-Identifier: Apache-2.0
// The filters that are sent, with everything foreign in them escaped (RFC 4515). Pure.
#pragma once

#include <string>
#include <string_view>

namespace eas451 {

/// Every byte outside letters, digits, '.', '_', '@' and '-' as \XX, so that a login can never be more
/// of a filter than a value.
std::string escape_filter_value(std::string_view value);

}  // namespace eas451
