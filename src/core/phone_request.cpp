// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/phone_request.hpp"

#include <algorithm>
#include <array>

#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

constexpr std::array commands{EasCommand::folder_sync, EasCommand::sync, EasCommand::ping};

/// MS-ASWBXML code pages 7 and 0: FolderSync with SyncKey 0; Sync of the collection 1 with SyncKey 0. A Ping without a
/// body asks for the parameters of the last one.
std::string_view body_of(EasCommand command) {
    using namespace std::string_view_literals;
    if (command == EasCommand::folder_sync) return "\x03\x01\x6a\x00\x00\x07\x56\x52\x03\x30\x00\x01\x01"sv;
    if (command == EasCommand::sync) {
        return "\x03\x01\x6a\x00\x45\x5c\x4f\x4b\x03\x30\x00\x01\x52\x03\x31\x00\x01\x01\x01\x01"sv;
    }
    return {};
}

void append_encoded(std::string& out, std::string_view value) {
    for (const char c : value) {
        if (is_ascii_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
            out += c;
        } else {
            out.append("%").append(hex_upper({&c, 1}));
        }
    }
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

std::string target_of(const EasEndpoint& to, const PhoneQuestion& question, const Phone& phone) {
    std::string target = to.path;
    if (question.method == EasMethod::options) return target;
    target.append("?Cmd=").append(to_string(question.command)).append("&User=");
    append_encoded(target, phone.user);
    target += "&DeviceId=" + phone.device_id + "&DeviceType=";
    append_encoded(target, phone.device_type);
    return target;
}

/// Everything but Authorization and what ends the head.
std::string open_head(const EasEndpoint& to, const PhoneQuestion& question, const Phone& phone) {
    std::string head = question.method == EasMethod::options ? "OPTIONS " : "POST ";
    head += target_of(to, question, phone) + " HTTP/1.1\r\n";
    append_field(head, "Host", to.authority());
    append_field(head, "User-Agent", phone.user_agent);
    append_field(head, "Connection", "close");
    if (question.version) append_field(head, "MS-ASProtocolVersion", question.version->to_string());
    if (question.method == EasMethod::options) return head;
    const std::string_view body = body_of(question.command);
    append_field(head, "X-MS-PolicyKey", "0");
    // A type without a body has made servers answer 400.
    if (!body.empty()) append_field(head, "Content-Type", "application/vnd.ms-sync.wbxml");
    append_field(head, "Content-Length", std::to_string(body.size()));
    return head;
}

}  // namespace

std::span<const EasCommand> phone_commands() {
    return commands;
}

bool is_basic_user(std::string_view user) {
    constexpr std::size_t most_bytes = 256;
    return !user.empty() && user.size() <= most_bytes && user.find(':') == std::string_view::npos &&
           !contains_control(user);
}

bool is_device_id(std::string_view text) {
    constexpr std::size_t most_bytes = 32;
    return !text.empty() && text.size() <= most_bytes && std::ranges::all_of(text, is_ascii_alnum);
}

Secret basic_token(std::string_view user, const Secret& password) {
    std::string pair;
    pair.reserve(user.size() + 1 + password.reveal().size());
    const CleansedAtEnd cleansed(pair);
    pair.append(user).append(":").append(password.reveal());
    return Secret(base64_encode(pair));
}

Secret phone_request(const EasEndpoint& to, const PhoneQuestion& question, const Phone& phone, const Secret& token) {
    constexpr std::string_view before = "Authorization: Basic ";
    constexpr std::string_view behind = "\r\n\r\n";
    const std::string head = open_head(to, question, phone);
    const std::string_view body = question.method == EasMethod::post ? body_of(question.command) : std::string_view{};
    std::string request;
    // Room for all of it at once: no copy of the token stays behind.
    request.reserve(head.size() + before.size() + token.reveal().size() + behind.size() + body.size());
    request.append(head).append(before).append(token.reveal()).append(behind).append(body);
    return Secret(std::move(request));
}

}  // namespace eas451
