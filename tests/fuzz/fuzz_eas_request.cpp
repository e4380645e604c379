// SPDX-License-Identifier: Apache-2.0
// ActiveSync requests that are written from their fields, in both query forms, and read again. Oracle: what was
// written is what is read, however it was escaped, and what must be refused is refused for its own reason.
// (fuzz_request_line has the queries that nobody would write.)
//
// Input: flags, then for the base64 form version, command, device id, policy key, device type and tags; for the
// plain form a byte and a value for each parameter.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "eas451/core/eas_request.hpp"
#include "eas451/core/text.hpp"
#include "fuzz_input.hpp"

namespace {

using namespace eas451;

Result<EasRequest, QueryFault> read(std::string_view query, bool is_post) {
    RequestHead head;
    head.method = is_post ? "POST" : "OPTIONS";
    head.query = query;
    return parse_eas_request(head);
}

std::string as_text(std::string_view bytes) {
    return is_valid_utf8(bytes) ? std::string(bytes) : latin1_to_utf8(bytes);
}

void require_fault(const Result<EasRequest, QueryFault>& read, std::optional<QueryFault> expected) {
    require(read.has_error() == expected.has_value());
    if (expected) require(read.error() == *expected);
}

// --- base64

struct Binary {
    std::string bytes;
    std::string id, type, user;
    std::optional<QueryFault> fault;
};

void append_counted(std::string& bytes, std::string_view value) {
    bytes += static_cast<char>(value.size());
    bytes += value;
}

/// Version, command and locale are the first four bytes. The first thing that is wrong decides.
Binary write_binary(FuzzInput& input) {
    Binary made;
    for (int i = 0; i < 4; ++i) made.bytes += static_cast<char>(input.byte());
    made.id = input.text();
    append_counted(made.bytes, made.id);
    const std::string_view key = input.take(input.byte() % 8);
    append_counted(made.bytes, key);
    if (!key.empty() && key.size() != 4) made.fault = QueryFault::bad_policy_key;
    made.type = input.text();
    append_counted(made.bytes, made.type);
    if (!made.fault && contains_control(made.type)) made.fault = QueryFault::control_byte;
    bool has_user = false;
    while (!input.at_end()) {
        const std::uint8_t tag = input.byte();
        const std::string_view value = input.text();
        made.bytes += static_cast<char>(tag);
        append_counted(made.bytes, value);
        if (tag != 8 || made.fault) continue;
        if (has_user) made.fault = QueryFault::duplicate_parameter;
        else if (contains_control(value)) made.fault = QueryFault::control_byte;
        else made.user = value;
        has_user = true;
    }
    return made;
}

void check_binary(FuzzInput& input, unsigned flags) {
    const Binary made = write_binary(input);
    std::string text = base64_encode(made.bytes);
    if ((flags & 2U) != 0) text.erase(text.find_last_not_of('=') + 1);
    if ((flags & 4U) != 0) std::ranges::transform(text, text.begin(), [](char c) { return c == '+' ? '-' : c == '/' ? '_' : c; });
    const auto request = read(text, (flags & 8U) != 0);
    require_fault(request, made.fault);
    if (!request) return;
    const auto version = static_cast<std::uint8_t>(made.bytes[0]);
    require(request->form == QueryForm::base64 && request->version == ProtocolVersion::from_byte(version));
    require(request->command == eas_command_from_code(static_cast<std::uint8_t>(made.bytes[1])));
    require(request->user == as_text(made.user) && request->device_type == as_text(made.type));
    const bool stays = made.id.size() != 16 && std::ranges::all_of(made.id, [](char c) { return c == ' ' || is_visible(c); });
    require(request->device_id == (stays ? made.id : hex_upper(made.id)));
    // A query that ends sooner is never taken for a whole one, unless it ends between two parameters.
    const std::size_t fixed = 4 + 1 + made.id.size();
    const std::string cut = made.bytes.substr(0, input.rest().size() + flags * 7U % (fixed + 1));
    if (cut.size() < fixed) require(read(base64_encode(cut) + (cut.empty() ? "=" : ""), true).has_error());
}

// --- plain

struct Parameter {
    std::size_t name;
    std::string value;
};
constexpr std::array<std::string_view, 6> names{"Cmd", "User", "DeviceId", "DeviceType", "SaveInSent", "X"};

std::string escaped(std::string_view value, bool everything) {
    std::string text;
    for (const char& c : value) {
        if (!everything && is_ascii_alnum(c)) {
            text += c;
        } else {
            text += '%' + hex_upper({&c, 1});
        }
    }
    return text;
}

std::optional<QueryFault> expected_fault(const std::vector<Parameter>& parameters, bool is_post) {
    std::array<const std::string*, 4> seen{};
    for (const Parameter& parameter : parameters) {
        if (contains_control(parameter.value)) return QueryFault::control_byte;
        if (parameter.name >= seen.size()) continue;
        if (seen[parameter.name] != nullptr) return QueryFault::duplicate_parameter;
        seen[parameter.name] = &parameter.value;
    }
    if (seen[0] == nullptr) return is_post ? std::optional(QueryFault::no_command) : std::nullopt;
    const bool is_word = !seen[0]->empty() && seen[0]->size() <= 32 && std::ranges::all_of(*seen[0], is_ascii_alpha);
    return is_word ? std::nullopt : std::optional(QueryFault::bad_command);
}

std::string value_of(const std::vector<Parameter>& parameters, std::size_t name) {
    const auto found = std::ranges::find(parameters, name, &Parameter::name);
    return found == parameters.end() ? std::string() : as_text(found->value);
}

void check_plain(FuzzInput& input, unsigned flags) {
    const bool is_post = (flags & 8U) != 0;
    std::vector<Parameter> parameters;
    std::string query;
    while (!input.at_end() && parameters.size() < 16) {
        const std::size_t name = input.byte() % names.size();
        parameters.push_back({name, std::string(input.text())});
        const std::string spelled = (flags & 2U) != 0 ? ascii_lower(names[name]) : std::string(names[name]);
        query += ((flags & 4U) != 0 ? escaped(spelled, true) : spelled) + '=' + escaped(parameters.back().value, (flags & 16U) != 0) + '&';
    }
    const auto request = read(query + "z=1", is_post);  // so that it never looks like base64
    require_fault(request, expected_fault(parameters, is_post));
    if (!request) return;
    require(request->form == QueryForm::plain && request->command_name == value_of(parameters, 0));
    require(request->user == value_of(parameters, 1) && request->device_id == value_of(parameters, 2));
    require(request->device_type == value_of(parameters, 3));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzInput input(data, size);
    const unsigned flags = input.byte();
    if ((flags & 1U) != 0) {
        check_binary(input, flags);
    } else {
        check_plain(input, flags);
    }
    return 0;
}
