// SPDX-License-Identifier: Apache-2.0
// Whose passwords are tried, and from where: the names under which tries are counted. Keyed digests
// (keyed_digest.hpp): they tell nothing, and nobody can make two alike. Any thread.
#pragma once

#include <optional>
#include <string_view>

#include "keyed_digest.hpp"

namespace eas451 {

struct TriedAccount {
    NameDigest name{};                // of the login, without its domain
    std::optional<NameDigest> entry;  // to which a try is a bind; nothing: nobody's

    friend bool operator==(const TriedAccount&, const TriedAccount&) = default;
};

/// An entry, and the name that led to it. A-Z count as a-z.
TriedAccount account_of_entry(std::string_view name, std::string_view distinguished_name);
/// A name that is nobody's, or several entries'. Nothing is ever bound for it; its tries are counted all
/// the same, since it must be answered like another.
TriedAccount account_of_nobody(std::string_view name);

/// Where a request came from, as an IP address in text: a /64 of IPv6, which is one household or one
/// rented server, or one address of IPv4, also where it is written in IPv6 (::ffff:192.0.2.1). A zone
/// (%eth0) does not count. What is no address is a source of its own.
NameDigest source_of(std::string_view client_address);

}  // namespace eas451
