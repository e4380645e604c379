// SPDX-License-Identifier: Apache-2.0
// Strings that hold a password and grow: by itself a string would leave its old bytes behind.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "eas451/core/secret.hpp"

namespace eas451 {

/// Room for so many bytes more; what had to be moved is cleansed where it was.
inline void make_room(std::string& bytes, std::size_t more) {
    if (bytes.capacity() - bytes.size() >= more) return;
    std::string larger;
    larger.reserve(std::max(bytes.size() + more, bytes.empty() ? 0 : 2 * bytes.capacity()));
    larger = bytes;
    cleanse(bytes);
    bytes = std::move(larger);
}

inline void append(std::string& bytes, std::string_view more) {
    make_room(bytes, more.size());
    bytes.append(more);
}

}  // namespace eas451
