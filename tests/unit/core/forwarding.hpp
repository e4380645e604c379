// SPDX-License-Identifier: Apache-2.0
// What has to be true of every request that is passed on, whatever came in. Used by tests and by a fuzz target;
// it says of the fields by itself what must not be in them, without the table of what is tested.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "eas451/core/forwarded_request.hpp"
#include "eas451/core/request_head.hpp"
#include "eas451/core/text.hpp"

namespace eas451 {

inline constexpr ForwardedFrom test_client{"192.0.2.7", true, "mail.contoso.com"};

inline std::string forwarded(const RequestHead& head, const ForwardedFrom& from = test_client) {
    std::string out;
    append_forwarded_head(out, head, from);
    return out;
}

/// Not of a connection, as those of Windows are.
inline bool is_of_a_request(std::string_view authorization) {
    const auto begins_with = [authorization](std::string_view scheme) {
        return starts_with_ignore_case(authorization, scheme) && (authorization.size() == scheme.size() || authorization[scheme.size()] == ' ');
    };
    return begins_with("Basic") || begins_with("Bearer");
}

inline std::size_t count_of(const RequestHead& head, std::string_view name) {
    std::size_t count = 0;
    for (const HeaderField& field : head.fields()) count += equals_ignore_case(field.name, name) ? 1 : 0;
    return count;
}

inline bool is_forbidden(const HeaderField& field) {
    static constexpr std::array<std::string_view, 11> names = {
        "connection", "keep-alive", "te",  "trailer", "upgrade",        "http2-settings",
        "expect",     "forwarded",  "via", "proxy",   "front-end-https"};
    static constexpr std::array<std::string_view, 12> starts = {
        "msexch",       "x-msexch",    "x-beresource", "x-anonresource", "x-backendcookie", "x-sourcecafe",
        "x-isfromcafe", "x-cafeproxy", "proxy-",       "x-arr-",         "x-rewrite-url",   "x-commonaccesstoken"};
    const std::string name = ascii_lower(field.name);
    for (const auto forbidden : names) {
        if (name == forbidden) return true;
    }
    for (const auto forbidden : starts) {
        if (name.starts_with(forbidden)) return true;
    }
    if (name.ends_with("commonaccesstoken") || name.ends_with("common-access-token")) return true;
    if (name != "cookie") return false;
    const std::string value = "; " + ascii_lower(field.value);
    return field.value.empty() || value.find("; securitytoken=") != std::string::npos;
}

/// Empty, or what is wrong with what was written of a head that parse_request_head() accepted. A head that became
/// longer than one may be, or has more fields, is not looked at further.
inline std::string mistake_in_forwarded(const RequestHead& head) {
    const std::string bytes = forwarded(head);
    RequestHead again;
    const auto fault = parse_request_head(bytes, again);
    const bool grew = bytes.size() > max_head_bytes || head.fields().size() + 4 > max_head_fields;
    if (fault && (grew || fault == HeadFault::target_too_long)) return {};
    if (fault) return "not accepted: " + std::string(to_string(*fault));
    if (find_head_end(bytes, 0) != bytes.size()) return "two heads";
    if (again.path != "/Microsoft-Server-ActiveSync" || again.query != head.query) return "another target";
    if (again.method != head.method || !again.http_1_1 || !again.keep_alive || again.expects_continue) return "line";
    if (again.host != (head.host.empty() ? test_client.server_name : head.host)) return "another host";
    const bool empty_post = head.method == "POST" && head.framing == BodyFraming::none;
    if (again.framing != (empty_post ? BodyFraming::content_length : head.framing)) return "another framing";
    if (again.content_length != head.content_length) return "another length";
    const auto came = head.find(KnownField::authorization);
    const auto left = again.find(KnownField::authorization);
    if (left != (came && is_of_a_request(*came) ? came : std::nullopt)) return "another login";
    for (const auto name : {"X-Forwarded-For", "X-Forwarded-Proto"}) {
        if (count_of(again, name) != 1) return name;
    }
    if (again.find("X-Forwarded-For") != test_client.client_address) return "another client";
    for (const auto name : {"Content-Type", "Content-Encoding", "User-Agent", "MS-ASProtocolVersion", "X-MS-PolicyKey",
                            "MS-ASAcceptMultiPart", "Accept-Encoding"}) {
        const bool is_named = count_of(head, "Connection") != 0 && count_of(again, name) == 0;
        if (!is_named && again.find(name) != head.find(name)) return name;
    }
    for (const HeaderField& field : again.fields()) {
        if (is_forbidden(field)) return std::string(field.name);
    }
    return {};
}

}  // namespace eas451
