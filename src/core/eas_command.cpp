// SPDX-License-Identifier: Apache-2.0
// The words of EasRequest: commands, versions, faults.
#include <array>

#include "byte_set.hpp"
#include "eas451/core/eas_request.hpp"
#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(EasCommand::unknown) + 1> command_names = {
    "Sync",         "SendMail",     "SmartForward", "SmartReply",       "GetAttachment",    "FolderSync",
    "FolderCreate", "FolderDelete", "FolderUpdate", "MoveItems",        "GetItemEstimate",  "MeetingResponse",
    "Search",       "Settings",     "Ping",         "ItemOperations",   "Provision",        "ResolveRecipients",
    "ValidateCert", "Find",         "GetHierarchy", "CreateCollection", "DeleteCollection", "MoveCollection",
    "Notify",       "Unknown",
};

// Codes 5 to 8 belonged to the collection commands in old lists and are never on the wire.
constexpr std::uint8_t last_code_before_gap = 4;
constexpr std::uint8_t first_code_after_gap = 9;
constexpr std::uint8_t last_code = 23;

constexpr ByteSet letters(is_ascii_alpha);
constexpr std::size_t max_command_bytes = 32;
constexpr std::size_t max_version_digits = 3;

/// One to three digits.
std::optional<std::string_view> digits_of(std::string_view text) {
    if (text.empty() || text.size() > max_version_digits) return std::nullopt;
    for (const char c : text) {
        if (!is_ascii_digit(c)) return std::nullopt;
    }
    return text;
}

/// The number that the digits would be with noughts after them up to `width`.
unsigned number_of(std::string_view digits, std::size_t width) {
    unsigned number = 0;
    for (std::size_t i = 0; i < width; ++i) {
        number = number * 10 + (i < digits.size() ? static_cast<unsigned>(digits[i] - '0') : 0U);
    }
    return number;
}

}  // namespace

std::string_view to_string(EasCommand command) {
    return command_names[static_cast<std::size_t>(command)];
}

EasCommand eas_command_from_name(std::string_view name) {
    std::size_t i = 0;
    while (i < static_cast<std::size_t>(EasCommand::unknown) && !equals_ignore_case(command_names[i], name)) ++i;
    return static_cast<EasCommand>(i);
}

bool is_command_name(std::string_view name) {
    return !name.empty() && name.size() <= max_command_bytes && letters.holds_all_of(name);
}

EasCommand eas_command_from_code(std::uint8_t code) {
    if (code <= last_code_before_gap) return static_cast<EasCommand>(code);
    if (code < first_code_after_gap || code > last_code) return EasCommand::unknown;
    return static_cast<EasCommand>(static_cast<std::uint8_t>(EasCommand::folder_sync) + code - first_code_after_gap);
}

std::optional<ProtocolVersion> ProtocolVersion::parse(std::string_view text) {
    const auto point = text.find('.');
    if (point == std::string_view::npos) return std::nullopt;
    const auto major = digits_of(text.substr(0, point));
    const auto fraction = digits_of(text.substr(point + 1));
    if (!major || !fraction) return std::nullopt;
    return ProtocolVersion(number_of(*major, major->size()) * 1000 + number_of(*fraction, max_version_digits));
}

std::string ProtocolVersion::to_string() const {
    std::string fraction = std::to_string(1000 + thousandths_ % 1000).substr(1);
    while (fraction.size() > 1 && fraction.back() == '0') fraction.pop_back();
    return std::to_string(thousandths_ / 1000) + '.' + fraction;
}

std::string_view to_string(QueryFault fault) {
    switch (fault) {
        case QueryFault::bad_escape:
            return "bad-escape";
        case QueryFault::control_byte:
            return "control-byte";
        case QueryFault::duplicate_parameter:
            return "duplicate-parameter";
        case QueryFault::no_command:
            return "no-command";
        case QueryFault::bad_command:
            return "bad-command";
        case QueryFault::bad_version:
            return "bad-version";
        case QueryFault::bad_base64:
            return "bad-base64";
        case QueryFault::truncated_base64:
            return "truncated-base64";
        case QueryFault::bad_policy_key:
            return "bad-policy-key";
    }
    return {};
}

}  // namespace eas451
