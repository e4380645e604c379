// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/request_head.hpp"

#include <algorithm>
#include <charconv>

#include "byte_set.hpp"
#include "byte_words.hpp"
#include "eas451/core/text.hpp"
#include "http_bytes.hpp"

namespace eas451 {
namespace {

constexpr std::size_t max_method_bytes = 32;
constexpr std::size_t max_host_bytes = 255;
constexpr std::size_t max_length_digits = 19;  // the most that always fit into 64 bits
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
constexpr ByteSet field_value_bytes(is_field_value_byte);

/// What a second one of a single field is.
constexpr HeadFault fault_if_repeated(KnownField field) {
    if (field == KnownField::host) return HeadFault::bad_host;
    const bool frames = field == KnownField::content_length || field == KnownField::transfer_encoding;
    return frames ? HeadFault::bad_framing : HeadFault::duplicate_field;
}

/// Takes the next line, up to its CRLF, off the front. Nothing when it ends in any other way. A CR within the
/// line is left to be found by who reads it.
std::optional<std::string_view> take_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    if (end == npos || end == 0 || rest[end - 1] != '\r') return std::nullopt;
    const auto line = rest.substr(0, end - 1);
    rest.remove_prefix(end + 1);
    return line;
}

/// Whatever else is wrong with a line: a bare CR is a line end that not everybody would see.
HeadFault fault_of(std::string_view line, HeadFault fault) {
    return line.find('\r') == npos ? fault : HeadFault::bad_line_end;
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
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return HeadFault::bad_version;
    out.http_1_1 = version == "HTTP/1.1";
    out.keep_alive = out.http_1_1;
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

/// `visit(element)` for each element of a comma list; false from it ends the walk and is the result.
template <class Visit>
bool all_elements(std::string_view list, Visit visit) {
    while (true) {
        const auto comma = list.find(',');
        if (!visit(trim(list.substr(0, comma)))) return false;
        if (comma == npos) return true;
        list.remove_prefix(comma + 1);
    }
}

/// Options are names like those of fields. A Connection that names Authorization, Content-Length … asks a proxy to
/// drop what the next reader needs to see the same request as we do.
Fault read_connection(std::string_view value, RequestHead& out) {
    const bool harmless = all_elements(value, [&out](std::string_view option) {
        if (equals_ignore_case(option, "close")) out.keep_alive = false;
        return (option.empty() || field_name_bytes.holds_all_of(option)) && !is_single(known_field(option));
    });
    return harmless ? Fault{} : HeadFault::bad_field;
}

bool is_field_value(std::string_view text) {
    return !contains_control(text) || field_value_bytes.holds_all_of(text);  // a tab is one, and may be there
}

Fault read_field(std::string_view line, RequestHead& out) {
    const auto colon = field_name_bytes.run_at_front_of(line);
    if (colon == 0 || colon == line.size() || line[colon] != ':') return HeadFault::bad_field;
    const HeaderField field{line.substr(0, colon), trim(line.substr(colon + 1))};
    if (!is_field_value(field.value)) return HeadFault::bad_field_value;
    const auto known = known_field(field.name);
    if (!out.add(field, known)) return HeadFault::too_many_fields;
    if (known == KnownField::connection) return read_connection(field.value, out);
    return is_single(known) && out.is_repeated(known) ? fault_if_repeated(known) : Fault{};
}

Fault read_content_length(std::string_view value, RequestHead& out) {
    const bool digits = !value.empty() && std::all_of(value.begin(), value.end(), is_ascii_digit);
    if (!digits || value.size() > max_length_digits) return HeadFault::bad_framing;
    std::from_chars(value.data(), value.data() + value.size(), out.content_length);
    out.framing = BodyFraming::content_length;
    return {};
}

Fault read_framing(RequestHead& out) {
    const auto coding = out.find(KnownField::transfer_encoding);
    const auto length = out.find(KnownField::content_length);
    if (!coding) return length ? read_content_length(*length, out) : Fault{};
    if (length || !out.http_1_1 || !equals_ignore_case(*coding, "chunked")) return HeadFault::bad_framing;
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
    auto line = take_line(head);
    if (!line || line->empty() || line->find('\r') != npos) return HeadFault::bad_line_end;
    if (const auto fault = check_request_line(*line, out)) return fault;
    while (true) {
        line = take_line(head);
        if (!line) return HeadFault::bad_line_end;
        if (line->empty()) break;
        if (const auto fault = read_field(*line, out)) return fault_of(*line, *fault);
    }
    return head.empty() ? read_meaning(out) : HeadFault::bad_line_end;
}

bool is_unfinished(std::string_view head) {
    return find_head_end(head, 0) != head.size();
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

std::optional<std::size_t> find_head_end(std::string_view bytes, std::size_t seen) {
    // A bare line feed ends a line here too: parse_request_head() refuses it, and nobody waits for a
    // blank line that was meant to be there already.
    for (auto at = bytes.find('\n', seen < 3 ? 0 : seen - 3); at != npos; at = bytes.find('\n', at + 1)) {
        const auto left = bytes.size() - at - 1;
        if (left > 0 && bytes[at + 1] == '\n') return at + 2;
        if (left > 1 && bytes[at + 1] == '\r' && bytes[at + 2] == '\n') return at + 3;
    }
    return std::nullopt;
}

std::optional<HeadFault> parse_request_head(std::string_view head, RequestHead& out) {
    out.clear();
    const auto before_feed = head.substr(0, head.find('\n'));
    read_target(before_feed.substr(0, before_feed.find('\r')), out);
    if (out.target.size() > max_target_bytes) return HeadFault::target_too_long;
    if (head.size() > max_head_bytes) return HeadFault::too_large;
    const auto fault = read_lines(head, out);
    // A head that has no end, or a blank line before its end, is that and nothing else.
    if (fault && is_unfinished(head)) {
        return head.size() == max_head_bytes ? HeadFault::too_large : HeadFault::bad_line_end;
    }
    return fault;
}

}  // namespace eas451
