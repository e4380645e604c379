// SPDX-License-Identifier: Apache-2.0
// Which entry a login is, among those that one search for it found. Pure; any thread.
//
// A name with '@' may be three things: somebody's userPrincipalName, sAMAccountName@domain, which Active
// Directory takes at a logon whatever the account's UPN is, and with authentication.smtp_logins a mail
// address. Among two entries the UPN decides before the logon name, as in Active Directory, and both before
// an address: to switch smtp_logins on finds more logins, and never another entry for one that was found
// without it. Otherwise two entries are ambiguous.
#pragma once

#include <string>
#include <variant>

#include "eas451/core/credentials.hpp"
#include "eas451/core/login_outcome.hpp"
#include "eas451/core/recipient.hpp"
#include "ldap_codec.hpp"
#include "ldap_organization.hpp"
#include "ldap_schema.hpp"

namespace eas451 {

/// In which ways a login is looked for. As a logon name only in a domain that is known.
LoginWays ways_of(const LoginName& login, const LdapNaming& naming, bool smtp_logins);

/// How many entries to ask for at most: one more than may be right, to tell one hit from several. In several
/// domains each may have the logon name, of which the one that was meant has to be among them.
int login_size_limit(const LdapNaming& naming);

/// The entry; that there is none, or no telling which; or what is wrong with the reply, in a sentence.
using LoginChoice = std::variant<NotFound, Ambiguous, Recipient, std::string>;

/// Of a reply whose result is success or sizeLimitExceeded. Where the limit cut it off, the right one may be
/// missing.
LoginChoice choose_entry(const LdapReply& reply, const LoginName& login, const LdapNaming& naming, const LdapSchema& schema,
                         bool smtp_logins);

/// smtp for a name with '@' that the chosen entry has as a mail address alone; else the login's own form.
LoginForm matched_form(const Recipient& chosen, const LoginName& login, const LdapNaming& naming);

}  // namespace eas451
