// SPDX-License-Identifier: Apache-2.0
// Reads the PROXY header at the front of a connection, and not one byte of what is behind it: those are
// the TLS library's, which has the socket next.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "eas451/core/proxy_header.hpp"
#include "eas451/io/http/session.hpp"
#include "eas451/io/metrics/metrics.hpp"

namespace eas451 {

struct ProxyHeaderRead {
    ProxyHeaderOutcome outcome = ProxyHeaderOutcome::incomplete;
    ProxyHeader header;  // when it is ok
};

/// Ends when the header is whole or no header any more, or with the socket; the caller closes that when it
/// takes too long.
boost::asio::awaitable<ProxyHeaderRead> read_proxy_header(StreamSocket& socket);

}  // namespace eas451
