// SPDX-License-Identifier: Apache-2.0
// Words for the types of keys, in which the rows of the settings table are written. A namespace of their own, since
// words like `path` and `text` are everybody's.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "key.hpp"

namespace eas451::key_types {

inline constexpr Type section{Kind::section};
inline constexpr Type section_or_off{Kind::section_or_off};
inline constexpr Type boolean{Kind::boolean};
inline constexpr Type text{Kind::text};
inline constexpr Type path{Kind::path};
constexpr Type one(Kind kind) {
    return {kind};
}
constexpr Type many(Kind kind) {
    return {kind, true};
}
constexpr Type duration(std::chrono::milliseconds least, std::chrono::milliseconds most) {
    return {Kind::duration, false, least.count(), most.count()};
}
constexpr Type number(Kind kind, std::int64_t least, std::int64_t most) {
    return {kind, false, least, most};
}
constexpr Type choice(std::string_view choices) {
    return {Kind::choice, false, 0, 0, choices};
}
constexpr Type required(Type type) {
    type.required = true;
    return type;
}

}  // namespace eas451::key_types
