// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/config/key_places.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "key.hpp"

namespace eas451 {
namespace {

/// "listeners[0].tls" as the table has it: "listeners[].tls".
std::string without_indices(std::string_view path) {
    std::string row;
    row.reserve(path.size());
    for (const char c : path) {
        const bool is_index = c >= '0' && c <= '9' && !row.empty() && row.back() == '[';
        if (!is_index) row += c;
    }
    return row;
}

/// What a section at the top is about is more than its place: "exchange: https://ex1.contoso.com: Connection refused".
bool is_path_of_a_key(std::string_view path) {
    const std::string row = without_indices(path);
    const std::string_view item = "[]";
    const std::string_view whole = row.ends_with(item) ? std::string_view(row).substr(0, row.size() - item.size()) : std::string_view(row);
    const bool is_at_the_top = whole.find_first_of(".[") == std::string_view::npos;
    return std::ranges::any_of(settings_table(), [&](const Key& key) { return key.path == whole && !(is_at_the_top && is_section(key.type.kind)); });
}

}  // namespace

Position KeyPlaces::of(std::string path) const {
    while (!path.empty()) {
        const auto found = places_.find(path);
        if (found != places_.end()) return found->second;
        const std::size_t cut = path.find_last_of(".[");
        path.resize(cut == std::string::npos ? 0 : cut);
    }
    return {};
}

std::string KeyPlaces::with_place(std::string text) const {
    const std::size_t end = text.find(": ");
    if (end == std::string::npos || !is_path_of_a_key(std::string_view(text).substr(0, end))) return text;
    return to_string(Mistake{file_, of(text.substr(0, end)), std::move(text)});
}

}  // namespace eas451
