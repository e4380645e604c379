// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "eas451/io/config/settings_manual.hpp"
#include "kinds.hpp"

namespace eas451 {
namespace {

constexpr std::string_view introduction = R"(This page is made from the program's own table of keys: `eas451 config reference` prints it for the version that is
installed, `eas451 config schema` the same for an editor (JSON Schema), and `eas451 config show` what is in effect.
`eas451 check` names every mistake in a file at once.

The file is `/etc/eas451/eas451.yaml`, or the one of `--config` or `$EAS451_CONFIG`. A file that starts with `{` is read
as JSON, any other as YAML.

- A key that is left out or `null` has its default. Unknown and duplicate keys are mistakes. Only `listeners` is
  required, and what the values given ask for, such as `directory.ldap.servers` for `directory.type: ldap`.
- A relative **path** is taken from the folder of the configuration file. One that begins with
  `$CREDENTIALS_DIRECTORY/` is in the folder that systemd makes for `LoadCredential=`. Passwords stand in files of
  their own, never in this one.
- Anchors, aliases and tags of YAML are not understood.
)";

std::string code(std::string_view text) {
    std::string quoted("`");
    return quoted.append(text).append("`");
}

std::string print_type(const Type& type) {
    std::string text;
    if (type.kind == Kind::choice) {
        for (const std::string_view word : choices_of(type)) text += (text.empty() ? "" : ", ") + code(word);
        return text;
    }
    if (type.kind == Kind::workers) return "`auto`, or " + print_range(type);
    text = (type.many ? "list: " : "") + std::string(traits_of(type.kind).name);
    const std::string range = print_range(type);
    return range.empty() ? text : text + ", " + range;
}

std::vector<SettingsManual::Value> values() {
    std::vector<SettingsManual::Value> made;
    for (const Key& key : settings_table()) {
        const KindTraits& traits = traits_of(key.type.kind);
        const auto is_it = [&traits](const SettingsManual::Value& seen) { return seen.form == traits.form; };  // two kinds may share a name
        if (!traits.form.empty() && std::ranges::none_of(made, is_it)) made.push_back({traits.name, traits.form});
    }
    return made;
}

bool has_keys(const Key& key) { return is_section(key.type.kind) || key.type.kind == Kind::list; }

void append_rows(std::vector<SettingsManual::Row>& rows, const Key& key) {
    rows.push_back({key.path, print_type(key.type), key.fallback, key.type.required, key.text});
    if (!has_keys(key)) return;
    for (const Key* child : keys_in(prefix_of(key))) append_rows(rows, *child);
}

/// What is in a section or in one map of a list, from the examples of the keys; empty when there are none.
std::vector<std::string> example_lines(const std::string& prefix) {
    std::vector<std::string> lines;
    for (const Key* key : keys_in(prefix)) {
        const std::string name = std::string(last_name(key->path)) + ':';
        if (!key->example.empty()) lines.push_back(name + ' ' + std::string(key->example));
        if (!is_section(key->type.kind) && key->type.kind != Kind::list) continue;
        const auto inner = example_lines(prefix_of(*key));
        if (inner.empty()) continue;
        lines.push_back(name);
        const bool is_list = key->type.kind == Kind::list;
        for (const std::string& line : inner) {
            const bool is_first = &line == &inner.front();
            lines.push_back((is_list ? (is_first ? "  - " : "    ") : "  ") + line);
        }
    }
    return lines;
}

}  // namespace

SettingsManual settings_manual() {
    SettingsManual made{introduction, example_lines(""), values(), {{"General", {}}}};
    for (const Key* key : keys_in("")) {
        if (has_keys(*key)) made.sections.push_back({key->path, {}});
        append_rows(has_keys(*key) ? made.sections.back().rows : made.sections.front().rows, *key);
    }
    return made;
}

}  // namespace eas451
