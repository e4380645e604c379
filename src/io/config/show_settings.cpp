// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "kinds.hpp"
#include "yaml_text.hpp"

namespace eas451 {
namespace {

using Json = nlohmann::ordered_json;

Json tree_of(const Settings& settings, const std::string& prefix, const Indices& at);

Json tree_of_key(const Settings& settings, const Key& key, const Indices& at) {
    if (key.type.kind == Kind::list) {
        Json list = Json::array();
        const auto size = static_cast<std::size_t>(std::get<std::int64_t>(key.value.get(settings, at)));
        Indices inside = at;
        inside.push_back(0);
        for (inside.back() = 0; inside.back() < size; ++inside.back()) list.push_back(tree_of(settings, prefix_of(key), inside));
        return list;
    }
    if (!is_section(key.type.kind)) return json_of(key.type, key.value.get(settings, at));
    const bool is_there = key.value.get == nullptr || std::get<bool>(key.value.get(settings, at));
    if (is_there) return tree_of(settings, prefix_of(key), at);
    return key.type.kind == Kind::section_or_off ? Json("off") : Json(nullptr);
}

Json tree_of(const Settings& settings, const std::string& prefix, const Indices& at) {
    Json map = Json::object();
    for (const Key* key : keys_in(prefix)) {
        map[std::string(last_name(key->path))] = tree_of_key(settings, *key, at);
    }
    return map;
}

}  // namespace

std::string show_settings(const Settings& settings) {
    return to_yaml(tree_of(settings, "", {}));
}

std::string show_settings_json(const Settings& settings) {
    // A path may hold bytes that are no UTF-8; they are shown as U+FFFD.
    return tree_of(settings, "", {}).dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace eas451
