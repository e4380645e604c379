// SPDX-License-Identifier: Apache-2.0
// Settings as JSON values, and JSON values as YAML.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "key.hpp"

namespace eas451 {

/// A value as it stands in a file: durations and sizes with their units, choices by name, no value as
/// null, passwords in URLs masked.
nlohmann::ordered_json json_of(const Type& type, const Value& value);

/// Block style, lists of scalars in brackets. Every text that YAML might read as something else is
/// quoted. Without a line end for scalars, with one for maps and lists.
std::string to_yaml(const nlohmann::ordered_json& value);

}  // namespace eas451
