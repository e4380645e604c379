// SPDX-License-Identifier: Apache-2.0
// A request as it is passed on to Exchange: written anew from what was understood of it (law 5), so that
// Exchange cannot read another request than we did (reliability: T11, T13).
//
// Dropped are: fields of one hop (RFC 9110 7.6.1) and those that Connection names; what clients say of who they
// are and how they came, which only a front end may say (X-Forwarded-For, Front-End-Https …); what Exchange's front
// end tells its back end, as fields and as cookies (T14: X-CommonAccessToken, msExch…, X-BEResource …); and that a
// client certificate was checked (T19). The list is in src/core/field_scope.cpp. So is an Authorization of a scheme other
// than Basic and Bearer. All else passes as it was sent and in its order: Cookie, MS-…, X-MS-…, and what we do not know.
#pragma once

#include <string>
#include <string_view>

#include "eas451/core/request_head.hpp"

namespace eas451 {

/// What we say of the client. Views need to live for the call alone.
struct ForwardedFrom {
    std::string_view client_address;  // without brackets, port or zone
    bool is_https = false;            // as the client came
    std::string_view server_name;     // Host where an HTTP/1.0 client sent none
};

/// Appends the head of the request, up to its blank line, to `out`: the route's path, the query byte for byte, Host
/// first, then the fields, X-Forwarded-For, X-Forwarded-Proto and exactly one framing; always HTTP/1.1. A POST
/// without a body says "Content-Length: 0". Of `head`, which parse_request_head() has accepted, the bytes have to live;
/// the body goes on with the framing that the head has. It may be longer than the head was, by what we say.
void append_forwarded_head(std::string& out, const RequestHead& head, const ForwardedFrom& from);

}  // namespace eas451
