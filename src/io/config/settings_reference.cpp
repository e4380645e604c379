// SPDX-License-Identifier: Apache-2.0
// docs/configuration.md.
#include "eas451/io/config/settings.hpp"
#include "eas451/io/config/settings_manual.hpp"

namespace eas451 {
namespace {

std::string escaped(std::string_view cell) {
    std::string text;
    for (const char c : cell) {
        if (c == '|') text += '\\';
        text += c;
    }
    return text;
}

std::string print_default(const SettingsManual::Row& row) {
    if (row.required) return "required";
    return row.fallback.empty() ? "" : '`' + escaped(row.fallback) + '`';
}

void append_table(std::string& out, const SettingsManual::Section& section) {
    out +=
        "\n## " + std::string(section.title) + "\n\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n";
    for (const SettingsManual::Row& row : section.rows) {
        out += "| `" + escaped(row.key) + "` | " + escaped(row.value) + " | " + print_default(row) + " | " +
               escaped(row.meaning) + " |\n";
    }
}

}  // namespace

std::string settings_reference() {
    const SettingsManual manual = settings_manual();
    std::string text = "# Configuration\n\n" + std::string(manual.introduction) + "\n## Example\n\n```yaml\n";
    for (const std::string& line : manual.example) text += line + '\n';
    text += "```\n\n## Values\n\n| value | what to write |\n| --- | --- |\n";
    for (const SettingsManual::Value& value : manual.values)
        text += "| " + escaped(value.name) + " | " + escaped(value.form) + " |\n";
    for (const SettingsManual::Section& section : manual.sections) append_table(text, section);
    return text;
}

}  // namespace eas451
