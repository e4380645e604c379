// SPDX-License-Identifier: Apache-2.0
// Longer than 300 lines: one class, whose stages are read in the order in which a request goes through them.
//
// A session is a plain function call from the byte that wakes it to the answer, as long as nothing has to be waited for:
// no coroutine, and nothing is kept of a connection that is idle but the connection. What waits goes on in a coroutine,
// through the same stages.
#include "eas451/io/http/session.hpp"

#include <boost/asio/ssl/context.hpp>

#include "connection.hpp"
#include "eas451/core/decision.hpp"
#include "eas451/io/net/plain_stream.hpp"
#include "eas451/io/net/tls_stream.hpp"
#include "http_date.hpp"
#include "passed_request.hpp"
#include "request.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;

template <class Stream>
class Session {
public:
    template <class... Made>
    explicit Session(SessionContext& context, ConnectionFacts facts, Made... made)
        : context_(context), connection_(context, std::move(facts), std::move(made)...) {}

    /// From the first byte, and whenever something has to be waited for. One way out, behind every co_await: a return
    /// from within a loop that moves the session on was compiled wrongly by clang 14.
    static net::awaitable<void> run(std::unique_ptr<Session> session) {
        const bool is_idle = co_await session->work();
        if (is_idle) rest(std::move(session));
    }

private:
    net::awaitable<bool> open() {
        is_open_ = co_await connection_.open();
        co_return is_open_;
    }

    /// Until the session is idle: true; or over: false.
    net::awaitable<bool> work() {
        bool goes_on = is_open_;
        if (!goes_on) goes_on = co_await open();
        if (!goes_on) co_return false;
        bool ends_in_a_pause = false;
        while (goes_on) {
            const bool idle = is_idle();
            if (idle && !connection_.is_draining()) co_return true;
            goes_on = !idle || waits_for_its_first();
            ends_in_a_pause = !goes_on;
            if (goes_on) goes_on = co_await serve();
        }
        co_await connection_.say_goodbye();
        if (ends_in_a_pause) co_await connection_.see_off();
        co_return false;
    }

    /// Until the socket has something, or its time is over.
    static void rest(std::unique_ptr<Session> session) {
        Session& it = *session;
        it.connection_.begin_idle(it.idle_end());
        // Most say little: ten thousand that come together after an outage need no buffers of their own all at once.
        if (it.requests_ < busy_from) it.connection_.stream().release_buffers();
        StreamSocket& socket = it.connection_.stream().socket();
        auto wake_up = [session = std::move(session)](const boost::system::error_code& error) mutable {
            if (!error || session->connection_.is_open()) wake(std::move(session));
        };
        socket.async_wait(StreamSocket::wait_read, std::move(wake_up));
    }

    static void wake(std::unique_ptr<Session> session) {
        Session& it = *session;
        it.connection_.end_idle();
        it.requests_this_turn_ = 0;
        for (bool goes_on = true; goes_on; goes_on = it.answer_at_once()) {
            if (it.is_idle() && !it.connection_.is_draining()) return rest(std::move(session));
        }
        TaskGroup& tasks = it.context_.tasks;
        tasks.spawn(run(std::move(session)));
    }

    /// Nothing of a request is there, and nothing can be read now.
    bool is_idle() {
        if (request_ != nullptr || has_ended_ || !connection_.in().empty()) return false;
        if (connection_.stream().must_wait()) return true;
        StreamStep wanted;
        const auto got = connection_.read_now(wanted);
        has_ended_ = got && !*got;
        if (got && *got) begin_request();
        if (got || wanted.wants == StreamStep::Wants::to_read) return !got;
        // TLS owes an answer of its own, to a key update, and the client takes none.
        connection_.expires({idle_end(), TimeLimit::idle});
        return false;
    }

    /// While we drain, who has just connected may still send what it has come for, if that comes soon.
    bool waits_for_its_first() {
        if (requests_ != 0) return false;
        connection_.expires({steady_now() + goodbye_limit, std::nullopt});
        return true;
    }

    /// Of the pause between two requests; not again for what was no request.
    SteadyTime idle_end() {
        if (!idle_ends_) idle_ends_ = steady_now() + context_.limits.idle;
        return *idle_ends_;
    }

    /// With the first byte of its head.
    void begin_request() {
        const SteadyTime began = steady_now();
        request_ends_ = began + context_.limits.total;
        seen_ = 0;
        idle_ends_.reset();
        connection_.expires(earlier({began + context_.limits.head, TimeLimit::head}, {request_ends_, TimeLimit::total}));
    }

    /// True when a head, or more than a head may be, was at the front of what was read, and is request_ now.
    bool take_head() {
        std::string& in = connection_.in();
        const auto end = find_head_end(in, seen_);
        if (!end && in.size() <= max_head_bytes) {
            seen_ = in.size();
            return false;
        }
        head_bytes_ = end.value_or(in.size());
        request_ = std::make_unique<Request>(take_all(in, head_bytes_));
        seen_ = 0;
        return true;
    }

    /// True when a request was answered without a wait, and the connection goes on.
    bool answer_at_once() {
        if (has_ended_ || connection_.in().empty() || !take_head()) return false;
        if (advance(*request_) != Waits::for_nothing || request_->after != After::keep || request_->write.error) return false;
        conclude();
        return ++requests_this_turn_ != requests_a_turn;
    }

    /// One request, from its head to its last byte out. False when the connection ends here.
    net::awaitable<bool> serve() {
        if (requests_this_turn_ >= requests_a_turn) {
            requests_this_turn_ = 0;
            co_await connection_.let_others();
        }
        while (request_ == nullptr && !has_ended_) {
            if (take_head()) break;
            const bool got = co_await connection_.read_more();
            if (got && seen_ == 0) begin_request();
            has_ended_ = !got;
        }
        if (has_ended_) co_return false;
        Request& request = *request_;
        for (Waits waits = advance(request); waits != Waits::for_nothing; waits = advance(request)) {
            if (waits == Waits::for_handler) co_await wait_for_handler(request);
            if (waits == Waits::for_upstream) co_await pass_on(request);
            if (waits == Waits::for_body) co_await wait_for_body(request);
            if (waits == Waits::for_departure) co_await wait_for_departure(request);
            if (waits == Waits::for_room) co_await wait_for_room(request);
        }
        const bool written = !request.write.error;
        const After after = *request.after;
        conclude();
        ++requests_this_turn_;
        if (written && after == After::discard) co_await connection_.discard();
        co_return written && after == After::keep;
    }

    /// Brings a request on as far as it goes without a wait.
    Waits advance(Request& request) {
        if (request.transaction == nullptr) begin(request);
        if (request.handler) return Waits::for_handler;
        if (request.is_to_be_passed_on) return Waits::for_upstream;
        if (!request.after && !take_body(request)) return Waits::for_body;
        if (request.leaves != request.received && !request.was_held) return Waits::for_departure;
        return write(request) ? Waits::for_nothing : Waits::for_room;
    }

    void begin(Request& request) {
        request.transaction = context_.handler.start();
        request.transfer.bytes_in = head_bytes_;
        const auto fault = parse_request_head(std::string_view(request.bytes.text).substr(0, head_bytes_), request.head);
        if (fault) {
            request.answer = request.transaction->refuse(*fault, request.head, connection_.facts());
            request.after = After::discard;
            return request.forget_secrets(0);
        }
        request.body.emplace(request.head);
        Transaction::Next next = request.transaction->begin(request.head, connection_.facts());
        request.forget_secrets(head_bytes_);
        if (auto* handler = std::get_if<net::awaitable<Transaction::Outcome>>(&next)) {
            request.handler.emplace(std::move(*handler));
        } else if (auto* answer = std::get_if<Answer>(&next)) {
            answered(request, std::move(*answer));
        } else {
            decided_to_pass_on(request);
        }
    }

    void decided_to_pass_on(Request& request) {
        request.is_to_be_passed_on = true;
        if (request.transaction->is_authenticated()) connection_.authenticated();
    }

    /// Somebody else answers; what is left to do here is nothing, or an answer of ours after all.
    net::awaitable<void> pass_on(Request& request) {
        PassedRequest<Stream> client(connection_, request, context_.limits);
        auto instead = co_await request.transaction->pass_on(client);
        request.is_to_be_passed_on = false;
        // Written already; or, where the client is gone, for nobody.
        request.composed = !instead || instead->status == status_for_nobody;
        if (instead) request.answer = std::move(*instead);
        if (!request.composed) request.leaves = earliest_departure(request.answer, request.received, context_.limits.refusal_delay);
        // What is left of a good body is taken as if nobody had wanted it from the first.
        const bool is_cut = client.body() != ClientSide::Body::more && client.body() != ClientSide::Body::ended;
        if (!instead || is_cut || client.ends_here()) request.after = client.after();
    }

    void answered(Request& request, Answer&& answer) {
        request.answer = std::move(answer);
        // By what the login came to, whatever is wrong with the body.
        request.leaves = earliest_departure(request.answer, request.received, context_.limits.refusal_delay);
        if (request.transaction->is_authenticated()) connection_.authenticated();
    }

    net::awaitable<void> wait_for_handler(Request& request) {
        connection_.expires({request.received + context_.limits.held, TimeLimit::held});
        Transaction::Outcome outcome = co_await std::move(*request.handler);
        request.handler.reset();
        if (auto* answer = std::get_if<Answer>(&outcome)) {
            answered(request, std::move(*answer));
        } else {
            decided_to_pass_on(request);
        }
        request_ends_ += steady_now() - request.received;  // the wait was ours
    }

    net::awaitable<void> wait_for_departure(Request& request) {
        request.was_held = true;
        return connection_.hold(request.leaves);
    }

    /// Takes what is there of the body that nobody wants; true once it is known what becomes of the connection.
    bool take_body(Request& request) {
        // Whoever waits for "100 Continue" has our answer instead, and may send the body or not.
        BodyReader& body = *request.body;
        const bool unwanted = request.head.expects_continue || request.head.content_length > drained_body_bytes;
        if (!body.has_ended() && unwanted) {
            request.after = After::discard;
            return true;
        }
        const std::size_t taken = body.feed(connection_.in());
        drop_front(connection_.in(), taken);
        request.transfer.bytes_in += taken;
        if (body.is_malformed()) request.answer = request.transaction->refuse_body();
        if (body.is_malformed() || body.body_bytes() > drained_body_bytes || body_bytes(request) > drained_framed_bytes) {
            request.after = After::discard;
        } else if (body.has_ended()) {
            request.after = request.head.keep_alive ? After::keep : After::close;
        }
        return request.after.has_value();
    }

    /// With the chunks' own lines, which cost us the same.
    [[nodiscard]] std::uint64_t body_bytes(const Request& request) const { return request.transfer.bytes_in - head_bytes_; }

    /// A body has to come at a rate; how much of it is there moves the deadline on.
    net::awaitable<void> wait_for_body(Request& request) {
        const SessionLimits& limits = context_.limits;
        if (!request.body_began) request.body_began = steady_now();
        WaitEnd end = earlier({*request.body_began + limits.body, TimeLimit::body}, {request_ends_, TimeLimit::total});
        if (limits.body_rate != 0) {
            const std::chrono::milliseconds earned(1000 * body_bytes(request) / limits.body_rate);
            end = earlier(end, {*request.body_began + limits.body_grace + earned, TimeLimit::body_rate});
        }
        const BodyRead came = co_await connection_.read_body(end);
        if (came == BodyRead::late) request.after = After::discard;  // the answer is known, and nginx's 408 would hide it
        if (came == BodyRead::ended) request.after = After::close;
    }

    /// True when all of it has left, or never will.
    bool write(Request& request) {
        if (!std::exchange(request.composed, true)) compose(request);
        std::string_view rest = request.unwritten;
        while (!rest.empty() && !request.write.error) {
            request.write = connection_.stream().write(net::buffer(rest));
            if (request.write.wants != StreamStep::Wants::nothing) {
                request.unwritten.erase(0, request.unwritten.size() - rest.size());
                return false;
            }
            rest.remove_prefix(request.write.bytes);
            request.transfer.bytes_out += request.write.bytes;
        }
        request.unwritten.clear();
        return true;
    }

    void compose(Request& request) {
        if (request.after == After::keep && connection_.is_draining()) request.after = After::close;
        Framing framing;
        framing.date = http_date_now();
        framing.close = request.after != After::keep;
        framing.strict_transport = Stream::is_tls;
        framing.head_only = request.head.method == "HEAD";
        append_answer(request.unwritten, request.answer, framing);
    }

    /// A client that does not read has until the deadline.
    net::awaitable<void> wait_for_room(Request& request) {
        if (!request.write_ends) {
            const WaitEnd own{steady_now() + context_.limits.write, TimeLimit::write};
            request.write_ends = earlier(own, {request_ends_, TimeLimit::total});
        }
        connection_.expires(*request.write_ends);
        const bool ready = co_await connection_.wait_for(request.write);
        if (!ready) request.write.error = net::error::operation_aborted;
    }

    /// The answer has left, or the client is gone.
    void conclude() {
        ++requests_;
        request_->transaction->finish(request_->transfer);
        request_.reset();
        if (!connection_.in().empty()) begin_request();
    }

    SessionContext& context_;
    Connection<Stream> connection_;
    std::unique_ptr<Request> request_;  // that is being answered
    SteadyTime request_ends_ = SteadyTime::max();
    std::optional<SteadyTime> idle_ends_;  // while nothing of a request is there
    std::size_t seen_ = 0;        // of what was read: no head ends there
    std::size_t head_bytes_ = 0;  // of request_
    std::uint64_t requests_ = 0;  // so far
    unsigned requests_this_turn_ = 0;
    bool is_open_ = false;
    bool has_ended_ = false;  // nothing more will be read
};

template <class Stream, class... Made>
void start(SessionContext& context, ConnectionFacts facts, Made... made) {
    auto session = std::make_unique<Session<Stream>>(context, std::move(facts), std::move(made)...);
    context.tasks.spawn(Session<Stream>::run(std::move(session)));
}

}  // namespace

void start_session(SessionContext& context, StreamSocket socket, const std::shared_ptr<net::ssl::context>& tls,
                   ConnectionFacts facts) {
    if (tls == nullptr) return start<PlainStream>(context, std::move(facts), std::move(socket));
    start<TlsStream>(context, std::move(facts), std::move(socket), tls->native_handle());
}

}  // namespace eas451
