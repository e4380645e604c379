// SPDX-License-Identifier: Apache-2.0
// EarlyAnswer: tells whether Exchange has begun to answer a request that has not been sent whole. One of each request, on
// its thread.
#pragma once

#include <span>
#include <string_view>

#include "exchange_connection.hpp"

namespace eas451 {

/// So many of 100, before the body's end and again behind it.
inline constexpr unsigned most_interim_answers = 8;

class EarlyAnswer {
public:
    /// Reads what is there. It need not be an answer: session tickets come behind a handshake, and a 100, which says that
    /// the body is waited for, may come unasked (RFC 9110 15.2). Those are taken off the front.
    bool has_begun(ExchangeConnection& connection, std::span<char> scratch, std::string_view request_method);

private:
    bool is_interim_so_far(ExchangeConnection& connection, std::string_view request_method);

    unsigned interim_ = 0;
};

}  // namespace eas451
