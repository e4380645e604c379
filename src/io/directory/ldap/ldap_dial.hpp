// SPDX-License-Identifier: Apache-2.0
// The two steps of reaching an LDAP server that say why they failed: the TCP connection and the TLS
// handshake. On the directory loop's thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <optional>

#include "ldap_connection.hpp"

namespace eas451 {

/// Resolves the name and connects. getaddrinfo() runs on a hidden thread of Asio's, and nobody waits
/// for it beyond the deadline; the socket is closed by the caller at its deadline.
boost::asio::awaitable<std::optional<LdapFailure>> dial(const LdapServer& server, boost::asio::ip::tcp::socket& socket,
                                                        SteadyTime deadline);

/// Client handshake; the certificate must chain to a trusted one and name the host. The failure holds
/// OpenSSL's own reason.
boost::asio::awaitable<std::optional<LdapFailure>> shake_hands(
    const LdapServer& server, boost::asio::ssl::stream<boost::asio::ip::tcp::socket>& stream);

}  // namespace eas451
