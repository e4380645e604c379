// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "ldap_connection.hpp"

namespace eas451 {

/// Of ldaps://HOST[:PORT] or ldap://HOST[:PORT], which the settings have checked; an IPv6 address stands
/// in brackets. Throws std::invalid_argument for anything else.
LdapServer ldap_server_of(std::string_view url);

/// The global catalog on the same host, at `port`, or at 3269, or 3268 for StartTLS, when that is 0.
LdapServer catalog_of(const LdapServer& server, std::uint16_t port);

}  // namespace eas451
