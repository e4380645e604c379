// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/chunks.hpp"

#include <charconv>
#include <iterator>

namespace eas451 {

void append_chunk_size(std::string& out, std::size_t bytes) {
    if (bytes == 0) return;
    char digits[2 * sizeof bytes];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), bytes, 16).ptr;
    out.append(digits, end).append("\r\n");
}

}  // namespace eas451
