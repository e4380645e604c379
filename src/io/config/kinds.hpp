// SPDX-License-Identifier: Apache-2.0
// Kinds of values: how each is read, printed and described. Pure.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "key.hpp"

namespace eas451 {

struct KindTraits {
    Kind kind;
    std::string_view name;    // "duration"
    std::string_view form;    // what to write, for mistakes and the reference
    std::string_view schema;  // JSON Schema of one value, without limits
};
const KindTraits& traits_of(Kind kind);

/// Says what is wrong with a value, and the mend, at a place.
using Complain = std::function<void(Position, std::string)>;

/// The value of a node, which is not null; nothing after a complaint. Relative paths are taken from
/// `folder`. Not for sections and lists of maps.
std::optional<Value> read_value(const Type& type, const Node& node, const std::filesystem::path& folder,
                                const Complain& complain);

/// Of a map of names; called by read_value().
std::optional<Value> read_names(const Type& type, const Node& node, const Complain& complain);
/// What somebody wrote, in quotes, cut to what a line holds.
std::string shown(std::string_view text);

/// What may stand behind a number of this kind, from the largest down.
struct Unit {
    std::string_view name;
    std::int64_t factor;
};
std::span<const Unit> units_of(Kind kind);

/// "5m", "64MiB", "16000", "auto": a number of this kind as it is written.
std::string print_number(Kind kind, std::int64_t number);
/// The range of a kind that has one: "1s to 1h"; empty for any other.
std::string print_range(const Type& type);

}  // namespace eas451
