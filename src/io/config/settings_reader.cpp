// SPDX-License-Identifier: Apache-2.0
#include "settings_reader.hpp"

#include <algorithm>
#include <system_error>
#include <tuple>

#include "eas451/core/text.hpp"
#include "eas451/io/document/nearest_name.hpp"
#include "kinds.hpp"

namespace eas451 {
namespace {

/// "did you mean 'x'?", "move it to 'a.x'", or the names there are.
std::string mend_for(std::string_view unknown, std::string_view prefix) {
    const auto siblings = keys_in(prefix);
    NearestName nearest(unknown);
    for (const Key* key : siblings) nearest.consider(last_name(key->path));
    if (!nearest.name().empty()) return "did you mean '" + std::string(nearest.name()) + "'?";
    for (const Key& key : settings_table()) {
        if (equals_ignore_case(last_name(key.path), unknown)) return "did you mean '" + std::string(key.path) + "'?";
    }
    std::string names;
    for (const Key* key : siblings) names += (names.empty() ? "" : ", ") + std::string(last_name(key->path));
    return "the keys here are " + names;
}

bool is_off(const Node& node) {
    const bool is_word = node.scalar == "off" || (!node.quoted && (node.scalar == "false" || node.scalar == "no"));
    return node.kind == NodeKind::scalar && is_word;
}

}  // namespace

SettingsReader::SettingsReader(const std::filesystem::path& file) : file_(file.string()), places_(file_) {
    std::error_code no_current_folder;
    folder_ = std::filesystem::absolute(file, no_current_folder).parent_path();
}

void SettingsReader::read(const Node& root, Settings& settings) {
    if (root.kind == NodeKind::scalar || root.kind == NodeKind::sequence) {
        wrong_.insert("");
        mistakes_.push_back({file_, root.at, "the configuration must be a map of keys, as in 'listeners: ...'"});
        return;
    }
    read_map(root, {}, settings);
}

void SettingsReader::read_map(const Node& map, const Level& level, Settings& settings) {
    const auto keys = keys_in(level.prefix);
    const std::string before = level.path.empty() ? "" : level.path + '.';
    for (const Node::Entry& entry : map.entries) {
        const auto found =
            std::find_if(keys.begin(), keys.end(), [&](const Key* key) { return last_name(key->path) == entry.name; });
        if (found == keys.end()) {
            report_unknown(entry.name, entry.at, level);
            continue;
        }
        if (entry.value.kind == NodeKind::null) continue;
        places_.add(before + entry.name, entry.at);
        read_key(**found, entry.value, before + entry.name, level, settings);
    }
    for (const Key* key : keys) {
        const std::string path = before + std::string(last_name(key->path));
        if (!key->type.required || is_given(path)) continue;
        const auto& traits = traits_of(key->type.kind);
        const std::string form = key->type.many ? "a list, each item " : "";
        complain(path, "missing; give " + form + std::string(traits.form));
    }
}

void SettingsReader::read_key(const Key& key, const Node& value, const std::string& path, const Level& level,
                              Settings& settings) {
    if (is_section(key.type.kind)) return read_section(key, value, path, level, settings);
    if (key.type.kind == Kind::list) return read_list(key, value, path, level, settings);
    for (std::size_t i = 0; i < value.items.size(); ++i) {
        places_.add(path + '[' + std::to_string(i) + ']', value.items[i].at);
    }
    const auto read =
        read_value(key.type, value, folder_, [&](Position at, const std::string& text) { complain(path, at, text); });
    if (read) key.value.set(settings, level.at, *read);
}

void SettingsReader::read_section(const Key& key, const Node& value, const std::string& path, const Level& level,
                                  Settings& settings) {
    if (key.type.kind == Kind::section_or_off && is_off(value)) return key.value.set(settings, level.at, false);
    if (value.kind != NodeKind::mapping) {
        complain(path, value.at, "must be " + std::string(traits_of(key.type.kind).form));
        return;
    }
    if (key.value.set != nullptr) key.value.set(settings, level.at, true);
    read_map(value, {prefix_of(key), path, level.at}, settings);
}

void SettingsReader::read_list(const Key& key, const Node& value, const std::string& path, const Level& level,
                               Settings& settings) {
    if (value.kind != NodeKind::sequence) {
        complain(path, value.at, "must be " + std::string(traits_of(key.type.kind).form));
        return;
    }
    key.value.set(settings, level.at, static_cast<std::int64_t>(value.items.size()));
    Level inside{prefix_of(key), {}, level.at};
    inside.at.push_back(0);
    for (std::size_t i = 0; i < value.items.size(); ++i) {
        const Node& item = value.items[i];
        const std::string item_path = path + '[' + std::to_string(i) + ']';
        places_.add(item_path, item.at);
        if (item.kind == NodeKind::mapping) {
            inside.path = item_path;
            inside.at.back() = i;
            read_map(item, inside, settings);
        } else {
            complain(item_path, item.at, "must be a map of its keys");
        }
    }
}

void SettingsReader::report_unknown(const std::string& name, Position at, const Level& level) {
    constexpr std::size_t shown = 60;
    std::string text = name.substr(0, shown);
    std::replace_if(text.begin(), text.end(), is_control, '?');
    const std::string where = level.path.empty() ? "" : " in " + level.path;
    mistakes_.push_back({file_, at, "unknown key '" + text + "'" + where + "; " + mend_for(name, level.prefix)});
}

void SettingsReader::complain(const std::string& path, Position at, const std::string& text) {
    wrong_.insert(path);
    mistakes_.push_back({file_, at, path + ": " + text});
}

bool SettingsReader::is_wrong(const std::string& path) const {
    for (auto it = wrong_.lower_bound(path); it != wrong_.end() && it->starts_with(path); ++it) {
        if (it->size() == path.size() || (*it)[path.size()] == '.' || (*it)[path.size()] == '[') return true;
    }
    for (std::string around = path; !around.empty();) {
        const std::size_t cut = around.find_last_of(".[");
        around.resize(cut == std::string::npos ? 0 : cut);
        if (wrong_.contains(around)) return true;
    }
    return false;
}

std::vector<Mistake> SettingsReader::take_mistakes() {
    std::stable_sort(mistakes_.begin(), mistakes_.end(), [](const Mistake& a, const Mistake& b) {
        return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
    });
    return std::move(mistakes_);
}

}  // namespace eas451
