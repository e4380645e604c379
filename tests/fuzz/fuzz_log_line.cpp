// SPDX-License-Identifier: Apache-2.0
// Whatever a stranger puts into the fields of a request, the access log has one line of it: in W3C
// form fourteen columns of visible bytes with one Log parameter at the end of the query, in JSON form
// an object with the contract's keys in their order.
//
// Input: one byte of flags, then for each field two bytes of length and the field.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "eas451/core/access_record.hpp"
#include "eas451/core/text.hpp"

namespace {

using namespace eas451;

void require(bool holds, const char* what, const std::string& line) {
    if (holds) return;
    std::fprintf(stderr, "%s\n%s\n", what, line.c_str());
    std::abort();
}

class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

    std::size_t number(std::size_t bytes) {
        std::size_t value = 0;
        for (; bytes > 0 && !rest_.empty(); --bytes) {
            value = value * 256 + static_cast<unsigned char>(rest_.front());
            rest_.remove_prefix(1);
        }
        return value;
    }
    std::string_view text() {
        const std::size_t size = number(2);
        const std::string_view field = rest_.substr(0, size);
        rest_.remove_prefix(field.size());
        return field;
    }

private:
    std::string_view rest_;
};

std::string_view query_column(std::string_view line) {
    for (int i = 0; i < 5; ++i) line.remove_prefix(line.find(' ') + 1);
    return line.substr(0, line.find(' '));
}

bool is_log_name(std::string_view parameter) {
    const auto name = percent_decode(parameter.substr(0, parameter.find('=')));
    return name && equals_ignore_case(*name, "Log");
}

/// Exactly one parameter is called Log, in any spelling, and it is the last.
bool has_one_log(std::string_view query) {
    for (;;) {
        const std::size_t end = query.find('&');
        const std::string_view parameter = query.substr(0, end);
        if (end == std::string_view::npos) return parameter.starts_with("Log=") && parameter.ends_with('_');
        if (is_log_name(parameter)) return false;
        query.remove_prefix(end + 1);
    }
}

void check_w3c(const AccessRecord& record) {
    std::string line;
    append_w3c_line(line, record);
    require(line.ends_with('\n'), "no line end", line);
    const std::string_view text = std::string_view(line).substr(0, line.size() - 1);
    require(std::count(text.begin(), text.end(), ' ') == 13, "not fourteen columns", line);
    require(text.find("  ") == std::string_view::npos && text.front() != ' ' && text.back() != ' ', "empty column",
            line);
    require(std::all_of(text.begin(), text.end(), [](char c) { return c == ' ' || is_visible(c); }), "foreign byte",
            line);
    require(text.find('"') == std::string_view::npos, "quote", line);
    require(has_one_log(query_column(text)), "Log parameter", line);
    require(line.size() < 16 * 1024, "too long", line);
}

constexpr std::array<const char*, 26> keys{
    "time",         "client",     "method",   "path",      "command",    "protocol_version", "device_id",
    "device_type",  "user_agent", "auth",     "login",     "login_form", "recipient",        "recipient_type",
    "decision",     "reason",     "location", "status",    "eas_status", "directory_server", "directory_requests",
    "directory_ms", "total_ms",   "bytes_in", "bytes_out", "request_id"};

void check_json(const AccessRecord& record) {
    std::string line;
    append_json_line(line, record);
    require(line.ends_with('\n') && std::count(line.begin(), line.end(), '\n') == 1, "not one line", line);
    require(line.size() < 40 * 1024, "too long", line);
    const auto object = nlohmann::ordered_json::parse(line, nullptr, false);
    require(object.is_object() && object.size() == keys.size(), "not the object", line);
    auto key = keys.begin();
    for (const auto& [name, value] : object.items()) require(name == *key++, "wrong key", line);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input input(data, size);
    const std::size_t flags = input.number(1);
    EasRequest request;
    Recipient recipient;
    AccessRecord record;
    record.method = input.text();
    record.path = input.text();
    record.query = input.text();
    record.user_agent = input.text();
    record.login = input.text();
    record.client_address = input.text();
    record.request_id = input.text();
    request.command_name = input.text();
    request.user = input.text();
    request.device_id = input.text();
    request.device_type = input.text();
    record.location = input.text();
    record.directory_server = input.text();
    recipient.distinguished_name = input.text();
    if ((flags & 1U) != 0) record.request = &request;
    if ((flags & 2U) != 0) request.form = QueryForm::base64;
    if ((flags & 4U) != 0) record.recipient = &recipient;
    if ((flags & 8U) != 0) record.eas_status = EasStatus::user_has_no_mailbox;
    if ((flags & 16U) != 0) request.version = ProtocolVersion::from_byte(static_cast<std::uint8_t>(input.number(1)));
    record.reason = static_cast<Reason>(input.number(1) % reason_count);
    record.time = std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::milliseconds(input.number(5))));
    record.total_time = std::chrono::microseconds(input.number(4));
    check_w3c(record);
    check_json(record);
    return 0;
}
