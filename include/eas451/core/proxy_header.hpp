// SPDX-License-Identifier: Apache-2.0
// The PROXY protocol: what a proxy that passes bytes on says about the connection in front of them.
//
// Read strictly (law 5), from the specification by W. Tarreau, HAProxy, doc/proxy-protocol.txt, 2.1
// and 2.2. Pure; no state. A header is followed at once by bytes that are not ours to read, so its
// reader is told how many more belong to it for certain, and never asks for one byte too many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "eas451/core/ip_address.hpp"
#include "eas451/core/result.hpp"

namespace eas451 {

/// Of version 1, its line end included: the longest that section 2.1 allows.
inline constexpr std::size_t max_proxy_line_bytes = 107;
/// Of version 2, with everything in it: what fits in the smallest segment of TCP that everybody has to
/// take, as HAProxy counts.
inline constexpr std::size_t max_proxy_header_bytes = 536;

enum class ProxyHeaderFault : std::uint8_t {
    no_header,     // it begins like neither version
    bad_line,      // version 1: not exactly the line of the specification
    too_long,      // above max_proxy_line_bytes or max_proxy_header_bytes
    bad_version,   // version 2: another version or command
    bad_family,    // not TCP over IPv4, TCP over IPv6, a Unix stream, or unspecified
    bad_length,    // shorter than the addresses of its family
    bad_tlv,       // what follows the addresses does not fill its length, or is no checksum where it says so
    bad_checksum,
};
std::string_view to_string(ProxyHeaderFault fault);

struct ProxyHeader {
    /// Nothing when the connection is the proxy's own (LOCAL: a health check), or of a kind that has no IP
    /// address (UNKNOWN, UNSPEC, a Unix socket): then the address is that of the connection.
    std::optional<IpAddress> client;
};

/// How many more bytes surely belong to the header that begins with `bytes`; 0 when they are all of it.
/// A fault comes as soon as it is certain, and no byte behind it changes it. `bytes` never hold more than
/// was asked for.
Result<std::size_t, ProxyHeaderFault> missing_of_proxy_header(std::string_view bytes);

/// Reads a header that is whole, which is when missing_of_proxy_header() says 0. Of an incomplete one,
/// or one with bytes behind it: bad_line or bad_length.
Result<ProxyHeader, ProxyHeaderFault> parse_proxy_header(std::string_view bytes);

/// CRC32c (RFC 4960, appendix B) of bytes of which the four at `zeroed` count as zeros.
std::uint32_t crc32c_without(std::string_view bytes, std::size_t zeroed);

}  // namespace eas451
