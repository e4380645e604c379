// SPDX-License-Identifier: Apache-2.0
// SettingsManual: all there is to say about the configuration, from the table of keys, for whoever prints it: the page
// of docs/ and the manual page. Texts are Markdown within a line: `code` and **strong**.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace eas451 {

struct SettingsManual {
    struct Value {  // a kind of value
        std::string_view name;
        std::string_view form;  // what to write
    };
    struct Row {
        std::string_view key;       // "listeners[].bind"
        std::string value;          // what it takes
        std::string_view fallback;  // as YAML; empty: none
        bool required;
        std::string_view meaning;
    };
    struct Section {
        std::string_view title;
        std::vector<Row> rows;
    };

    std::string_view introduction;  // paragraphs, and a list whose items begin with "- "
    std::vector<std::string> example;
    std::vector<Value> values;
    std::vector<Section> sections;  // the first one: keys that are in no section
};

SettingsManual settings_manual();

}  // namespace eas451
