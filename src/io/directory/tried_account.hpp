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

/// The client that a request came from (IpAddress::client()), by its address in text. What is no address
/// is a source of its own.
NameDigest source_of(std::string_view client_address);

}  // namespace eas451
