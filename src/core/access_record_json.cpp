// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "eas451/core/access_record.hpp"
#include "eas451/core/text.hpp"
#include "log_line.hpp"

namespace eas451 {
namespace {

using namespace log_line;

/// At most `cap` bytes, not ending within a UTF-8 character.
std::string_view cut(std::string_view text, std::size_t cap) {
    if (text.size() <= cap) return text;
    std::size_t end = cap;
    while (end > 0 && cap - end < 3 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
    return text.substr(0, end);
}

/// A member's name with all that stands around it, spelled when this is compiled.
class JsonKey {
public:
    template <std::size_t size>
    consteval JsonKey(const char (&name)[size]) : size_(size + 3) {  // NOLINT(google-explicit-constructor)
        text_[0] = ',';
        text_[1] = '"';
        for (std::size_t i = 0; i + 1 < size; ++i) text_[i + 2] = name[i];
        text_[size + 1] = '"';
        text_[size + 2] = ':';
    }
    /// ,"name":
    [[nodiscard]] std::string_view text() const { return {text_.data(), size_}; }

private:
    std::array<char, 32> text_{};
    std::size_t size_;
};

/// One object on one line, its members in the order they are added.
class JsonLine {
public:
    explicit JsonLine(std::string& out) : out_(out) { out_ += '{'; }

    /// null when there is none.
    void add(const JsonKey& key, std::string_view text, std::size_t cap) {
        start(key);
        if (text.empty()) {
            out_ += "null";
        } else {
            append_json_string(out_, cut(text, cap));
        }
    }
    /// For words of our own.
    void add_word(const JsonKey& key, std::string_view word) { add(key, word, word.size()); }
    void add_number(const JsonKey& key, std::uint64_t number) {
        start(key);
        append_number(out_, number);
    }
    void add_null(const JsonKey& key) { add(key, {}, 0); }
    void add_milliseconds(const JsonKey& key, std::chrono::microseconds time) {
        const auto count = static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.count()));
        add_number(key, count / 1000);
        out_ += '.';
        append_padded(out_, static_cast<unsigned>(count % 1000), 3);
    }
    /// RFC 3339 in UTC with milliseconds.
    void add_time(const JsonKey& key, std::chrono::system_clock::time_point time) {
        const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time);
        const auto rest = milliseconds - std::chrono::floor<std::chrono::seconds>(milliseconds);
        start(key);
        out_ += '"';
        append_date_time(out_, time, 'T');
        out_ += '.';
        append_padded(out_, static_cast<unsigned>(rest.count()), 3);
        out_ += "Z\"";
    }
    void end() { out_ += "}\n"; }

private:
    void start(const JsonKey& key) {
        out_ += is_first_ ? key.text().substr(1) : key.text();
        is_first_ = false;
    }

    std::string& out_;
    bool is_first_ = true;
};

void add_request(JsonLine& line, const AccessRecord& record) {
    static const EasRequest nothing;
    const EasRequest& request = record.request == nullptr ? nothing : *record.request;
    line.add("method", record.method, method_cap);
    line.add("path", record.path, path_cap);
    line.add("command", request.command_name, parameter_cap);
    line.add_word("protocol_version", request.version ? request.version->to_string() : std::string());
    line.add("device_id", request.device_id, parameter_cap);
    line.add("device_type", request.device_type, parameter_cap);
    line.add("user_agent", record.user_agent, user_agent_cap);
}

void add_login(JsonLine& line, const AccessRecord& record) {
    line.add_word("auth", to_string(record.auth));
    line.add("login", record.login, login_cap);
    line.add_word("login_form", record.login_form ? to_string(*record.login_form) : std::string_view());
    line.add("recipient", record.recipient != nullptr ? record.recipient->display_name() : std::string_view(),
             recipient_cap);
    line.add_word("recipient_type",
                  record.recipient != nullptr ? to_string(recipient_type(*record.recipient)) : std::string_view());
}

void add_answer(JsonLine& line, const AccessRecord& record) {
    line.add("decision", record.decision, parameter_cap);
    line.add_word("reason", to_string(record.reason));
    line.add("location", record.location, location_cap);
    line.add_number("status", record.status);
    if (record.eas_status == EasStatus::none) {
        line.add_null("eas_status");
    } else {
        line.add_number("eas_status", static_cast<unsigned>(record.eas_status));
    }
}

}  // namespace

void append_json_line(std::string& out, const AccessRecord& record) {
    JsonLine line(out);
    line.add_time("time", record.time);
    line.add("client", record.client_address, address_cap);
    add_request(line, record);
    add_login(line, record);
    add_answer(line, record);
    line.add("directory_server", record.directory_server, server_cap);
    line.add_number("directory_requests", record.directory_requests);
    line.add_milliseconds("directory_ms", record.directory_time);
    line.add_milliseconds("total_ms", record.total_time);
    line.add_number("bytes_in", record.bytes_in);
    line.add_number("bytes_out", record.bytes_out);
    line.add("request_id", record.request_id, request_id_cap);
    line.end();
}

}  // namespace eas451
