// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/forwarded_request.hpp"

#include <cstddef>

#include "byte_set.hpp"
#include "eas451/core/text.hpp"
#include "field_scope.hpp"

namespace eas451 {
namespace {

constexpr std::string_view eas_path = "/Microsoft-Server-ActiveSync";
constexpr auto npos = std::string_view::npos;

/// `visit(part)` for each part of a text, until that is false; which is the result.
template <class Visit>
bool all_parts(std::string_view text, char separator, Visit visit) {
    while (true) {
        const auto end = text.find(separator);
        if (!visit(text.substr(0, end))) return false;
        if (end == npos) return true;
        text.remove_prefix(end + 1);
    }
}

/// Without what the next reader may take for a blank, such as a no-break space of Latin-1 or UTF-8.
std::string_view visible_part(std::string_view text) {
    while (!text.empty() && !visible_bytes.holds(text.front())) text.remove_prefix(1);
    while (!text.empty() && !visible_bytes.holds(text.back())) text.remove_suffix(1);
    return text;
}

/// Old readers take a comma for the end of a cookie too (RFC 2965), so what is behind one has to pass as well.
bool may_pass(std::string_view crumb) {
    return all_parts(crumb, ',', [](std::string_view pair) {
        return !is_front_end_cookie(visible_part(pair.substr(0, pair.find('='))));
    });
}

void append_cookie(std::string& out, const HeaderField& field) {
    if (all_parts(field.value, ';', may_pass)) {
        if (!field.value.empty()) append_field(out, field.name, field.value);
        return;
    }
    const auto start = out.size();
    out.append(field.name).append(": ");
    const auto first = out.size();
    all_parts(field.value, ';', [&out, first](std::string_view crumb) {
        const auto text = trim(crumb);
        if (text.empty() || !may_pass(text)) return true;
        // With a blank where there was one: it stays within the room that was made for it, where a password is.
        const std::string_view separator = text.data() == crumb.data() ? ";" : "; ";
        out.append(out.size() == first ? "" : separator).append(text);
        return true;
    });
    if (out.size() == first) {
        out.resize(start);
    } else {
        out.append("\r\n");
    }
}

/// Other schemes (NTLM, Negotiate) authenticate a connection, and the next request on it is somebody else's.
bool authenticates_a_request(std::string_view authorization) {
    const std::string_view scheme = authorization.substr(0, authorization.find(' '));
    return equals_ignore_case(scheme, "Basic") || equals_ignore_case(scheme, "Bearer");
}

void append_fields(std::string& out, const RequestHead& head) {
    const NamedInConnection named(head.fields());
    for (const HeaderField& field : head.fields()) {
        if (scope_of_field(field.name) != FieldScope::end_to_end || named.holds(field.name)) continue;
        if (known_field(field.name) == KnownField::authorization && !authenticates_a_request(field.value)) continue;
        if (equals_ignore_case(field.name, "Cookie")) {
            append_cookie(out, field);
        } else {
            append_field(out, field.name, field.value);
        }
    }
}

}  // namespace

void append_forwarded_head(std::string& out, const RequestHead& head, const ForwardedFrom& from) {
    out.append(head.method).append(" ").append(eas_path);
    if (!head.query.empty()) out.append("?").append(head.query);
    out.append(" HTTP/1.1\r\n");
    append_field(out, "Host", head.host.empty() ? from.server_name : head.host);
    append_fields(out, head);
    append_field(out, "X-Forwarded-For", from.client_address);
    append_field(out, "X-Forwarded-Proto", from.is_https ? "https" : "http");
    // RFC 9110 8.6: a POST says it also where there is no body; IIS answers 411 without.
    const bool is_empty_post = head.framing == BodyFraming::none && head.method == "POST";
    append_framing(out, is_empty_post ? BodyFraming::content_length : head.framing, head.content_length);
    out.append("\r\n");
}

}  // namespace eas451
