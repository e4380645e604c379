// SPDX-License-Identifier: Apache-2.0
// ClientSide: the client of a request that is passed on, as whoever passes it on sees it: a body that comes in, an answer
// that goes out, and the news that nobody waits for it any more. The session is behind it (io/http); before it is what
// speaks to Exchange (io/exchange). Neither knows the other.
//
// Used by one coroutine on the session's thread. All limits of what the client takes are kept behind it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "eas451/io/net/stream_step.hpp"

namespace eas451 {

class ClientSide {
public:
    virtual ~ClientSide() = default;

    /// How far its body is. All but the first are final.
    enum class Body : std::uint8_t {
        more,       // there is, or will be, more of it
        ended,
        malformed,
        late,       // it took longer than it may
        gone,       // and so is the client
    };

    /// The next run of the body's content, without its framing, as far as it is here; empty when more has to be waited
    /// for, or none will come. A view that is good until the next call of anything here: what the client sends while somebody
    /// is waited for goes into the same buffer.
    virtual std::string_view take_body() = 0;
    [[nodiscard]] virtual Body body() const = 0;
    /// Until there is more of it, or interrupt() is called. First answers "100 Continue" to a client that waits for that.
    virtual boost::asio::awaitable<void> wait_for_body() = 0;
    /// Ends the wait for the body soon: an answer is there before all of it.
    virtual void interrupt() = 0;

    /// Writes what can be written without a wait, and takes it off the front. False when the client is gone.
    virtual bool write_now(std::string_view& bytes) = 0;
    /// Writes all of it, within the client's limits. False when it is gone or too slow.
    virtual boost::asio::awaitable<bool> write(std::string_view bytes) = 0;

    /// The other end, while it is waited for.
    class Upstream {
    public:
        /// Ends the wait soon, with an error.
        virtual void give_up() = 0;
        /// The wait has become a long one: what will not be needed before its end is given back.
        virtual void rest() = 0;

    protected:
        ~Upstream() = default;
    };
    /// The other end is waited for from now on, for so long at most: then, or when the client goes away, it is given up.
    /// What the client sends meanwhile is kept, as much as a read brings.
    virtual void wait_begins(std::chrono::milliseconds limit, Upstream& upstream) = 0;
    /// False when the client has gone away meanwhile.
    virtual bool wait_ends() = 0;
    /// It has not gone away: its connection was ended because the process ends.
    [[nodiscard]] virtual bool is_cut_off() const = 0;

    /// Whoever sends this is a user: the connection counts no longer among those of its address that have shown nothing.
    virtual void authenticated() = 0;

    [[nodiscard]] virtual bool is_http_1_1() const = 0;
    /// Whether the connection can serve another request once this answer has been written; the answer's head says so.
    [[nodiscard]] virtual bool keeps() const = 0;
    /// The connection ends behind what has been written: by that the client learns where the answer ends, or that it is
    /// not whole.
    virtual void end_connection() = 0;
    /// The answer that is written from now on ends where the connection does. Until end_unframed() says that it is whole the
    /// connection, whatever ends it, breaks: a reset, and no goodbye of TLS. So no part of an answer looks like all of it.
    virtual void begin_unframed() = 0;
    virtual void end_unframed() = 0;
};

}  // namespace eas451
