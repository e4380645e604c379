// SPDX-License-Identifier: Apache-2.0
// Which bytes may stand where in HTTP/1.1, stated once for heads and for bodies: a trailer line is
// judged by the rules of a field line.
#pragma once

#include "byte_set.hpp"
#include "eas451/core/text.hpp"

namespace eas451 {

// tchar of RFC 9110 5.6.2.
inline constexpr ByteSet token_bytes("!#$%&'*+-.^_`|~");
// tchar without '_' and '.': IIS and CGI-like backends take those for '-' (X_Forwarded_For).
inline constexpr ByteSet field_name_bytes("!#$%&'*+-^`|~");
/// Also what may stand in a quoted string, escaped or not, quote and backslash aside.
constexpr bool is_field_value_byte(char c) {
    return c == '\t' || !is_control(c);
}
inline constexpr ByteSet field_value_bytes(is_field_value_byte);

}  // namespace eas451
