// SPDX-License-Identifier: Apache-2.0
#include "yaml_text.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "addresses.hpp"
#include "eas451/core/text.hpp"
#include "kinds.hpp"

namespace eas451 {
namespace {

using Json = nlohmann::ordered_json;

bool is_one_of(std::string_view text, std::span<const std::string_view> words) {
    return std::find(words.begin(), words.end(), text) != words.end();
}

/// Text that every YAML reader takes for that text, and not for a number, a switch or null.
bool is_word(std::string_view text) {
    constexpr std::array<std::string_view, 9> reserved{"null", "true", "false", "on", "off", "yes", "no", "y", "n"};
    constexpr std::array<std::string_view, 8> units{"ms", "s", "m", "h", "d", "KiB", "MiB", "GiB"};
    const bool is_plain = !text.empty() && text.size() < 80 && std::all_of(text.begin(), text.end(), [](char c) {
        return is_ascii_alnum(c) || std::string_view("._/-").find(c) != std::string_view::npos;
    });
    if (!is_plain || is_one_of(ascii_lower(text), reserved)) return false;
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits != 0) return is_one_of(text.substr(digits), units);
    return is_ascii_alpha(text.front()) || text.front() == '/';
}

std::string scalar(const Json& value) {
    if (!value.is_string()) return value.is_null() ? "null" : value.dump();
    const auto& text = value.get_ref<const std::string&>();
    if (is_word(text)) return text;
    std::string quoted;
    append_json_string(quoted, text);
    return quoted;
}

std::string flow(const Json& list) {
    std::string text;
    for (const Json& item : list) text += (text.empty() ? "" : ", ") + scalar(item);
    return '[' + text + ']';
}

void append_block(std::string& out, const Json& value, std::size_t indent, bool first_is_indented);

void append_entry(std::string& out, const std::string& name, const Json& value, std::size_t indent) {
    out += scalar(name) + ':';
    const bool is_block = !value.empty() && (value.is_object() || (value.is_array() && value.front().is_object()));
    if (is_block) {
        out += '\n';
        append_block(out, value, indent + 2, false);
    } else if (value.is_array()) {
        out += ' ' + flow(value) + '\n';
    } else {
        out += ' ' + (value.is_object() ? std::string("{}") : scalar(value)) + '\n';
    }
}

void append_block(std::string& out, const Json& value, std::size_t indent, bool first_is_indented) {
    bool is_indented = first_is_indented;
    const auto begin_line = [&] {
        if (!is_indented) out.append(indent, ' ');
        is_indented = false;
    };
    if (value.is_array()) {
        for (const Json& item : value) {
            begin_line();
            out += "- ";
            append_block(out, item, indent + 2, true);
        }
        return;
    }
    for (const auto& [name, entry] : value.items()) {
        begin_line();
        append_entry(out, name, entry, indent);
    }
}

bool is_url(Kind kind) {
    return kind == Kind::owa_url || kind == Kind::eas_url || kind == Kind::https_server || kind == Kind::ldap_server;
}

Json json_of_number(const Type& type, std::int64_t number) {
    if (type.kind == Kind::choice) return std::string(choices_of(type).at(static_cast<std::size_t>(number)));
    const bool is_text = type.kind == Kind::duration || type.kind == Kind::size;
    if (is_text || (type.kind == Kind::workers && number == 0)) return print_number(type.kind, number);
    return number;
}

}  // namespace

Json json_of(const Type& type, const Value& value) {
    const auto text = [&](const std::string& word) { return is_url(type.kind) ? mask_password(word) : word; };
    if (const auto* const flag = std::get_if<bool>(&value)) return *flag;
    if (const auto* const number = std::get_if<std::int64_t>(&value)) return json_of_number(type, *number);
    if (const auto* const word = std::get_if<std::string>(&value)) return text(*word);
    if (const auto* const words = std::get_if<std::vector<std::string>>(&value)) {
        Json list = Json::array();
        for (const std::string& word : *words) list.push_back(text(word));
        return list;
    }
    if (const auto* const words = std::get_if<std::map<std::string, std::string>>(&value)) {
        Json map = Json::object();
        for (const auto& [name, word] : *words) map[name] = word;
        return map;
    }
    return nullptr;
}

std::string to_yaml(const Json& value) {
    const bool is_block = !value.empty() && (value.is_object() || (value.is_array() && value.front().is_object()));
    if (!is_block) return value.is_array() ? flow(value) : value.is_object() ? "{}" : scalar(value);
    std::string text;
    append_block(text, value, 0, false);
    return text;
}

}  // namespace eas451
