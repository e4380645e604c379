// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/request_head.hpp"

#include "byte_set.hpp"
#include "byte_words.hpp"
#include "eas451/core/text.hpp"
#include "head_lines.hpp"
#include "http_bytes.hpp"

namespace eas451 {
namespace {

constexpr std::size_t max_method_bytes = 32;
constexpr std::size_t max_host_bytes = 255;
constexpr auto npos = std::string_view::npos;

using Fault = std::optional<HeadFault>;

constexpr ByteSet path_bytes("/-._~%!$&'()*+,;=:@");
constexpr ByteSet host_bytes("-._");
constexpr ByteSet ipv6_bytes("0123456789abcdefABCDEF:.", false);

constexpr bool is_foreign_to_query(char c) {
    return !is_visible(c) || c == '#';
}
constexpr bool has_foreign_to_query(byte_words::Word word) {
    using byte_words::has;
    return byte_words::has_below(word, '!') || byte_words::has_non_ascii(word) || has(word, '#') || has(word, 0x7f);
}

constexpr ByteSet method_bytes(is_ascii_upper);

/// What a second one of a single field is.
constexpr HeadFault fault_if_repeated(KnownField field) {
    if (field == KnownField::host) return HeadFault::bad_host;
    const bool frames = field == KnownField::content_length || field == KnownField::transfer_encoding;
    return frames ? HeadFault::bad_framing : HeadFault::duplicate_field;
}

bool is_method(std::string_view text) {
    return !text.empty() && text.size() <= max_method_bytes && method_bytes.holds_all_of(text);
}

/// Each '%' is followed by two hexadecimal digits, and none of them hides a control byte: Windows' own HTTP
/// server refuses those as well.
bool has_sound_escapes(std::string_view path) {
    for (auto at = path.find('%'); at != npos; at = path.find('%', at + 1)) {
        const auto digits = path.substr(at + 1, 2);
        if (digits.size() < 2 || hex_value(digits[0]) < 0 || hex_value(digits[1]) < 0) return false;
        if (is_control(static_cast<char>(hex_value(digits[0]) * 16 + hex_value(digits[1])))) return false;
    }
    return true;
}

bool is_origin_form(const RequestHead& head) {
    return head.path.starts_with('/') && path_bytes.holds_all_of(head.path) && has_sound_escapes(head.path) &&
           !byte_words::any_of<has_foreign_to_query, is_foreign_to_query>(head.query);
}

/// Fills in what is there of method and target, before anything of them is judged.
void read_target(std::string_view line, RequestHead& out) {
    const auto method_end = line.find(' ');
    if (method_end == npos || !is_method(line.substr(0, method_end))) return;
    out.method = line.substr(0, method_end);
    const auto rest = line.substr(method_end + 1);
    out.target = rest.substr(0, rest.find(' '));
    const auto question = out.target.find('?');
    out.path = out.target.substr(0, question);
    if (question != npos) out.query = out.target.substr(question + 1);
}

Fault check_request_line(std::string_view line, RequestHead& out) {
    if (out.target.empty()) return HeadFault::bad_request_line;
    const auto end_of_target = out.method.size() + 1 + out.target.size();
    if (end_of_target == line.size()) return HeadFault::bad_request_line;
    const auto version = line.substr(end_of_target + 1);
    if (version.empty() || version.find(' ') != npos) return HeadFault::bad_request_line;
    const auto is_1_1 = parse_http_version(version);
    if (!is_1_1) return HeadFault::bad_version;
    out.keep_alive = out.http_1_1 = *is_1_1;
    return is_origin_form(out) ? Fault{} : HeadFault::bad_target;
}

/// host [":" port] with the characters of a domain name, an IPv4 address or a bracketed IPv6
/// address. No more is asked of it: nothing is looked up by it.
bool is_host(std::string_view text) {
    if (text.empty() || text.size() > max_host_bytes) return false;
    const bool bracketed = text.front() == '[';
    const auto end = bracketed ? text.find(']') : text.find(':');
    if (bracketed && end == npos) return false;
    const auto name = bracketed ? text.substr(1, end - 1) : text.substr(0, end);
    if (name.empty() || !(bracketed ? ipv6_bytes : host_bytes).holds_all_of(name)) return false;
    const auto port = end == npos ? std::string_view{} : text.substr(bracketed ? end + 1 : end);
    return port.empty() || (port.front() == ':' && parse_port(port.substr(1)).has_value());
}

Fault read_field(const HeaderField& field, std::size_t& options, RequestHead& out) {
    const auto known = known_field(field.name);
    if (!out.add(field, known)) return HeadFault::too_many_fields;
    if (known == KnownField::connection) {
        const bool harmless = read_connection(field.value, field_name_bytes, options, out.keep_alive);
        return harmless ? Fault{} : HeadFault::bad_field;
    }
    return is_single(known) && out.is_repeated(known) ? fault_if_repeated(known) : Fault{};
}

Fault read_content_length(std::string_view value, RequestHead& out) {
    const auto length = parse_content_length(value);
    if (!length) return HeadFault::bad_framing;
    out.content_length = *length;
    out.framing = BodyFraming::content_length;
    return {};
}

Fault read_framing(RequestHead& out) {
    const auto coding = out.find(KnownField::transfer_encoding);
    const auto length = out.find(KnownField::content_length);
    if (!coding) return length ? read_content_length(*length, out) : Fault{};
    if (length || !out.http_1_1 || !is_chunked(*coding)) return HeadFault::bad_framing;
    out.framing = BodyFraming::chunked;
    return {};
}

/// What the fields mean together.
Fault read_meaning(RequestHead& out) {
    const auto host = out.find(KnownField::host);
    if (host ? !is_host(*host) : out.http_1_1) return HeadFault::bad_host;
    out.host = host.value_or(std::string_view{});
    if (const auto expect = out.find(KnownField::expect)) {
        if (!equals_ignore_case(*expect, "100-continue")) return HeadFault::bad_field;
        out.expects_continue = out.http_1_1;  // RFC 9110 10.1.1: ignored in HTTP/1.0
    }
    return read_framing(out);
}

/// All of the head, whose target is known already. What goes well ends with its blank line.
Fault read_lines(std::string_view head, RequestHead& out) {
    const auto line = take_line(head);
    if (!line || line->empty() || line->find('\r') != npos) return HeadFault::bad_line_end;
    if (const auto fault = check_request_line(*line, out)) return fault;
    std::size_t options = 0;
    const auto read = [&](const HeaderField& field) { return read_field(field, options, out); };
    if (const auto fault = read_fields<HeadFault>(head, field_name_bytes, read)) return fault;
    return read_meaning(out);
}

}  // namespace

std::string_view to_string(HeadFault fault) {
    switch (fault) {
        case HeadFault::bad_request_line:
            return "bad-request-line";
        case HeadFault::bad_version:
            return "bad-version";
        case HeadFault::bad_target:
            return "bad-target";
        case HeadFault::target_too_long:
            return "target-too-long";
        case HeadFault::bad_line_end:
            return "bad-line-end";
        case HeadFault::bad_field:
            return "bad-field";
        case HeadFault::bad_field_value:
            return "bad-field-value";
        case HeadFault::too_many_fields:
            return "too-many-fields";
        case HeadFault::too_large:
            return "too-large";
        case HeadFault::bad_host:
            return "bad-host";
        case HeadFault::bad_framing:
            return "bad-framing";
        case HeadFault::duplicate_field:
            return "duplicate-field";
    }
    return {};
}

std::optional<HeadFault> parse_request_head(std::string_view head, RequestHead& out) {
    out.clear();
    const auto before_feed = head.substr(0, head.find('\n'));
    read_target(before_feed.substr(0, before_feed.find('\r')), out);
    if (out.target.size() > max_target_bytes) return HeadFault::target_too_long;
    if (head.size() > max_head_bytes) return HeadFault::too_large;
    const auto fault = read_lines(head, out);
    if (fault && is_unfinished(head)) {
        return head.size() == max_head_bytes ? HeadFault::too_large : HeadFault::bad_line_end;
    }
    return fault;
}

}  // namespace eas451
