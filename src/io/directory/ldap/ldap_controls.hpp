// SPDX-License-Identifier: Apache-2.0
// The controls (RFC 4511 section 4.1.11) that LdapCodec sends with a request or reads beside a result.
#pragma once

#include <optional>
#include <string>

#include "ldap_codec.hpp"
#include "ldap_handle.hpp"

namespace eas451 {

/// Critical: a server that gives no pages has to say so. Null when there is no memory.
LdapControl make_page_control(LDAP* ldap, const LdapPage& page);
/// Nothing where the control is not there, or cannot be read.
std::optional<std::string> read_next_page(LDAP* ldap, LDAPControl** controls);
std::optional<LdapPasswordPolicy> read_password_policy(LDAP* ldap, LDAPControl** controls);

}  // namespace eas451
