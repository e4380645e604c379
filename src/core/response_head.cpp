// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/response_head.hpp"

#include <algorithm>

#include "eas451/core/text.hpp"
#include "field_scope.hpp"
#include "head_lines.hpp"
#include "http_bytes.hpp"
#include "log_line.hpp"

namespace eas451 {
namespace {

using Fault = std::optional<ResponseFault>;

constexpr std::size_t status_digits = 3;

/// What the lines say, before it is judged together.
struct Said {
    std::size_t connection_options = 0;
    std::optional<std::string_view> length;
    std::optional<std::string_view> coding;
};

Fault read_status(std::string_view text, ResponseHead& out) {
    const auto digits = text.substr(0, status_digits);
    if (digits.size() < status_digits || !std::all_of(digits.begin(), digits.end(), is_ascii_digit)) {
        return ResponseFault::bad_status_line;
    }
    // The blank in front of an empty phrase is left out by some.
    if (text.size() > status_digits && text[status_digits] != ' ') return ResponseFault::bad_status_line;
    if (text.size() > status_digits) out.phrase = text.substr(status_digits + 1);
    if (!is_field_value(out.phrase)) return ResponseFault::bad_status_line;
    for (const char digit : digits) out.status = out.status * 10 + static_cast<unsigned>(digit - '0');
    const bool is_final = out.status >= 200 && out.status <= 599;
    return is_final || out.status == 100 ? Fault{} : ResponseFault::bad_status;
}

Fault read_status_line(std::string_view line, ResponseHead& out) {
    const auto version_end = line.find(' ');
    if (version_end == std::string_view::npos) return ResponseFault::bad_status_line;
    const auto is_1_1 = parse_http_version(line.substr(0, version_end));
    if (!is_1_1) return ResponseFault::bad_version;
    out.keep_alive = out.http_1_1 = *is_1_1;
    return read_status(line.substr(version_end + 1), out);
}

/// A second one is a fault, also where it says the same.
Fault take_single(std::optional<std::string_view>& place, std::string_view value) {
    if (place) return ResponseFault::bad_framing;
    place = value;
    return {};
}

Fault read_field(const HeaderField& field, Said& said, ResponseHead& out) {
    if (!out.add(field)) return ResponseFault::too_many_fields;
    switch (known_field(field.name)) {
        case KnownField::content_length:
            return take_single(said.length, field.value);
        case KnownField::transfer_encoding:
            return take_single(said.coding, field.value);
        case KnownField::connection:
            return read_connection(field.value, token_bytes, said.connection_options, out.keep_alive)
                       ? Fault{}
                       : ResponseFault::bad_field;
        default:
            return {};
    }
}

/// RFC 9112 6.3, without what it lets pass.
Fault read_framing(const Said& said, std::string_view request_method, ResponseHead& out) {
    const auto length = said.length ? parse_content_length(*said.length) : std::nullopt;
    if (said.length && (!length || said.coding)) return ResponseFault::bad_framing;
    if (said.coding && (!out.http_1_1 || !is_chunked(*said.coding))) return ResponseFault::bad_framing;
    const bool frames_nothing = out.status == 100 || out.status == 204;
    // RFC 9110 8.6 has no length there; some servers say 0 with 204, which is as true as it is needless.
    if (said.length && frames_nothing && (out.status == 100 || *length != 0)) return ResponseFault::bad_framing;
    if (said.coding && (frames_nothing || out.status == 304)) return ResponseFault::bad_framing;
    if (frames_nothing || out.status == 304 || request_method == "HEAD") return {};
    out.framing = said.coding ? BodyFraming::chunked : length ? BodyFraming::content_length : BodyFraming::until_close;
    out.content_length = length.value_or(0);
    if (out.framing == BodyFraming::until_close) out.keep_alive = false;
    return {};
}

Fault read_lines(std::string_view head, std::string_view request_method, ResponseHead& out) {
    const auto line = take_line(head);
    if (!line || line->empty() || line->find('\r') != std::string_view::npos) return ResponseFault::bad_line_end;
    if (const auto fault = read_status_line(*line, out)) return fault;
    Said said;
    const auto read = [&](const HeaderField& field) { return read_field(field, said, out); };
    if (const auto fault = read_fields<ResponseFault>(head, token_bytes, read)) return fault;
    return read_framing(said, request_method, out);
}

}  // namespace

std::string_view to_string(ResponseFault fault) {
    switch (fault) {
        case ResponseFault::bad_status_line:
            return "bad-status-line";
        case ResponseFault::bad_version:
            return "bad-version";
        case ResponseFault::bad_line_end:
            return "bad-line-end";
        case ResponseFault::bad_field:
            return "bad-field";
        case ResponseFault::bad_field_value:
            return "bad-field-value";
        case ResponseFault::too_many_fields:
            return "too-many-fields";
        case ResponseFault::too_large:
            return "too-large";
        case ResponseFault::bad_framing:
            return "bad-framing";
        case ResponseFault::bad_status:
            return "bad-status";
    }
    return {};
}

std::optional<std::string_view> ResponseHead::find(std::string_view name) const {
    for (const HeaderField& field : fields()) {
        if (equals_ignore_case(field.name, name)) return field.value;
    }
    return std::nullopt;
}

bool ResponseHead::add(HeaderField field) {
    if (count_ == fields_.size()) return false;
    fields_[count_++] = field;
    return true;
}

void ResponseHead::clear() {
    status = 0;
    phrase = std::string_view{};
    http_1_1 = true;
    keep_alive = true;
    framing = BodyFraming::none;
    content_length = 0;
    count_ = 0;
}

std::optional<ResponseFault> parse_response_head(std::string_view head, std::string_view request_method,
                                                 ResponseHead& out) {
    out.clear();
    if (head.size() > max_response_head_bytes) return ResponseFault::too_large;
    const auto fault = read_lines(head, request_method, out);
    if (fault && is_unfinished(head)) {
        return head.size() == max_response_head_bytes ? ResponseFault::too_large : ResponseFault::bad_line_end;
    }
    return fault;
}

PassedFraming passed_framing(const ResponseHead& head, bool client_http_1_1, bool close) {
    if (head.framing == BodyFraming::none || head.framing == BodyFraming::content_length) return {head.framing, close};
    if (client_http_1_1) return {BodyFraming::chunked, close};
    return {BodyFraming::until_close, true};
}

void append_passed_head(std::string& out, const ResponseHead& head, const PassedFraming& framing) {
    out.append("HTTP/1.1 ");
    log_line::append_number(out, head.status);
    out.append(" ").append(head.phrase).append("\r\n");
    const NamedInConnection named(head.fields());
    for (const HeaderField& field : head.fields()) {
        if (scope_of_field(field.name) == FieldScope::hop_by_hop || named.holds(field.name)) continue;
        const bool frames = known_field(field.name) == KnownField::content_length;
        const bool passes = !frames || (framing.body == BodyFraming::none && head.status != 204);
        if (passes) append_field(out, field.name, field.value);
    }
    append_framing(out, framing.body, head.content_length);
    if (framing.close) out.append("Connection: close\r\n");
    out.append("\r\n");
}

}  // namespace eas451
