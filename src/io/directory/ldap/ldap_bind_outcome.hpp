// SPDX-License-Identifier: Apache-2.0
// What the result of a user's bind means. Active Directory tells it in the diagnostic of
// invalidCredentials (MS-ADTS 5.1.1.1.1; the number is a Win32 error), OpenLDAP and its relatives in the
// control of draft-behera-ldap-password-policy-10. Pure; any thread.
#pragma once

#include "../bind_outcome.hpp"
#include "ldap_codec.hpp"

namespace eas451 {

BindOutcome bind_outcome_of(const LdapResult& result);

}  // namespace eas451
