// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "ldap_connection.hpp"

namespace eas451 {

/// Of ldaps://HOST[:PORT] or ldap://HOST[:PORT], which the settings have checked; an IPv6 address stands
/// in brackets. Throws std::invalid_argument for anything else.
LdapServer ldap_server_of(std::string_view url);

}  // namespace eas451
