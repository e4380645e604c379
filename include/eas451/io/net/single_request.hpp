// SPDX-License-Identifier: Apache-2.0
// One request to any HTTP server, and its answer read by the strict reader of core. For commands: it blocks its caller,
// never longer than the limit and a turn.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "eas451/core/result.hpp"

struct ssl_ctx_st;

namespace eas451 {

struct SingleRequest {
    std::string host;  // a name or a numeric address: whom to connect to
    std::uint16_t port = 0;
    std::string server_name;    // whom the certificate has to name
    ssl_ctx_st* tls = nullptr;  // as make_client_context() makes it; null: without TLS
    bool verify = true;         // false: any certificate will do, and the reply says what is wrong with it
    std::string_view method;    // that of the bytes
    std::string_view bytes;     // the whole request
};

struct SingleReply {
    boost::asio::ip::tcp::endpoint from;
    std::string head;      // with its blank line; parse_response_head() took it
    std::string body;      // without its framing, the first most_single_body_bytes of it
    std::string distrust;  // with verify false: why the certificate would not have been accepted
};
inline constexpr std::size_t most_single_body_bytes = 1U << 20U;

struct SingleFault {
    enum class Kind : std::uint8_t { unreachable, bad_certificate, no_answer, bad_answer };
    Kind kind = Kind::unreachable;
    std::string text;  // one sentence without the server's name
    std::string seen;  // of bad_answer: the first most_single_seen_bytes of it, as they came: secrets too, if sent back
};
// More than is shown, so that who masks secrets in it sees them whole.
inline constexpr std::size_t most_single_seen_bytes = 32U << 10U;

/// The server's addresses are tried one after the other until there is a connection, each for an equal part of the
/// limit.
Result<SingleReply, SingleFault> ask_once(const SingleRequest& request, std::chrono::milliseconds limit);

}  // namespace eas451
