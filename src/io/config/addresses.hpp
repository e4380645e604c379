// SPDX-License-Identifier: Apache-2.0
// Addresses as an administrator writes them. Pure; nothing is resolved.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "eas451/io/config/settings.hpp"

namespace eas451 {

/// "127.0.0.1:8443" or "[::1]:8443": a numeric address and a port, 0 to 65535.
std::optional<BindAddress> parse_bind_address(std::string_view text);

/// "10.0.0.53", "10.0.0.53:5353", "::1" or "[::1]:5353": a numeric address, and a port from 1 on or 53.
std::optional<BindAddress> parse_name_server(std::string_view text);

/// "10.0.0.0/8" in its canonical spelling; a single address becomes /32 or /128. Nothing when it is
/// neither, or when bits right of the prefix are set: `nearest` is then the network that was meant.
struct Network {
    std::optional<std::string> canonical;
    std::string nearest;
};
Network parse_network(std::string_view text);

/// scheme://HOST[:PORT] and nothing else, lower-cased.
std::optional<std::string> parse_server_url(std::string_view text, std::string_view scheme);

/// A URL with `user:password@` becomes one with `user:***@`.
std::string mask_password(std::string url);

}  // namespace eas451
