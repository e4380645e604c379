// SPDX-License-Identifier: Apache-2.0
// Whose passwords are tried, and from where: the names under which tries are counted. Keyed digests
// (keyed_digest.hpp): they tell nothing, and nobody can make two alike. Any thread.
#pragma once

#include <string_view>

#include "keyed_digest.hpp"

namespace eas451 {

struct TriedAccount {
    NameDigest digest{};
    bool exists = false;  // there is an entry, and a try is a bind

    friend bool operator==(const TriedAccount&, const TriedAccount&) = default;
};

/// The entry of that name, whichever login led to it. A-Z count as a-z.
TriedAccount account_of_entry(std::string_view distinguished_name);
/// A login that is nobody's, or several entries'. Nothing is ever bound for it; its tries are counted all
/// the same, since it must be answered like another.
TriedAccount account_of_nobody(std::string_view login);

/// Where a request came from, as an IP address in text: a /64 of IPv6, which is one household or one
/// rented server, or one address of IPv4, also where it is written in IPv6 (::ffff:192.0.2.1). A zone
/// (%eth0) does not count. What is no address is a source of its own.
NameDigest source_of(std::string_view client_address);

}  // namespace eas451
