// SPDX-License-Identifier: Apache-2.0
#include "request_trace.hpp"

#include <algorithm>

#include "eas451/core/text.hpp"
#include "eas451/io/log/log.hpp"

namespace eas451 {
namespace {

/// What devices, balancers and browsers send that is no secret. Of every other field the name is told, and its length.
constexpr std::string_view shown_fields[] = {
    "Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Connection", "Content-Encoding", "Content-Length",
    "Content-Type", "Date", "Depth", "Expect", "Host", "Keep-Alive", "MS-ASAcceptMultiPart", "MS-ASProtocolVersion",
    "Pragma", "Transfer-Encoding", "User-Agent", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
};

bool is_shown(std::string_view name) {
    return std::ranges::any_of(shown_fields, [name](std::string_view shown) { return equals_ignore_case(name, shown); });
}

/// Whole characters of UTF-8 alone are left.
std::string within_the_limit(std::string line) {
    constexpr std::string_view rest = " ...";
    if (line.size() <= most_trace_bytes) return line;
    std::size_t end = most_trace_bytes - rest.size();
    while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0U) == 0x80U) --end;
    line.resize(end);
    return line.append(rest);
}

/// "3.4 ms"
std::string text_of(std::chrono::microseconds time) {
    constexpr std::int64_t a_tenth = 100;
    const std::int64_t tenths = time.count() / a_tenth;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
}

std::string line_of_request(const AccessRecord& record, const RequestHead& head) {
    std::string line = log::quoted(head.method) + " " + log::quoted(head.path) + " from " + std::string(record.client_address) +
                       " to " + std::string(record.server_address) + ":" + std::to_string(record.server_port);
    if (record.request == nullptr) return line;
    const EasRequest& request = *record.request;
    line += request.form == QueryForm::base64 ? ", a base64 query:" : ":";
    line += " Cmd " + log::quoted(request.command_name) + ", User " + log::quoted(request.user) + ", DeviceId " +
            log::quoted(request.device_id) + ", DeviceType " + log::quoted(request.device_type) + ", version " +
            (request.version ? request.version->to_string() : "none");
    return line;
}

std::string line_of_fields(const RequestHead& head) {
    std::string line = "header fields:";
    for (const HeaderField& field : head.fields()) {
        line += line.back() == ':' ? " " : "; ";
        line += field.name.substr(0, 64);
        line += is_shown(field.name) ? " " + log::quoted(field.value) : " (" + std::to_string(field.value.size()) + " bytes, not shown)";
        if (line.size() > most_trace_bytes) break;
    }
    return line;
}

std::string line_of_login(const AccessRecord& record, std::string_view login, const LoginAnswer& answer) {
    std::string line = "login " + log::quoted(login) + " (" + std::string(to_string(record.auth));
    if (record.login_form) line.append(", ").append(to_string(*record.login_form));
    line.append("): ").append(to_string(answer.outcome));
    if (const auto* accepted = std::get_if<Accepted>(&answer.outcome)) line += ", " + log::quoted(accepted->recipient->display_name());
    if (answer.requests == 0) return line + (answer.trouble.empty() ? "; no server was asked" : "; " + log::quoted(answer.trouble));
    line += "; asked " + answer.server + ", " + std::to_string(answer.requests) + (answer.requests == 1 ? " request, " : " requests, ") +
            text_of(record.directory_time);
    if (!answer.filter.empty()) line += "; base " + log::quoted(answer.base) + ", filter " + log::quoted(answer.filter);
    if (!answer.trouble.empty()) line += "; " + log::quoted(answer.trouble);
    return line;
}

/// Values of the directory stand in quotation marks, so that none looks like a note of ours.
std::string line_of_step(const TrailStep& step) {
    if (step.value.empty()) return "step " + to_string(step);
    const std::string value = log::quoted(step.value);
    TrailStep quoted = step;
    quoted.value = value;
    return "step " + to_string(quoted);
}

}  // namespace

std::vector<std::string> trace_of_request(const AccessRecord& record, const RequestHead& head, std::string_view login,
                                          const LoginAnswer& answer, const Verdict& verdict) {
    std::vector<std::string> lines;
    lines.push_back(within_the_limit(line_of_request(record, head)));
    lines.push_back(within_the_limit(line_of_fields(head)));
    lines.push_back(within_the_limit(line_of_login(record, login, answer)));
    for (const TrailStep& step : verdict.trail.steps()) lines.push_back(within_the_limit(line_of_step(step)));
    return lines;
}

/// Nothing of a request is ever copied into a header field of ours.
std::string trace_of_answer(const Answer& answer) {
    std::string line = "answer: " + std::to_string(answer.status);
    std::string_view rest = answer.header_lines;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find("\r\n"), rest.size());
        line.append("; ").append(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 2, rest.size()));
    }
    return within_the_limit(line + "; a body of " + std::to_string(answer.body.size()) + " bytes");
}

std::string trace_of_passing(const Forwarded& forwarded) {
    std::string line = forwarded.server.empty() ? "no server" : forwarded.server;
    line += forwarded.status == 0 ? " gave no answer" : " answered " + std::to_string(forwarded.status);
    if (forwarded.end == ForwardEnd::cut) line += ", which was cut off";
    if (!forwarded.trouble.empty()) line += ": " + forwarded.trouble;
    return within_the_limit(std::move(line));
}

std::string trace_of_end(const AccessRecord& record) {
    return "end: " + std::to_string(record.status) + " " + std::string(to_string(record.reason)) + " after " + text_of(record.total_time) +
           ", of which the directory took " + text_of(record.directory_time) + "; " + std::to_string(record.bytes_in) +
           " bytes in, " + std::to_string(record.bytes_out) + " out";
}

}  // namespace eas451
