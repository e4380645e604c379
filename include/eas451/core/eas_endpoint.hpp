// SPDX-License-Identifier: Apache-2.0
// EasEndpoint: where a phone sends its requests, as a URL says it. For who acts as a phone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "eas451/core/result.hpp"

namespace eas451 {

struct EasEndpoint {
    bool tls = true;
    std::string host;  // lower-case; an IPv6 address without brackets
    std::uint16_t port = 443;
    std::string path;

    /// "mail.contoso.com", "[::1]:8443": what Host says; the scheme's own port is left out.
    [[nodiscard]] std::string authority() const;
    [[nodiscard]] std::string url() const;
    /// The same server, whatever the path.
    [[nodiscard]] bool is_server_of(const EasEndpoint& other) const {
        return tls == other.tls && host == other.host && port == other.port;
    }
};

/// As somebody types it: HOST or HOST:PORT means https; no path, or "/", means that of ActiveSync. The error says what
/// is wrong with it, and lives for ever.
Result<EasEndpoint, std::string_view> parse_typed_endpoint(std::string_view text);

/// The value of an X-MS-Location: an absolute https URL, the rest as above. A query, which some phones would keep and
/// others cut off, is refused.
Result<EasEndpoint, std::string_view> parse_location(std::string_view text);

/// How somebody says where to connect to: HOST:PORT, [IPV6]:PORT; without a port 443.
struct ConnectTo {
    std::string host;
    std::uint16_t port = 443;
};
Result<ConnectTo, std::string_view> parse_connect_to(std::string_view text);

}  // namespace eas451
