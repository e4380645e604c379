// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kinds.hpp"

namespace eas451 {
namespace {

constexpr std::string_view introduction = R"(# Configuration

This page is made from the program's own table of keys: `eas451 config reference` prints it for the version that is
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

std::string escaped(std::string_view cell) {
    std::string text;
    for (const char c : cell) {
        if (c == '|') text += '\\';
        text += c;
    }
    return text;
}

std::string code(std::string_view text) {
    return '`' + escaped(text) + '`';
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

void append_kinds(std::string& out) {
    out += "\n## Values\n\n| value | what to write |\n| --- | --- |\n";
    std::vector<std::string_view> seen;  // two kinds may share a name
    for (const Key& key : settings_table()) {
        const KindTraits& traits = traits_of(key.type.kind);
        if (traits.form.empty() || std::find(seen.begin(), seen.end(), traits.form) != seen.end()) continue;
        seen.push_back(traits.form);
        out += "| " + escaped(traits.name) + " | " + escaped(traits.form) + " |\n";
    }
}

std::string print_default(const Key& key) {
    if (key.type.required) return "required";
    return key.fallback.empty() ? "" : code(key.fallback);
}

void append_rows(std::string& out, const Key& key) {
    out += "| " + code(key.path) + " | " + print_type(key.type) + " | " + print_default(key) + " | " +
           escaped(key.text) + " |\n";
    if (!is_section(key.type.kind) && key.type.kind != Kind::list) return;
    for (const Key* child : keys_in(prefix_of(key))) append_rows(out, *child);
}

void append_table(std::string& out, std::string_view title, std::span<const Key* const> keys) {
    out += "\n## " + std::string(title) + "\n\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n";
    for (const Key* key : keys) append_rows(out, *key);
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

std::string settings_reference() {
    std::string text(introduction);
    text += "\n## Example\n\n```yaml\n";
    for (const std::string& line : example_lines("")) text += line + '\n';
    text += "```\n";
    append_kinds(text);
    std::vector<const Key*> general;
    std::vector<const Key*> sections;
    for (const Key* key : keys_in("")) {
        const bool has_keys = is_section(key->type.kind) || key->type.kind == Kind::list;
        (has_keys ? sections : general).push_back(key);
    }
    append_table(text, "General", general);
    for (const Key* const& section : sections) append_table(text, section->path, {&section, 1});
    return text;
}

}  // namespace eas451
