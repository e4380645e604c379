// SPDX-License-Identifier: Apache-2.0
// Session: one connection of a client, from its TLS handshake to its end. Bytes and time; what a
// request means is the Handler's business. How it works is in session.cpp.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "eas451/io/http/connections_by_address.hpp"
#include "eas451/io/http/handler.hpp"
#include "eas451/io/http/handshakes.hpp"
#include "eas451/io/metrics/metrics.hpp"
#include "eas451/io/net/stream_step.hpp"
#include "eas451/io/runtime/task_group.hpp"

namespace boost::asio::ssl {
class context;
}

namespace eas451 {

/// Waits of a session, each from the moment it begins.
struct SessionLimits {
    std::chrono::milliseconds proxy_header{5000};
    std::chrono::milliseconds handshake{10000};
    std::chrono::milliseconds head{15000};   // from the first byte of a head to its last
    std::chrono::milliseconds body{60000};   // a body that is read to be thrown away
    std::chrono::milliseconds body_grace{10000};  // so long a body may take, and as long as its bytes at body_rate
    std::uint64_t body_rate = 256;           // bytes a second; 0: none
    std::chrono::milliseconds idle{120000};  // between two requests
    std::chrono::milliseconds write{30000};  // one answer
    std::chrono::milliseconds total{300000};  // a request, from its first byte to the last of its answer; without held
    std::chrono::milliseconds held{3600000};  // until the handler's answer is there
    std::chrono::milliseconds refusal_delay{0};  // a 401 of ours leaves no earlier than so long after its head
};

/// Up to this much of a body that nobody wants is read before the answer, so that the connection can
/// be kept; a client with more is answered at once, and its bytes are thrown away for at most
/// `discard_limit`, since a reset would take the answer from it.
inline constexpr std::uint64_t drained_body_bytes = 1024 * 1024;
inline constexpr std::uint64_t drained_framed_bytes = drained_body_bytes + 64 * 1024;
inline constexpr std::chrono::milliseconds discard_limit{5000};

/// What all sessions of one thread share. Outlives them.
struct SessionContext {
    Handler& handler;
    TaskGroup& tasks;
    Metrics* metrics = nullptr;  // connections and handshakes are counted where there is one
    SessionLimits limits;
    // Where there are any: the limits that connections share, and who is told of one that is refused by them.
    ConnectionsByAddress* addresses = nullptr;
    Handshakes* handshakes = nullptr;
    std::function<void(ConnectionRefusal, const ConnectionFacts&)> on_refusal{};
    std::array<char, 16384> scratch{};  // as much as a TLS record brings; what was read is cleansed at once
};

/// Runs the session in context.tasks. The socket belongs to the group's loop. `tls` is null for a
/// plain listener. Call on the loop's thread.
void start_session(SessionContext& context, StreamSocket socket, const std::shared_ptr<boost::asio::ssl::context>& tls,
                   ConnectionFacts facts);

}  // namespace eas451
