// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/eas_request.hpp"

#include <algorithm>
#include <array>
#include <bitset>

#include "byte_set.hpp"
#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view health_suffix = "/healthcheck.htm";
// What IIS's default document and a Client Access Server that proxies put behind the path.
constexpr std::array<std::string_view, 4> eas_suffixes = {"", "/", "/default.eas", "/Proxy/default.eas"};

constexpr std::size_t max_device_id_bytes = 32;
constexpr std::size_t max_device_type_bytes = 32;
constexpr std::size_t guid_bytes = 16;
constexpr std::size_t locale_bytes = 2;
constexpr std::size_t policy_key_bytes = 4;
constexpr std::uint8_t user_tag = 8;

using Fault = std::optional<QueryFault>;

enum Known : std::size_t { cmd, user, device_id, device_type, known_count };
constexpr std::array<std::string_view, known_count> known_names = {"Cmd", "User", "DeviceId", "DeviceType"};
constexpr std::array<std::string EasRequest::*, known_count> known_members = {
    &EasRequest::command_name, &EasRequest::user, &EasRequest::device_id, &EasRequest::device_type};
using Seen = std::bitset<known_count>;

constexpr ByteSet base64_digits("+/-_");
constexpr ByteSet unreserved_bytes("-._~");

/// percent_decode() of a text that has mostly nothing to decode: then the text itself, else a view into `room`.
std::optional<std::string_view> percent_decoded(std::string_view text, std::string& room) {
    if (text.find('%') == npos) return text;
    auto decoded = percent_decode(text);
    if (!decoded) return std::nullopt;
    room = std::move(*decoded);
    return room;
}

std::size_t known_index(std::string_view name) {
    std::size_t i = 0;
    while (i < known_count && !equals_ignore_case(known_names[i], name)) ++i;
    return i;
}

std::string to_utf8(std::string text) {
    return is_valid_utf8(text) ? std::move(text) : latin1_to_utf8(text);
}

bool is_valid_device_id(std::string_view text) {
    return !text.empty() && text.size() <= max_device_id_bytes && alnum_bytes.holds_all_of(text);
}

/// "User=" and "User==" are parameters, of no value and of "=", though they would pass for base64.
bool is_parameter(std::string_view query) {
    const auto name = query.substr(0, query.find_last_not_of('=') + 1);
    return name.size() < query.size() && known_index(name) < known_count;
}

/// False for what no decoding can turn into base64: a byte that is no digit, or more than padding behind '='.
bool may_be_base64(std::string_view query) {
    const auto foreign = std::find_if_not(query.begin(), query.end(),
                                          [](char c) { return base64_digits.holds(c) || c == '%'; });
    if (foreign == query.end()) return true;
    const auto next = foreign + 1;
    return *foreign == '=' && (next == query.end() || *next == '=' || *next == '%');
}

/// The base64 text when the query is one. It may come percent-encoded, as '+', '/' and '=' invite to.
std::optional<std::string> base64_text(std::string_view query) {
    if (!may_be_base64(query)) return std::nullopt;
    auto text = percent_decode(query);
    if (!text || is_parameter(*text)) return std::nullopt;
    const auto length = text->find_last_not_of('=') + 1;
    if (text->size() - length > 2 || !base64_digits.holds_all_of(std::string_view(*text).substr(0, length))) {
        return std::nullopt;
    }
    return text;
}

/// One `name=value` of a plain query. A known one's value goes to its member of `out`.
Fault read_parameter(std::string_view parameter, EasRequest& out, Seen& seen) {
    const auto equals = parameter.find('=');
    std::string room;
    const auto name = percent_decoded(parameter.substr(0, equals), room);
    auto value = percent_decode(equals == npos ? std::string_view{} : parameter.substr(equals + 1));
    if (!name || !value) return QueryFault::bad_escape;
    if (contains_control(*name) || contains_control(*value)) return QueryFault::control_byte;
    const auto index = known_index(*name);
    if (index == known_count) return {};
    if (seen[index]) return QueryFault::duplicate_parameter;
    seen[index] = true;
    out.*known_members[index] = to_utf8(std::move(*value));
    return {};
}

/// The command by its name, if there was one.
Fault read_command(bool has_name, EasRequest& out) {
    if (!has_name) return out.method == EasMethod::post ? QueryFault::no_command : Fault{};
    if (!is_command_name(out.command_name)) return QueryFault::bad_command;
    out.command = eas_command_from_name(out.command_name);
    return {};
}

Fault read_plain_query(std::string_view query, EasRequest& out) {
    out.form = QueryForm::plain;
    Seen seen;
    while (true) {
        const auto ampersand = query.find('&');
        if (const auto fault = read_parameter(query.substr(0, ampersand), out, seen)) return fault;
        if (ampersand == npos) break;
        query.remove_prefix(ampersand + 1);
    }
    if (const auto fault = read_command(seen[cmd], out)) return fault;
    out.device_id_valid = is_valid_device_id(out.device_id);
    out.device_type_valid = is_device_type(out.device_type);
    return {};
}

/// The fields of a decoded base64 query, from front to back. After the end there is nothing.
class FieldReader {
public:
    explicit FieldReader(std::string_view bytes) : rest_(bytes) {}

    [[nodiscard]] bool at_end() const { return rest_.empty(); }

    std::optional<std::string_view> bytes(std::size_t count) {
        if (rest_.size() < count) return std::nullopt;
        const auto taken = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return taken;
    }
    std::optional<std::uint8_t> byte() {
        const auto taken = bytes(1);
        return taken ? std::optional(static_cast<std::uint8_t>(taken->front())) : std::nullopt;
    }
    /// A length byte and as many bytes.
    std::optional<std::string_view> counted() {
        const auto length = byte();
        return length ? bytes(*length) : std::nullopt;
    }

private:
    std::string_view rest_;
};

/// MS-ASHTTP R34: the field is a string or a GUID and does not say which. 16 bytes are the GUID, as
/// Windows Phone sends it, and what it then calls itself in plain queries; any other text is itself.
void read_device_id(std::string_view bytes, EasRequest& out) {
    const bool is_guid = bytes.size() == guid_bytes;
    const bool printable = std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == ' ' || is_visible(c); });
    out.device_id = is_guid || !printable ? hex_upper(bytes) : std::string(bytes);
    out.device_id_valid = is_guid || (printable && is_valid_device_id(bytes));
}

Fault read_policy_key(FieldReader& reader) {
    const auto length = reader.byte();
    if (!length) return QueryFault::truncated_base64;
    if (*length != 0 && *length != policy_key_bytes) return QueryFault::bad_policy_key;
    return reader.bytes(*length) ? Fault{} : QueryFault::truncated_base64;
}

Fault read_device_type(FieldReader& reader, EasRequest& out) {
    const auto bytes = reader.counted();
    if (!bytes) return QueryFault::truncated_base64;
    if (contains_control(*bytes)) return QueryFault::control_byte;
    out.device_type = to_utf8(std::string(*bytes));
    out.device_type_valid = is_device_type(out.device_type);
    return {};
}

/// The command's parameters: tag, length, value. All but User are the command's own business.
Fault read_tags(FieldReader& reader, EasRequest& out) {
    bool has_user = false;
    while (!reader.at_end()) {
        const auto tag = reader.byte();
        const auto value = reader.counted();
        if (!tag || !value) return QueryFault::truncated_base64;
        if (*tag != user_tag) continue;
        if (has_user) return QueryFault::duplicate_parameter;
        if (contains_control(*value)) return QueryFault::control_byte;
        out.user = to_utf8(std::string(*value));
        has_user = true;
    }
    return {};
}

/// MS-ASHTTP 2.2.1.1.1.1.
Fault read_base64_query(std::string_view text, EasRequest& out) {
    out.form = QueryForm::base64;
    const auto decoded = base64_decode(text);
    if (!decoded) return QueryFault::bad_base64;
    FieldReader reader(*decoded);
    const auto version = reader.byte();
    const auto code = reader.byte();
    const auto locale = reader.bytes(locale_bytes);
    const auto id = reader.counted();
    if (!version || !code || !locale || !id) return QueryFault::truncated_base64;
    out.version = ProtocolVersion::from_byte(*version);
    out.command = eas_command_from_code(*code);
    out.command_name = out.command == EasCommand::unknown ? std::to_string(*code) : std::string(to_string(out.command));
    read_device_id(*id, out);
    if (const auto fault = read_policy_key(reader)) return fault;
    if (const auto fault = read_device_type(reader, out)) return fault;
    return read_tags(reader, out);
}

Fault read_version_header(const RequestHead& head, EasRequest& out) {
    const auto text = head.find(KnownField::protocol_version);
    if (!text) return {};
    out.version = ProtocolVersion::parse(trim(*text));
    const bool is_good = out.version && !head.is_repeated(KnownField::protocol_version);
    return is_good ? Fault{} : QueryFault::bad_version;
}

Fault read_query(std::string_view query, EasRequest& out) {
    if (query.empty()) return read_command(false, out);
    if (const auto text = base64_text(query)) return read_base64_query(*text, out);
    return read_plain_query(query, out);
}

/// What RFC 3986 calls unreserved stays, the rest is escaped: no value can end or split a parameter.
void append_parameter(std::string& query, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    if (!query.empty()) query += '&';
    query += name;
    query += '=';
    for (const char& c : value) {
        if (unreserved_bytes.holds(c)) {
            query += c;
        } else {
            query += '%';
            query += hex_upper({&c, 1});
        }
    }
}

}  // namespace

bool is_device_type(std::string_view text) {
    return !text.empty() && text.size() <= max_device_type_bytes && visible_bytes.holds_all_of(text);
}

Target classify_target(const RequestHead& head) {
    if (!starts_with_ignore_case(head.path, eas_path)) return Target::other;
    const auto suffix = head.path.substr(eas_path.size());
    const auto matches = [suffix](std::string_view known) { return equals_ignore_case(known, suffix); };
    const bool is_eas_path = std::any_of(eas_suffixes.begin(), eas_suffixes.end(), matches);
    if (head.method == "POST" || head.method == "OPTIONS") return is_eas_path ? Target::eas : Target::other;
    if (head.method != "GET" && head.method != "HEAD") return Target::other;
    if (is_eas_path) return Target::eas_page;
    return matches(health_suffix) ? Target::health : Target::other;
}

Result<EasRequest, QueryFault> parse_eas_request(const RequestHead& head) {
    EasRequest request;
    request.method = head.method == "OPTIONS" ? EasMethod::options : EasMethod::post;
    if (const auto fault = read_version_header(head, request)) return *fault;
    if (const auto fault = read_query(head.query, request)) return *fault;
    return request;
}

std::string plain_query_of(const EasRequest& request) {
    std::string query;
    append_parameter(query, known_names[cmd], request.command_name);
    append_parameter(query, known_names[user], request.user);
    append_parameter(query, known_names[device_id], request.device_id);
    append_parameter(query, known_names[device_type], request.device_type);
    return query;
}

}  // namespace eas451
