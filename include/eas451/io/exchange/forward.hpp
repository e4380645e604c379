// SPDX-License-Identifier: Apache-2.0
// forward(): one request on its way to Exchange and the answer on its way back. Heads are written anew, bodies go through
// as they come and are never held whole: who takes them slowly slows down who sends them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "eas451/core/request_head.hpp"
#include "eas451/io/exchange/exchange_pool.hpp"
#include "eas451/io/net/client_side.hpp"

namespace eas451 {

/// Who is told how far a request has come, on the pool's thread; each once at most, in this order.
class ForwardProgress {
public:
    /// All of it, and Exchange is waited for.
    virtual void request_sent() = 0;
    /// Its answer passes from now on; the head is still to be written.
    virtual void answer_begins(unsigned status) = 0;

protected:
    ~ForwardProgress() = default;
};

struct ForwardedRequest {
    std::string_view method;
    std::string head;  // of append_forwarded_head(): it holds an Authorization, and is cleansed once it is sent
    BodyFraming framing = BodyFraming::none;
    std::uint64_t max_body = 0;
    std::uint64_t user = 0;  // of user_number(): whose requests go to one server
    ForwardProgress* progress = nullptr;  // outlives it; null: nobody asks
};

/// What became of it. Of all but `passed` and `cut` nothing was written to the client.
enum class ForwardEnd : std::uint8_t {
    passed,
    cut,             // the answer was begun, and is not whole
    no_server,       // none could be reached, and nothing was sent
    failed,          // something was sent, and no good answer came: it is not known what Exchange made of it
    client_gone,
    client_late,     // its body came too slowly
    malformed_body,
    body_too_large,
};

struct Forwarded {
    ForwardEnd end = ForwardEnd::no_server;
    unsigned status = 0;     // Exchange's
    std::string server;      // the last one that was tried, as in the settings
    std::string trouble;     // why it failed, for the log
};

/// On the pool's thread. Both outlive it.
boost::asio::awaitable<Forwarded> forward(ExchangePool& pool, ForwardedRequest request, ClientSide& client);

}  // namespace eas451
