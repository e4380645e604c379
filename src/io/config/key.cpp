// SPDX-License-Identifier: Apache-2.0
#include "key.hpp"

#include <algorithm>

namespace eas451 {
namespace {

std::string_view parent_of(std::string_view path) {
    const std::size_t dot = path.rfind('.');
    return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot + 1);
}

}  // namespace

std::string prefix_of(const Key& key) {
    return std::string(key.path) + (key.type.kind == Kind::list ? "[]." : ".");
}

std::vector<const Key*> keys_in(std::string_view prefix) {
    std::vector<const Key*> keys;
    for (const Key& key : settings_table()) {
        if (parent_of(key.path) == prefix) keys.push_back(&key);
    }
    return keys;
}

std::string_view last_name(std::string_view path) {
    return path.substr(path.rfind('.') + 1);
}

std::vector<std::string_view> choices_of(const Type& type) {
    std::vector<std::string_view> choices;
    std::string_view rest = type.choices;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('|'), rest.size());
        choices.push_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return choices;
}

bool is_section(Kind kind) {
    return kind == Kind::section || kind == Kind::section_or_off || kind == Kind::optional_section;
}

}  // namespace eas451
