// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/phone_answer.hpp"

#include <algorithm>

#include "eas451/core/text.hpp"
#include "eas451/core/wbxml_status.hpp"
#include "eas451/core/wbxml_sync_status.hpp"

namespace eas451 {
namespace {

/// The next part of a list, up to a comma that is in no quotes; the list loses it.
std::string_view take_part(std::string_view& list) {
    bool quoted = false;
    std::size_t end = 0;
    for (; end < list.size() && (quoted || list[end] != ','); ++end) {
        if (quoted && list[end] == '\\' && end + 1 < list.size()) {
            ++end;
        } else if (list[end] == '"') {
            quoted = !quoted;
        }
    }
    const std::string_view part = trim(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
    return part;
}

void add_once(std::vector<std::string>& list, std::string_view word) {
    const auto is_it = [word](const std::string& known) { return equals_ignore_case(known, word); };
    if (!word.empty() && std::ranges::none_of(list, is_it)) list.emplace_back(word);
}

bool is_realm_with_text(std::string_view parameter) {
    constexpr std::string_view name = "realm=";
    if (!starts_with_ignore_case(parameter, name)) return false;
    const std::string_view value = trim(parameter.substr(name.size()));
    return !value.empty() && value != "\"\"";
}

/// RFC 9110 11.6.1: a field may hold several challenges, and a challenge several parameters, both with commas between.
void read_challenges(std::string_view list, PhoneAnswer& answer) {
    bool is_basic = false;
    while (!list.empty()) {
        std::string_view part = take_part(list);
        const std::string_view word = part.substr(0, part.find_first_of(" \t="));
        const bool is_parameter = word.size() < part.size() && part[word.size()] == '=';
        if (!is_parameter) {
            add_once(answer.schemes, word);
            is_basic = equals_ignore_case(word, "Basic");
            part = trim(part.substr(word.size()));
        }
        answer.basic_has_realm = answer.basic_has_realm || (is_basic && is_realm_with_text(part));
    }
}

void read_list(std::string_view list, std::vector<std::string>& words) {
    while (!list.empty()) add_once(words, take_part(list));
}

}  // namespace

PhoneAnswer read_phone_answer(const ResponseHead& head, std::string_view body, EasMethod method, EasCommand command) {
    constexpr std::string_view wbxml_start("\x03\x01\x6a\x00", 4);
    PhoneAnswer answer;
    answer.method = method;
    answer.command = command;
    answer.status = head.status;
    answer.has_body = !body.empty();
    answer.is_wbxml = body.starts_with(wbxml_start);
    if (method == EasMethod::post) {
        answer.eas_status = command == EasCommand::sync ? read_sync_status(body) : read_wbxml_status(command, body);
    }
    for (const HeaderField& field : head.fields()) {
        const auto is = [&field](std::string_view name) { return equals_ignore_case(field.name, name); };
        if (is("X-MS-Location")) answer.locations.emplace_back(field.value);
        if (is("MS-ASProtocolVersions")) read_list(field.value, answer.versions);
        if (is("MS-ASProtocolCommands")) answer.has_commands = true;
        if (is("WWW-Authenticate")) read_challenges(field.value, answer);
        if (is("Retry-After") && answer.retry_after.empty()) answer.retry_after = field.value;
    }
    return answer;
}

std::optional<unsigned> retry_seconds(const PhoneAnswer& answer) {
    constexpr unsigned a_day = 86400;
    constexpr std::size_t most_digits = 9;
    const std::string& text = answer.retry_after;
    if (text.empty() || text.size() > most_digits || !std::ranges::all_of(text, is_ascii_digit)) return std::nullopt;
    unsigned seconds = 0;
    for (const char digit : text) seconds = seconds * 10 + static_cast<unsigned>(digit - '0');
    return std::min(seconds, a_day);
}

}  // namespace eas451
