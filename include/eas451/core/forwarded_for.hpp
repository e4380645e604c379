// SPDX-License-Identifier: Apache-2.0
// X-Forwarded-For: whom a request came from, as far as proxies that are trusted say so. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "eas451/core/ip_address.hpp"
#include "eas451/core/request_head.hpp"

namespace eas451 {

/// So many proxies in a row are looked behind.
inline constexpr std::size_t max_forwarded_hops = 16;

/// One hop as proxies write it: an address, of IPv6 with or without brackets, and a port behind it where
/// there are brackets or dots. Nothing for anything else ("unknown", a name).
std::optional<IpAddress> parse_hop(std::string_view text);

/// Each proxy appends whom it was asked by, so the list is read from its end: as long as a hop is trusted,
/// what it says of the one before it counts. The first that is not trusted is the client; what is left of
/// it, anybody may have written. Where a hop cannot be read, or after max_forwarded_hops, the last one
/// known is taken. `peer` is who the connection came from. All fields of that name are one list, in their
/// order; `head` has to be read without a fault, since a later field could be missing else.
IpAddress client_behind(const IpAddress& peer, const RequestHead& head, const NetworkSet& trusted);

}  // namespace eas451
