// SPDX-License-Identifier: Apache-2.0
// The seam between the session, which knows bytes and time, and the application, which knows what a
// request means. Neither knows the other's business.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "eas451/core/answer.hpp"
#include "eas451/core/ip_address.hpp"
#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/request_head.hpp"
#include "eas451/io/net/client_side.hpp"

namespace eas451 {

/// What does not change while a connection lives.
struct ConnectionFacts {
    std::string server_address;
    std::uint16_t server_port = 0;
    std::string client_address;  // of the peer or, once its PROXY header is read, whom that names
    bool is_tls = false;
    /// A PROXY header comes before everything else.
    bool has_proxy_header = false;
    /// Whose X-Forwarded-For counts; null: nobody's.
    std::shared_ptr<const NetworkSet> forwarders{};
};

/// What a request cost in the end.
struct TransferFacts {
    std::uint64_t bytes_in = 0;   // head and body as far as it was read
    std::uint64_t bytes_out = 0;  // of the answer, as far as it could be written
};

/// One request being handled. Made by a Handler for one head, used on the session's thread alone,
/// and called in this order: begin() or refuse(), perhaps pass_on(), perhaps refuse_body(), finish().
class Transaction {
public:
    virtual ~Transaction() = default;

    /// Somebody else answers: pass_on() is to be called.
    struct PassOn {};
    using Outcome = std::variant<Answer, PassOn>;
    /// The outcome at once, or a wait that ends in it. begin() itself never waits: for a request whose
    /// answer is in memory it is a plain function call. `head` and `connection` outlive the
    /// transaction, but its Authorization does not outlive begin(); the wait must end by a deadline of its own.
    using Next = std::variant<Answer, PassOn, boost::asio::awaitable<Outcome>>;
    virtual Next begin(const RequestHead& head, const ConnectionFacts& connection) = 0;

    /// The head was not strictly HTTP/1.1; of `head` only what parse_request_head() promises.
    virtual Answer refuse(HeadFault fault, const RequestHead& head, const ConnectionFacts& connection) = 0;

    /// The head was fine and an answer made, but the body is malformed: this is sent instead.
    virtual Answer refuse_body() = 0;

    /// Has the request answered by somebody else, through `client`. An answer: nothing was written, and this is sent
    /// instead. Called once, after PassOn.
    virtual boost::asio::awaitable<std::optional<Answer>> pass_on(ClientSide& client);

    /// Whether the request came from a user, by a password that is his. From the moment its answer is known.
    [[nodiscard]] virtual bool is_authenticated() const { return false; }

    /// The answer was written, or the connection is gone. Exactly once; here the request is logged.
    virtual void finish(const TransferFacts& transfer) = 0;
};

/// Makes a transaction for each request. One for each thread that runs sessions.
class Handler {
public:
    virtual ~Handler() = default;
    virtual std::unique_ptr<Transaction> start() = 0;
};

}  // namespace eas451
