// SPDX-License-Identifier: Apache-2.0
// Longer than 300 lines: one class, so that the way of a connection from its first byte to its last is read in one piece.
#include "eas451/io/http/session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <openssl/ssl.h>

#include <algorithm>
#include <optional>

#include "eas451/core/body_reader.hpp"
#include "eas451/io/net/plain_stream.hpp"
#include "eas451/io/net/tls_stream.hpp"
#include "http_date.hpp"
#include "proxy_header_reader.hpp"
#include "session_parts.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;

constexpr auto as_result = net::as_tuple(net::use_awaitable);

/// How long the other side may take for its part of a TLS goodbye.
constexpr std::chrono::milliseconds goodbye_limit{1000};
/// So many requests that were there already, one behind the other, before the thread's other sessions have a turn.
constexpr unsigned requests_a_turn = 16;
/// And so many reads that found something; who sends faster than we read would hold the thread.
constexpr unsigned reads_a_turn = 64;

SteadyTime now() { return std::chrono::steady_clock::now(); }

template <class Stream>
class Session {
public:
    template <class... Made>
    Session(SessionContext& context, ConnectionFacts facts, Made... made)
        : context_(context),
          stream_(std::move(made)...),
          facts_(std::move(facts)),
          task_(context.tasks, [this](TaskGroup::Task::Event event) { on_event(event); }),
          count_(context.metrics) {}
    ~Session() { cleanse(in_); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    net::awaitable<void> run() {
        bool goes_on = co_await take_proxy_header();
        if (goes_on) goes_on = co_await shake_hands();
        if (!goes_on) co_return;
        while (goes_on) {
            goes_on = co_await read_head();
            if (goes_on) goes_on = co_await serve();
        }
        co_await say_goodbye();
    }

private:
    /// What becomes of the connection after an answer.
    enum class After : std::uint8_t { keep, close, discard };

    void on_event(TaskGroup::Task::Event event) {
        if (event == TaskGroup::Task::Event::rest) return stream_.release_buffers();
        if (context_.metrics != nullptr && !task_.is_draining() && ends_by_) context_.metrics->count_timeout(*ends_by_);
        close();
    }

    void close() {
        boost::system::error_code ignored;
        stream_.socket().close(ignored);
        if (held_ != nullptr) held_->cancel();
    }

    /// The wait that begins now.
    void expires(WaitEnd end) {
        ends_by_ = end.by;
        task_.expires_at(end.at);
    }

    void refused(ConnectionRefusal why) const {
        if (context_.on_refusal) context_.on_refusal(why, facts_);
    }

    /// Another's handshake needs the place of this one.
    void give_way() {
        refused(ConnectionRefusal::handshakes);
        close();
    }

    /// Among those of its address that have not authenticated. Of a proxy that carries many clients in one
    /// connection there may be any number.
    bool take_place() {
        if (context_.addresses == nullptr || facts_.forwarders != nullptr) return true;
        auto place = context_.addresses->take(facts_.client_address);
        if (!place) {
            refused(ConnectionRefusal::address);
            return false;
        }
        place_ = std::move(*place);
        return true;
    }

    /// Until the step can be made again. False: the connection was closed meanwhile.
    net::awaitable<bool> wait_for(StreamStep step) {
        requests_this_turn_ = reads_this_turn_ = 0;
        const auto [error] = co_await stream_.socket().async_wait(step.wait_type(), as_result);
        co_return !error;
    }

    /// Where a proxy says who the client is, before all else.
    net::awaitable<bool> take_proxy_header() {
        if (!facts_.has_proxy_header) co_return take_place();
        expires({now() + context_.limits.proxy_header, TimeLimit::proxy_header});
        const ProxyHeaderRead read = co_await read_proxy_header(stream_.socket());
        if (context_.metrics != nullptr) context_.metrics->count_proxy_header(read.outcome);
        if (read.outcome != ProxyHeaderOutcome::ok) {
            refused(ConnectionRefusal::proxy);
            co_return false;
        }
        if (read.header.client) facts_.client_address = read.header.client->to_string();
        co_return take_place();
    }

    net::awaitable<bool> shake_hands() {
        if constexpr (Stream::is_tls) {
            expires({now() + context_.limits.handshake, TimeLimit::handshake});
            std::optional<Handshakes::Place> place;
            if (context_.handshakes != nullptr) place.emplace(*context_.handshakes, [this] { give_way(); });
            StreamStep step = stream_.shake_hands();
            for (bool waits = true; waits && step.wants != StreamStep::Wants::nothing;) {
                waits = co_await wait_for(step);
                step = stream_.shake_hands();
            }
            if (context_.metrics != nullptr) {
                context_.metrics->count_handshake(step.error ? "none" : stream_.version(), !step.error);
            }
            co_return !step.error;
        }
        co_return true;
    }

    /// True when head_bytes_ at the front of in_ are a head, or more than a head may be.
    net::awaitable<bool> read_head() {
        std::size_t seen = 0;
        if (!in_.empty()) begin_request();
        for (;;) {
            const auto end = find_head_end(in_, seen);
            head_bytes_ = end.value_or(in_.size());
            if (end || in_.size() > max_head_bytes) co_return true;
            seen = in_.size();
            if (in_.empty() && !begin_idle()) co_return false;
            const bool got = co_await read_more();
            task_.end_idle();
            if (!got) co_return false;
            if (seen == 0) begin_request();
        }
    }

    /// With the first byte of its head.
    void begin_request() {
        const SteadyTime began = now();
        request_ends_ = began + context_.limits.total;
        expires(earlier({began + context_.limits.head, TimeLimit::head}, {request_ends_, TimeLimit::total}));
    }

    bool begin_idle() {
        if (task_.is_draining()) return false;
        in_.shrink_to_fit();  // it is empty: tens of thousands of phones hold no buffers
        const SteadyTime begins = now();
        ends_by_ = TimeLimit::idle;
        task_.begin_idle(begins, begins + context_.limits.idle);
        return true;
    }

    /// What there is, by way of the buffer that all sessions of the thread share.
    net::awaitable<bool> read_more() {
        for (;;) {
            const auto scratch = net::buffer(context_.scratch);
            const StreamStep step = stream_.read(scratch);
            if (step.bytes != 0) {
                append(in_, {context_.scratch.data(), step.bytes});
                cleanse(context_.scratch.data(), step.bytes);
                if (++reads_this_turn_ == reads_a_turn) co_await let_others();
                co_return true;
            }
            if (step.wants == StreamStep::Wants::nothing) co_return false;
            const bool ready = co_await wait_for(step);
            if (!ready) co_return false;
        }
    }

    /// One request, from its head to its last byte out. False when the connection ends here.
    net::awaitable<bool> serve() {
        const SteadyTime received = now();
        const std::unique_ptr<Transaction> transaction = context_.handler.start();
        // Views into the head are everywhere until the transaction is over, so it has bytes of its own.
        // They hold an Authorization, and so did the buffer: both are cleansed at once when they are done with.
        const CleansedString bytes(take_all(in_, head_bytes_));
        transfer_ = TransferFacts();
        transfer_.bytes_in = head_bytes_;
        RequestHead head;
        const auto fault = parse_request_head(std::string_view(bytes.text).substr(0, head_bytes_), head);
        Answer answer;
        After after = After::discard;
        if (fault) {
            answer = transaction->refuse(*fault, head, facts_);
        } else {
            Transaction::Next next = transaction->begin(head, facts_);
            if (auto* wait = std::get_if<net::awaitable<Answer>>(&next)) {
                expires({received + context_.limits.held, TimeLimit::held});
                answer = co_await std::move(*wait);
                request_ends_ += now() - received;  // the wait was ours
            } else {
                answer = std::move(std::get<Answer>(next));
            }
            if (transaction->is_authenticated()) place_.give_back();
            BodyReader body(head);
            std::optional<After> known = take_body(head, body);
            if (!known) known = co_await read_body(head, body);
            if (body.is_malformed()) answer = transaction->refuse_body();
            after = *known;
        }
        const SteadyTime leaves = earliest_departure(answer, received, context_.limits.refusal_delay);
        if (leaves != received) co_await hold(leaves);
        if (after == After::keep && task_.is_draining()) after = After::close;
        compose(answer, after, head.method == "HEAD");
        bool written = write_now();
        if (!written && !write_error_) written = co_await write_rest();
        transaction->finish(transfer_);
        if (written && after == After::discard) co_await discard();
        if (++requests_this_turn_ == requests_a_turn) co_await let_others();
        co_return written && after == After::keep;
    }

    /// Takes what is there of the body that nobody wants, and says what becomes of the connection once that is known.
    std::optional<After> take_body(const RequestHead& head, BodyReader& body) {
        // Whoever waits for "100 Continue" has our answer instead, and may send the body or not.
        const bool too_much = head.content_length > drained_body_bytes;
        if (!body.has_ended() && (head.expects_continue || too_much)) return After::discard;
        const std::size_t taken = body.feed(in_);
        drop_front(in_, taken);
        transfer_.bytes_in += taken;
        const std::uint64_t framed_bytes = transfer_.bytes_in - head_bytes_;  // with the chunks' own lines, which cost us the same
        if (body.is_malformed() || body.body_bytes() > drained_body_bytes || framed_bytes > drained_framed_bytes) {
            return After::discard;
        }
        if (!body.has_ended()) return std::nullopt;
        return head.keep_alive ? After::keep : After::close;
    }

    net::awaitable<After> read_body(const RequestHead& head, BodyReader& body) {
        const SteadyTime began = now();
        for (;;) {
            expires(body_end(began, transfer_.bytes_in - head_bytes_));
            const bool got = co_await read_more();
            if (!got) co_return After::close;
            if (const auto known = take_body(head, body)) co_return *known;
        }
    }

    /// A body has to come at a rate; how much of it is there moves the deadline on.
    [[nodiscard]] WaitEnd body_end(SteadyTime began, std::uint64_t bytes) const {
        const SessionLimits& limits = context_.limits;
        const WaitEnd end = earlier({began + limits.body, TimeLimit::body}, {request_ends_, TimeLimit::total});
        if (limits.body_rate == 0) return end;
        const std::chrono::milliseconds earned(1000 * bytes / limits.body_rate);
        return earlier(end, {began + limits.body_grace + earned, TimeLimit::body_rate});
    }

    /// Keeps an answer back; not longer than the connection is ours.
    net::awaitable<void> hold(SteadyTime until) {
        if (!stream_.socket().is_open()) co_return;
        net::steady_timer timer(stream_.socket().get_executor(), until);
        expires({until + context_.limits.write, TimeLimit::write});
        held_ = &timer;
        [[maybe_unused]] const auto [error] = co_await timer.async_wait(as_result);
        held_ = nullptr;
    }

    void compose(const Answer& answer, After after, bool head_only) {
        out_.clear();
        Framing framing;
        framing.date = http_date_now();
        framing.close = after != After::keep;
        framing.strict_transport = Stream::is_tls;
        framing.head_only = head_only;
        append_answer(out_, answer, framing);
        write_error_ = {};
    }

    /// True when all of out_ has left; else write_step_ or write_error_ says why not.
    bool write_now() {
        while (transfer_.bytes_out != out_.size()) {
            write_step_ = stream_.write(net::buffer(out_) + transfer_.bytes_out);
            write_error_ = write_step_.error;
            if (write_error_ || write_step_.wants != StreamStep::Wants::nothing) return false;
            transfer_.bytes_out += write_step_.bytes;
        }
        std::string().swap(out_);
        return true;
    }

    /// A client that does not read has until the deadline.
    net::awaitable<bool> write_rest() {
        expires(earlier({now() + context_.limits.write, TimeLimit::write}, {request_ends_, TimeLimit::total}));
        for (bool waits = true; waits;) {
            const bool ready = co_await wait_for(write_step_);
            if (!ready) co_return false;
            if (write_now()) co_return true;
            waits = !write_error_;
        }
        co_return false;
    }

    /// Requests that are there already are answered without a wait; others have been waiting meanwhile.
    net::awaitable<void> let_others() {
        requests_this_turn_ = reads_this_turn_ = 0;
        co_await net::post(stream_.socket().get_executor(), net::use_awaitable);
    }

    /// The client may still be sending: closing now would reset the connection and take the answer
    /// from it.
    net::awaitable<void> discard() {
        if constexpr (!Stream::is_tls) stream_.shut_down();
        expires({now() + discard_limit, std::nullopt});
        for (bool got = true; got;) {
            cleanse(in_);
            got = co_await read_more();
        }
    }

    net::awaitable<void> say_goodbye() {
        if (!stream_.socket().is_open()) co_return;
        expires({now() + goodbye_limit, std::nullopt});
        for (bool waits = true; waits;) {
            const StreamStep step = stream_.shut_down();
            waits = step.wants != StreamStep::Wants::nothing;
            if (waits) waits = co_await wait_for(step);
        }
    }

    SessionContext& context_;
    Stream stream_;
    ConnectionFacts facts_;
    TaskGroup::Task task_;
    ConnectionCount count_;
    ConnectionsByAddress::Place place_;  // until it has authenticated
    std::optional<TimeLimit> ends_by_;   // the limit of the present wait
    net::steady_timer* held_ = nullptr;  // while an answer is kept back
    std::string in_;                     // bytes read and not used yet
    std::string out_;                    // the answer that is being written
    std::size_t head_bytes_ = 0;
    SteadyTime request_ends_ = SteadyTime::max();
    TransferFacts transfer_;
    StreamStep write_step_;
    boost::system::error_code write_error_;
    unsigned requests_this_turn_ = 0;
    unsigned reads_this_turn_ = 0;
};

template <class Stream>
net::awaitable<void> run(std::unique_ptr<Session<Stream>> session) {
    co_await session->run();
}

}  // namespace

void start_session(SessionContext& context, StreamSocket socket, const std::shared_ptr<net::ssl::context>& tls,
                   ConnectionFacts facts) {
    if (tls == nullptr) {
        auto session = std::make_unique<Session<PlainStream>>(context, std::move(facts), std::move(socket));
        context.tasks.spawn(run(std::move(session)));
        return;
    }
    auto session = std::make_unique<Session<TlsStream>>(context, std::move(facts), std::move(socket), tls->native_handle());
    context.tasks.spawn(run(std::move(session)));
}

}  // namespace eas451
