// SPDX-License-Identifier: Apache-2.0
// Writing a chunked body (RFC 9112 7.1): for each chunk its size, the content, chunk_end; then last_chunk.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace eas451 {

inline constexpr std::string_view chunk_end = "\r\n";
/// Without trailers.
inline constexpr std::string_view last_chunk = "0\r\n\r\n";
/// What append_chunk_size() appends at most.
inline constexpr std::size_t max_chunk_size_line_bytes = 2 * sizeof(std::size_t) + 2;

/// Appends the line in front of a chunk of so many bytes; of none nothing, since that line would end the body.
void append_chunk_size(std::string& out, std::size_t bytes);

}  // namespace eas451
