// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/answer.hpp"

#include <algorithm>

#include "eas451/core/text.hpp"
#include "eas451/core/wbxml_status.hpp"

namespace eas451 {
namespace {

// MS-ASHTTP 2.2.3.1.1: what OPTIONS tells. 14.0 is the first version that understands a 451.
constexpr std::string_view options_lines =
    "Allow: OPTIONS,POST\r\n"
    "Public: OPTIONS,POST\r\n"
    "Cache-Control: private\r\n"
    "MS-Server-ActiveSync: 15.2\r\n"
    "MS-ASProtocolVersions: 14.0,14.1,16.0,16.1\r\n"
    "MS-ASProtocolCommands: Sync,SendMail,SmartForward,SmartReply,GetAttachment,GetHierarchy,CreateCollection,"
    "DeleteCollection,MoveCollection,FolderSync,FolderCreate,FolderDelete,FolderUpdate,MoveItems,GetItemEstimate,"
    "MeetingResponse,Search,Settings,Ping,ItemOperations,Provision,ResolveRecipients,ValidateCert,Find\r\n";

constexpr std::string_view private_line = "Cache-Control: private\r\n";
// One year; the name is a mail server's own and stays https.
constexpr std::string_view strict_transport_line = "Strict-Transport-Security: max-age=31536000\r\n";

}  // namespace

std::string_view status_phrase(unsigned status) {
    switch (status) {
        case 200: return "OK";
        case 202: return "Accepted";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 422: return "Unprocessable Content";
        case 451: return "Redirect";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 503: return "Service Unavailable";
        default: return "Unknown";
    }
}

Answer redirect_answer(std::string_view location) {
    constexpr std::string_view name = "X-MS-Location: ";
    Answer answer{451, {}, {}};
    answer.header_lines.reserve(name.size() + location.size() + 2 + private_line.size());
    answer.header_lines.append(name).append(location).append("\r\n").append(private_line);
    return answer;
}

Answer refusal_answer(const Refuse& refuse, EasCommand command, std::string_view challenges, unsigned retry_after) {
    Answer answer{refuse.http_status, {}, {}};
    if (refuse.http_status == 401) {
        answer.header_lines.append(challenges).append(private_line);
        return answer;
    }
    if (refuse.is_temporary()) {
        answer.header_lines.append("Retry-After: ").append(std::to_string(retry_after)).append("\r\n");
    }
    if (refuse.eas_status != EasStatus::none) {
        answer.header_lines.append("Content-Type: application/vnd.ms-sync.wbxml\r\n").append(private_line);
        answer.body = wbxml_status_document(command, refuse.eas_status);
        return answer;
    }
    answer.header_lines.append(refuse.http_status == 200 ? options_lines : private_line);
    return answer;
}

std::string challenge_lines(std::string_view realm) {
    return std::string("WWW-Authenticate: Basic realm=\"").append(realm).append("\", charset=\"UTF-8\"\r\n");
}

bool is_valid_realm(std::string_view realm) {
    const auto allowed = [](char c) { return (is_visible(c) || c == ' ') && c != '"' && c != '\\'; };
    return !realm.empty() && realm.size() <= 128 && std::ranges::all_of(realm, allowed);
}

Answer health_answer(bool ready) {
    std::string lines = "Content-Type: text/plain\r\nCache-Control: no-store\r\n";
    lines.append(health_mark_name).append(": ").append(health_mark).append("\r\n");
    if (!ready) return {503, std::move(lines), "503 Service Unavailable\n"};
    return {200, std::move(lines), "200 OK\n"};
}

Answer not_found_answer() { return {404, {}, {}}; }

SteadyTime earliest_departure(const Answer& answer, SteadyTime received, std::chrono::milliseconds refusal_delay) {
    return answer.status == 401 || answer.is_of_held_login ? received + refusal_delay : received;
}

void append_answer(std::string& out, const Answer& answer, const Framing& framing) {
    out.append("HTTP/1.1 ").append(std::to_string(answer.status)).append(" ");
    out.append(status_phrase(answer.status)).append("\r\nDate: ").append(framing.date).append("\r\n");
    out.append(answer.header_lines);
    if (framing.strict_transport) out.append(strict_transport_line);
    out.append("Content-Length: ").append(std::to_string(answer.body.size())).append("\r\n");
    if (framing.close) out.append("Connection: close\r\n");
    out.append("\r\n");
    if (!framing.head_only) out.append(answer.body);
}

}  // namespace eas451
