// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/http/session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <optional>

#include "body_parser.hpp"
#include "eas451/core/secret.hpp"
#include "http_date.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
namespace ssl = net::ssl;
using TlsStream = ssl::stream<StreamSocket>;

constexpr auto as_result = net::as_tuple(net::use_awaitable);

constexpr std::size_t read_bytes = 4096;
/// How long the other side may take for its part of a TLS goodbye.
constexpr std::chrono::milliseconds goodbye_limit{1000};

/// Counted while it lives.
class ConnectionCount {
public:
    explicit ConnectionCount(Metrics* metrics) : metrics_(metrics) {
        if (metrics_ != nullptr) metrics_->add_connections(1);
    }
    ~ConnectionCount() {
        if (metrics_ != nullptr) metrics_->add_connections(-1);
    }
    ConnectionCount(const ConnectionCount&) = delete;
    ConnectionCount& operator=(const ConnectionCount&) = delete;

private:
    Metrics* metrics_;
};

/// Text that is cleansed when it ends.
struct CleansedString {
    explicit CleansedString(std::string moved) : text(std::move(moved)) {}
    ~CleansedString() { cleanse(text); }
    CleansedString(const CleansedString&) = delete;
    CleansedString& operator=(const CleansedString&) = delete;
    std::string text;
};

template <class Stream>
class Session {
public:
    Session(SessionContext& context, Stream stream, std::shared_ptr<ssl::context> tls, ConnectionFacts facts)
        : context_(context),
          tls_(std::move(tls)),
          stream_(std::move(stream)),
          held_(stream_.get_executor()),
          facts_(std::move(facts)),
          task_(context.tasks, [this] { stop(); }),
          count_(context.metrics) {}
    ~Session() { cleanse(in_); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    net::awaitable<void> run() {
        bool goes_on = co_await shake_hands();
        if (!goes_on) co_return;
        while (goes_on) {
            goes_on = co_await read_head();
            if (goes_on) goes_on = co_await serve();
        }
        co_await say_goodbye();
    }

private:
    static constexpr bool is_tls = std::is_same_v<Stream, TlsStream>;

    /// What becomes of the connection after an answer.
    enum class After : std::uint8_t { keep, close, discard };

    void stop() {
        boost::system::error_code ignored;
        stream_.lowest_layer().close(ignored);
        held_.cancel();
    }

    net::awaitable<bool> shake_hands() {
        if constexpr (is_tls) {
            task_.expires_after(context_.limits.handshake);
            const auto [error] = co_await stream_.async_handshake(ssl::stream_base::server, as_result);
            if (context_.metrics != nullptr) {
                const char* version = error ? "none" : SSL_get_version(stream_.native_handle());
                context_.metrics->count_handshake(version, !error);
            }
            co_return !error;
        }
        co_return true;
    }

    /// True when head_bytes_ at the front of in_ are a head, or more than a head may be.
    net::awaitable<bool> read_head() {
        std::size_t seen = 0;
        if (!in_.empty()) task_.expires_after(context_.limits.head);
        for (;;) {
            const auto end = find_head_end(in_, seen);
            head_bytes_ = end.value_or(in_.size());
            if (end || in_.size() > max_head_bytes) co_return true;
            seen = in_.size();
            if (in_.empty() && !begin_idle()) co_return false;
            const bool got = co_await read_more();
            task_.set_idle(false);
            if (!got) co_return false;
            if (seen == 0) task_.expires_after(context_.limits.head);
        }
    }

    bool begin_idle() {
        if (task_.is_draining()) return false;
        task_.expires_after(context_.limits.idle);
        task_.set_idle(true);
        return true;
    }

    net::awaitable<bool> read_more() {
        const std::size_t before = in_.size();
        make_room();
        in_.resize(before + read_bytes);
        const auto buffer = net::buffer(in_.data() + before, read_bytes);
        const auto [error, count] = co_await stream_.async_read_some(buffer, as_result);
        in_.resize(before + count);
        co_return !error && count != 0;
    }

    /// A string that grows leaves its old bytes behind; this one takes them along.
    void make_room() {
        if (in_.capacity() - in_.size() >= read_bytes) return;
        std::string larger;
        larger.reserve(2 * in_.capacity() + read_bytes);
        larger = in_;
        cleanse(in_);
        in_ = std::move(larger);
    }

    /// Takes bytes from the front, and leaves none of them behind the end.
    void drop_front(std::size_t count) {
        const std::size_t before = in_.size();
        in_.erase(0, count);
        const std::size_t after = in_.size();
        in_.resize(before);  // zeroes what was moved away from
        in_.resize(after);
    }

    /// One request, from its head to its last byte out. False when the connection ends here.
    net::awaitable<bool> serve() {
        const SteadyTime received = std::chrono::steady_clock::now();
        const std::unique_ptr<Transaction> transaction = context_.handler.start();
        // Views into the head are everywhere until the transaction is over, so it has bytes of its own.
        // They hold an Authorization, and so did the buffer: both are cleansed at once when they are done with.
        CleansedString bytes(in_.substr(0, head_bytes_));
        drop_front(head_bytes_);
        transfer_ = TransferFacts();
        transfer_.bytes_in = bytes.text.size();
        RequestHead head;
        const auto fault = parse_request_head(bytes.text, head);
        Answer answer;
        After after = After::discard;
        if (fault) {
            answer = transaction->refuse(*fault, head, facts_);
        } else {
            Transaction::Next next = transaction->begin(head, facts_);
            if (auto* wait = std::get_if<net::awaitable<Answer>>(&next)) {
                task_.expires_never();
                answer = co_await std::move(*wait);
            } else {
                answer = std::move(std::get<Answer>(next));
            }
            after = co_await take_body(head, *transaction, answer);
        }
        const SteadyTime leaves = earliest_departure(answer, received, context_.limits.refusal_delay);
        if (leaves != received) co_await hold(leaves);
        if (after == After::keep && task_.is_draining()) after = After::close;
        const bool written = co_await write(answer, after, head.method == "HEAD");
        transaction->finish(transfer_);
        if (written && after == After::discard) co_await discard();
        co_return written && after == After::keep;
    }

    /// Reads the body that nobody wants, and says whether the connection can be kept.
    net::awaitable<After> take_body(const RequestHead& head, Transaction& transaction, Answer& answer) {
        const bool keep = head.keep_alive;
        if (head.framing == BodyFraming::none || (head.framing == BodyFraming::content_length && head.content_length == 0)) {
            co_return keep ? After::keep : After::close;
        }
        // Whoever waits for "100 Continue" has our answer instead, and may send the body or not.
        if (head.expects_continue || head.content_length > drained_body_bytes) co_return After::discard;
        task_.expires_after(context_.limits.body);
        BodyParser body(head);
        std::uint64_t framed_bytes = 0;  // with the chunks' own lines, which cost us the same
        for (;;) {
            const std::size_t taken = body.feed(in_);
            drop_front(taken);
            transfer_.bytes_in += taken;
            framed_bytes += taken;
            if (body.is_malformed()) {
                answer = transaction.refuse_body();
                co_return After::discard;
            }
            if (body.body_bytes() > drained_body_bytes || framed_bytes > drained_framed_bytes) co_return After::discard;
            if (body.has_ended()) co_return keep ? After::keep : After::close;
            if (in_.size() > max_head_bytes) co_return After::discard;
            const bool got = co_await read_more();
            if (!got) co_return After::close;
        }
    }

    /// Keeps an answer back; not longer than the connection is ours.
    net::awaitable<void> hold(SteadyTime until) {
        task_.expires_never();
        held_.expires_at(until);
        if (!stream_.lowest_layer().is_open()) co_return;
        [[maybe_unused]] const auto [error] = co_await held_.async_wait(as_result);
    }

    net::awaitable<bool> write(const Answer& answer, After after, bool head_only) {
        out_.clear();
        Framing framing;
        framing.date = http_date_now();
        framing.close = after != After::keep;
        framing.strict_transport = is_tls;
        framing.head_only = head_only;
        append_answer(out_, answer, framing);
        task_.expires_after(context_.limits.write);
        const auto [error, count] = co_await net::async_write(stream_, net::buffer(out_), as_result);
        transfer_.bytes_out = count;
        co_return !error;
    }

    /// The client may still be sending: closing now would reset the connection and take the answer
    /// from it.
    net::awaitable<void> discard() {
        boost::system::error_code ignored;
        if constexpr (!is_tls) stream_.shutdown(StreamSocket::shutdown_send, ignored);
        task_.expires_after(discard_limit);
        for (bool got = true; got;) {
            in_.clear();
            got = co_await read_more();
        }
    }

    net::awaitable<void> say_goodbye() {
        if constexpr (is_tls) {
            if (!stream_.lowest_layer().is_open()) co_return;
            task_.expires_after(goodbye_limit);
            [[maybe_unused]] const auto [error] = co_await stream_.async_shutdown(as_result);
        }
        co_return;  // for a plain stream nothing else makes this a coroutine
    }

    SessionContext& context_;
    std::shared_ptr<ssl::context> tls_;  // outlives the stream made from it
    Stream stream_;
    net::steady_timer held_;  // while an answer is kept back
    ConnectionFacts facts_;
    TaskGroup::Task task_;
    ConnectionCount count_;
    std::string in_;   // bytes read and not used yet
    std::string out_;
    std::size_t head_bytes_ = 0;
    TransferFacts transfer_;
};

template <class Stream>
net::awaitable<void> run(std::unique_ptr<Session<Stream>> session) {
    co_await session->run();
}

template <class Stream>
void spawn(SessionContext& context, Stream stream, std::shared_ptr<ssl::context> tls, ConnectionFacts facts) {
    auto session = std::make_unique<Session<Stream>>(context, std::move(stream), std::move(tls), std::move(facts));
    auto work = run(std::move(session));
    context.tasks.spawn(std::move(work));
}

}  // namespace

void start_session(SessionContext& context, StreamSocket socket, std::shared_ptr<ssl::context> tls, ConnectionFacts facts) {
    if (tls == nullptr) {
        spawn(context, std::move(socket), nullptr, std::move(facts));
        return;
    }
    TlsStream stream(std::move(socket), *tls);
    spawn(context, std::move(stream), std::move(tls), std::move(facts));
}

}  // namespace eas451
