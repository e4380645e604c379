// SPDX-License-Identifier: Apache-2.0
// AccessRecord: what one request was and became, and its line in the access log (contract section
// 5). Every field from outside is hostile: a record is always exactly one line with the right number
// of columns, whatever bytes are in it (T3). Never a password or token.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "eas451/core/decision.hpp"
#include "eas451/core/recipient.hpp"

namespace eas451 {

enum class AuthScheme : std::uint8_t { none, basic, bearer, certificate };
std::string_view to_string(AuthScheme scheme);

enum class AccessLogFormat : std::uint8_t { w3c, json };

/// Views into what the request was handled with; written out before that ends.
struct AccessRecord {
    std::chrono::system_clock::time_point time;
    std::string_view server_address;
    std::uint16_t server_port = 0;
    std::string_view client_address;
    std::string_view method;
    std::string_view path;
    std::string_view query;              // as sent
    const EasRequest* request = nullptr; // absent when it was refused before it was understood
    std::string_view user_agent;
    AuthScheme auth = AuthScheme::none;
    std::string_view login;              // as typed
    std::optional<LoginForm> login_form;
    const Recipient* recipient = nullptr;
    std::string_view decision;           // "redirect", "proxy", "refuse"
    Reason reason = Reason::bad_request;
    std::string_view location;           // where a moved user was, or would have been, sent
    unsigned status = 0;
    EasStatus eas_status = EasStatus::none;
    std::string_view directory_server;   // empty when none was asked
    unsigned directory_requests = 0;
    std::chrono::microseconds directory_time{0};
    std::chrono::microseconds total_time{0};
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    std::string_view request_id;
};

/// The #Software, #Version, #Date and #Fields lines at the top of a W3C log.
std::string w3c_header(std::chrono::system_clock::time_point now);
/// Each appends one line with its line end.
void append_w3c_line(std::string& out, const AccessRecord& record);
void append_json_line(std::string& out, const AccessRecord& record);

}  // namespace eas451
