// SPDX-License-Identifier: Apache-2.0
// Who a server has to be, for the client side of a TLS handshake whose context is make_client_context()'s.
#pragma once

#include <boost/system/error_code.hpp>
#include <cstdint>
#include <optional>
#include <string>

struct ssl_st;  // OpenSSL's SSL

namespace eas451 {

/// Before the handshake: the certificate has to name this host, in its alternative names and not by a wildcard
/// within a label, or this numeric address where the host is one. A name is also sent (SNI). False: TLS cannot
/// check such a name, and there must be no handshake.
[[nodiscard]] bool expect_server_name(ssl_st* ssl, const std::string& host);

/// After a handshake that failed with this error: OpenSSL's word on the certificate where that is the reason.
std::string why_not_verified(ssl_st* ssl, const boost::system::error_code& error);
/// Whether it was the certificate.
bool is_distrusted(const ssl_st* ssl);

/// After a handshake: when the server's certificate expires, in Unix seconds. Nothing where there is none.
std::optional<std::int64_t> peer_certificate_expiry(const ssl_st* ssl);

}  // namespace eas451
