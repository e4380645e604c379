// SPDX-License-Identifier: Apache-2.0
// Distinguished names as text (RFC 4514): whether one is below another, and which domain it is in. Pure; any
// thread.
#pragma once

#include <string>
#include <string_view>

namespace eas451 {

/// For comparing: lower-case, without the blanks that may stand behind commas.
std::string plain_dn(std::string_view dn);

/// Both as plain_dn().
bool is_at_or_below(std::string_view dn, std::string_view base);

/// contoso.com is at DC=contoso,DC=com.
std::string dn_of_domain(std::string_view dns_name);

/// The DC= parts at the end, as plain_dn() with the comma before it: ",dc=contoso,dc=com". Empty: it has none.
std::string domain_part(std::string_view dn);

/// What is behind the first comma that is not escaped; empty: there is none.
std::string container_of(std::string_view dn);

}  // namespace eas451
