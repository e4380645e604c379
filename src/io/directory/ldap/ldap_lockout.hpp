// SPDX-License-Identifier: Apache-2.0
// What the directory itself says of locking accounts: Active Directory at the head of the domain
// (lockoutThreshold and lockOutObservationWindow, MS-ADTS 3.1.1.5.3.2 and MS-SAMR 3.1.5.14.6), OpenLDAP in
// the entries of its password policy overlay (slapo-ppolicy(5)). A fine-grained policy of Active Directory
// that is stricter for some users can be read by its administrators only: they have to tell us.
//
// On the directory loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "../lockout_budget.hpp"
#include "eas451/io/directory/ldap_directory.hpp"
#include "ldap_organization.hpp"

namespace eas451 {

struct KnownLockout {
    LockoutPolicy policy;
    std::string text;         // what it is and where from, for people
    bool is_a_worry = false;  // a domain that should say it does not
};

/// Nothing when the directory could not be asked.
boost::asio::awaitable<std::optional<KnownLockout>> read_lockout(LdapServers& servers, const LdapNaming& naming,
                                                                 const LockoutOptions& given, SteadyTime deadline);

/// The policy with what may be tried under it, in one sentence.
std::string words_of(const KnownLockout& known, const TryBudget& budget);

}  // namespace eas451
