// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/access_record.hpp"

#include <algorithm>

#include "eas451/core/text.hpp"
#include "log_line.hpp"

namespace eas451 {
namespace {

using namespace log_line;

std::uint64_t whole_milliseconds(std::chrono::microseconds time) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.count()) / 1000);
}

void append_percent(std::string& out, char byte, const char* digits) {
    const auto value = static_cast<unsigned char>(byte);
    out += '%';
    out += digits[value >> 4U];
    out += digits[value & 0xFU];
}

/// Appends until `end` bytes are in `out`; false when that cut the text. No escape is ever split.
bool append_escaped(std::string& out, std::string_view text, std::size_t end, bool blank_as_plus = false) {
    for (const char c : text) {
        const bool plain = is_visible(c) && c != '"';
        const bool plus = c == ' ' && blank_as_plus;
        if (out.size() + (plain || plus ? 1 : 3) > end) return false;
        if (plain) {
            out += c;
        } else if (plus) {
            out += '+';
        } else {
            append_percent(out, c, "0123456789ABCDEF");
        }
    }
    return true;
}

void append_column(std::string& out, std::string_view text, std::size_t cap, bool blank_as_plus = false) {
    if (text.empty()) {
        out += '-';
    } else {
        append_escaped(out, text, out.size() + cap, blank_as_plus);
    }
    out += ' ';
}

/// One character of a parameter's name, an escape decoded. Takes it off the front.
char next_of_name(std::string_view& name) {
    const char first = name.front();
    if (first == '%' && name.size() >= 3 && hex_value(name[1]) >= 0 && hex_value(name[2]) >= 0) {
        const auto decoded = static_cast<char>(hex_value(name[1]) * 16 + hex_value(name[2]));
        name.remove_prefix(3);
        return decoded;
    }
    name.remove_prefix(1);
    return first;
}

/// The parameter that is ours alone: a script that reads the log must not find a client's in it.
bool is_log_parameter(std::string_view parameter) {
    std::string_view name = parameter.substr(0, parameter.find('='));
    for (const char expected : {'l', 'o', 'g'}) {
        if (name.empty() || ascii_lower(next_of_name(name)) != expected) return false;
    }
    return name.empty();
}

void append_client_query(std::string& out, std::string_view query) {
    const std::size_t start = out.size();
    const std::size_t end = start + query_cap;
    bool first = true;
    for (bool more = !query.empty(); more;) {
        const std::size_t separator = query.find('&');
        const std::string_view parameter = query.substr(0, separator);
        more = separator != std::string_view::npos;
        if (more) query.remove_prefix(separator + 1);
        if (is_log_parameter(parameter)) continue;
        const std::size_t before = out.size();
        if (before + 1 > end) return;
        if (!first) out += '&';
        first = false;
        if (append_escaped(out, parameter, end)) continue;
        // A name cut short may be "Log"; a value cut short stays.
        if (out.find('=', before) == std::string::npos) out.resize(before);
        return;
    }
}

/// A value within `Log=`, escaped as IIS does: '_' too, since it separates the items.
void append_item_value(std::string& out, std::string_view value, std::size_t cap) {
    const std::size_t end = out.size() + cap;
    for (const char c : value) {
        const bool plain = is_ascii_alnum(c) || c == '.' || c == '-';
        if (out.size() + (plain ? 1 : 3) > end) return;
        if (plain) {
            out += c;
        } else {
            append_percent(out, c, "0123456789abcdef");
        }
    }
}

void append_version(std::string& out, ProtocolVersion version) {
    out += 'V';
    for (const char c : version.to_string()) {
        if (c != '.') out += c;
    }
    out += '_';
}

void append_decision(std::string& out, const AccessRecord& record) {
    if (!record.location.empty()) {
        out += "RdirTo:TryToFigureOutEasEndpoint%3b";
        append_item_value(out, record.location, location_cap);
        out += '_';
    }
    if (record.request != nullptr && record.request->version) append_version(out, *record.request->version);
    out += "LdapC";
    append_number(out, record.directory_requests);
    out += "_LdapL";
    append_number(out, whole_milliseconds(record.directory_time));
    out += '_';
    if (record.recipient != nullptr) {
        out.append("UserInfo:").append(to_string(recipient_type(*record.recipient))) += '_';
    }
    if (!record.directory_server.empty()) {
        out += "Dc:";
        append_item_value(out, record.directory_server, server_cap);
        out += '_';
    }
    if (record.eas_status != EasStatus::none) {
        out += 'S';
        append_number(out, static_cast<unsigned>(record.eas_status));
        out.append("_Error:").append(to_string(record.eas_status)) += '_';
    }
    out.append("Rsn:").append(to_string(record.reason)) += '_';
}

void append_query_column(std::string& out, const AccessRecord& record) {
    const std::size_t start = out.size();
    if (record.request != nullptr && record.request->form == QueryForm::base64) {
        append_client_query(out, plain_query_of(*record.request));
    } else {
        append_client_query(out, record.query);
    }
    out += out.size() == start ? "Log=" : "&Log=";
    append_decision(out, record);
    out += ' ';
}

}  // namespace

std::string_view to_string(AuthScheme scheme) {
    switch (scheme) {
        case AuthScheme::none:
            return "none";
        case AuthScheme::basic:
            return "basic";
        case AuthScheme::bearer:
            return "bearer";
        case AuthScheme::certificate:
            return "certificate";
    }
    return "none";
}

std::string w3c_header(std::chrono::system_clock::time_point now) {
    std::string header = "#Software: eas451\n#Version: 1.0\n#Date: ";
    append_date_time(header, now, ' ');
    header +=
        "\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) "
        "sc-status sc-substatus sc-win32-status time-taken\n";
    return header;
}

void append_w3c_line(std::string& out, const AccessRecord& record) {
    append_date_time(out, record.time, ' ');
    out += ' ';
    append_column(out, record.server_address, address_cap);
    append_column(out, record.method, method_cap);
    append_column(out, record.path, path_cap);
    append_query_column(out, record);
    append_number(out, record.server_port);
    out += ' ';
    append_column(out, record.login, login_cap);
    append_column(out, record.client_address, address_cap);
    append_column(out, record.user_agent, user_agent_cap, true);
    append_number(out, record.status);
    // Substatus and Win32 status are IIS's own; the columns stay for the scripts that count them.
    out += " 0 0 ";
    append_number(out, whole_milliseconds(record.total_time));
    out += '\n';
}

}  // namespace eas451
