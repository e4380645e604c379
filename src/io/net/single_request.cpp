// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/net/single_request.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <optional>
#include <vector>

#include "eas451/core/body_reader.hpp"
#include "eas451/core/response_head.hpp"
#include "eas451/io/net/name_lookup.hpp"
#include "eas451/io/net/part_of_time.hpp"
#include "eas451/io/net/plain_stream.hpp"
#include "eas451/io/net/server_name.hpp"
#include "eas451/io/net/tls_stream.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using Error = boost::system::error_code;
using net::ip::tcp;
using Kind = SingleFault::Kind;
using Replied = Result<SingleReply, SingleFault>;

/// A server may say "100 Continue" before its answer, though we never ask for it.
constexpr unsigned most_interim_answers = 8;

SteadyTime now() {
    return std::chrono::steady_clock::now();
}

Replied failed(Kind kind, std::string text, std::string_view seen = {}) {
    return {boost::system::in_place_error,
            SingleFault{kind, std::move(text), std::string(seen.substr(0, most_single_seen_bytes))}};
}

/// The loop of one caller who waits for one operation at a time.
class Turns {
public:
    [[nodiscard]] net::io_context& loop() { return loop_; }

    /// Runs until the operation on this socket has ended, or closes the socket at the deadline and says timed_out.
    template <class Start>
    Error wait(StreamSocket& socket, SteadyTime deadline, Start start) {
        std::optional<Error> ended;
        start([&ended](const Error& error) { ended = error; });
        run(ended, deadline);
        if (ended) return *ended;
        Error ignored;
        socket.close(ignored);
        run(ended, SteadyTime::max());  // what was closed ends at once, and holds the result until then
        return net::error::timed_out;
    }

    template <class Ended>
    void run(const std::optional<Ended>& ended, SteadyTime deadline) {
        loop_.restart();
        while (!ended && loop_.run_one_until(deadline) != 0) {
        }
    }

private:
    net::io_context loop_{1};
};

Result<std::vector<tcp::endpoint>, std::string> addresses_of(Turns& turns, const SingleRequest& request,
                                                             SteadyTime deadline) {
    Error not_numeric;
    const auto address = net::ip::make_address(request.host, not_numeric);
    if (!not_numeric) return std::vector<tcp::endpoint>{{address, request.port}};
    struct Found {
        Error error;
        NameLookup::Endpoints endpoints;
    };
    std::optional<Found> found;
    auto done = [&found](const Error& error, NameLookup::Endpoints endpoints) {
        found = Found{error, std::move(endpoints)};
    };
    const auto call = NameLookup::start(turns.loop().get_executor(), request.host, request.port, done);
    // The loop has nothing else, and would end at once while the lookup is on a thread of its own.
    const auto work = net::make_work_guard(turns.loop());
    turns.run(found, deadline);
    call->abandon();
    const auto no = [](std::string why) {
        return Result<std::vector<tcp::endpoint>, std::string>(boost::system::in_place_error, std::move(why));
    };
    if (!found) return no("its name was not looked up in time");
    if (found->error) return no("its name has no address: " + found->error.message());
    if (found->endpoints.empty()) return no("its name has no address");
    return std::move(found->endpoints);
}

/// One connection, once it is there: the handshake, the request, the answer.
template <class Stream>
class Conversation {
public:
    Conversation(Turns& turns, Stream& stream, SteadyTime deadline)
        : turns_(turns), stream_(stream), deadline_(deadline) {}

    /// Makes a step as often as it wants to be made.
    template <class Make>
    StreamStep whole(Make make) {
        StreamStep step = make();
        while (step.wants != StreamStep::Wants::nothing) {
            StreamSocket& socket = stream_.socket();
            auto start = [&socket, &step](auto done) { socket.async_wait(step.wait_type(), std::move(done)); };
            const Error error =
                now() >= deadline_ ? Error(net::error::timed_out) : turns_.wait(socket, deadline_, start);
            if (error) return {StreamStep::Wants::nothing, error, 0};
            step = make();
        }
        return step;
    }

    std::optional<Error> send(std::string_view bytes) {
        while (!bytes.empty()) {
            const StreamStep step =
                whole([this, bytes] { return stream_.write(net::buffer(bytes.data(), bytes.size())); });
            if (step.error) return step.error;
            bytes.remove_prefix(step.bytes);
        }
        return std::nullopt;
    }

    Replied receive(std::string_view method) {
        ResponseHead head;
        for (unsigned heads = 0; heads <= most_interim_answers; ++heads) {
            auto text = read_head();
            if (!text) return {boost::system::in_place_error, text.error()};
            const auto fault = parse_response_head(*text, method, head);
            if (fault)
                return failed(Kind::bad_answer,
                              "its answer is no HTTP/1.1 that could be relied on: " + std::string(to_string(*fault)),
                              *text);
            if (head.status != 100)
                return read_body(std::move(*text), BodyReader(head.framing, head.content_length), head.framing);
        }
        return failed(Kind::bad_answer, "it says 100 Continue again and again");
    }

private:
    /// Behind what there is; the error at the end.
    Error read_more() {
        std::array<char, 16384> bytes;
        const StreamStep step = whole([this, &bytes] { return stream_.read(net::buffer(bytes)); });
        in_.append(bytes.data(), step.bytes);
        return step.error;
    }

    [[nodiscard]] SingleFault why(const Error& error) const {
        if (error == net::error::timed_out)
            return {Kind::no_answer, "it did not answer in time", in_.substr(0, most_single_seen_bytes)};
        const bool silent = in_.empty();
        const std::string text = silent ? "it hung up without an answer: " : "its answer ends in the middle: ";
        return {silent ? Kind::no_answer : Kind::bad_answer, text + error.message(), in_.substr(0, most_single_seen_bytes)};
    }

    Result<std::string, SingleFault> read_head() {
        std::size_t seen = 0;
        for (;;) {
            const auto end = find_head_end(in_, seen);
            if (end || in_.size() >= max_response_head_bytes) {
                std::string head = in_.substr(0, end.value_or(in_.size()));
                in_.erase(0, head.size());
                return head;
            }
            seen = in_.size();
            const Error error = read_more();
            if (error) return {boost::system::in_place_error, why(error)};
        }
    }

    Replied read_body(std::string head, BodyReader reader, BodyFraming framing) {
        SingleReply reply;
        reply.head = std::move(head);
        for (;;) {
            for (std::string_view rest = in_; !rest.empty() && !reader.has_ended() && !reader.is_malformed();) {
                const BodyReader::Step step = reader.read(rest);
                reply.body.append(step.content);
                rest.remove_prefix(step.taken);
            }
            in_.clear();
            if (reader.is_malformed()) return failed(Kind::bad_answer, "the framing of its body is broken", reply.head);
            if (reader.has_ended() || reply.body.size() >= most_single_body_bytes) break;
            const Error error = read_more();
            // Many do not say that they end TLS; a phone would take what it has, too.
            const bool has_hung_up = error == net::error::eof || error == net::ssl::error::stream_truncated;
            if (has_hung_up && framing == BodyFraming::until_close) break;
            if (error)
                return failed(error == net::error::timed_out ? Kind::no_answer : Kind::bad_answer,
                              "the body of its answer does not come to its end", reply.head);
        }
        reply.body.resize(std::min(reply.body.size(), most_single_body_bytes));
        return reply;
    }

    Turns& turns_;
    Stream& stream_;
    SteadyTime deadline_;
    std::string in_;
};

template <class Stream>
Replied converse(Conversation<Stream>& conversation, const SingleRequest& request) {
    const auto unsent = conversation.send(request.bytes);
    // Who refuses before it has read all may have answered.
    Replied replied = conversation.receive(request.method);
    if (unsent && !replied && replied.error().kind == Kind::no_answer && *unsent != net::error::timed_out) {
        return failed(Kind::no_answer, "it hung up before it had the request: " + unsent->message());
    }
    return replied;
}

Replied converse_by_tls(Turns& turns, StreamSocket socket, const SingleRequest& request, SteadyTime deadline) {
    TlsStream stream(std::move(socket), request.tls, TlsStream::AsClient{});
    SSL* ssl = stream.native_handle();
    if (!expect_server_name(ssl, request.server_name))
        return failed(Kind::bad_certificate, "its name is none that TLS could check");
    if (!request.verify) SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
    Conversation<TlsStream> conversation(turns, stream, deadline);
    const StreamStep shaken = conversation.whole([&stream] { return stream.shake_hands(); });
    const bool is_trusted = !is_distrusted(ssl);
    if (shaken.error == net::error::timed_out)
        return failed(Kind::unreachable, "the TLS handshake did not end in time");
    if (shaken.error)
        return failed(is_trusted ? Kind::unreachable : Kind::bad_certificate, why_not_verified(ssl, shaken.error));
    Replied replied = converse(conversation, request);
    if (replied && !is_trusted) replied->distrust = X509_verify_cert_error_string(SSL_get_verify_result(ssl));
    return replied;
}

/// The error is that of connecting: another address may be better.
std::optional<Error> connect(Turns& turns, StreamSocket& socket, const tcp::endpoint& address, SteadyTime deadline) {
    Error error;
    socket.open(StreamSocket::endpoint_type(address).protocol(), error);
    auto start = [&socket, &address](auto done) { socket.async_connect(address, std::move(done)); };
    if (!error) error = turns.wait(socket, deadline, start);
    if (!error) socket.non_blocking(true, error);
    return error ? std::optional(error) : std::nullopt;
}

Replied converse_on(Turns& turns, StreamSocket socket, const SingleRequest& request, SteadyTime deadline) {
    if (request.tls != nullptr) return converse_by_tls(turns, std::move(socket), request, deadline);
    PlainStream stream(std::move(socket));
    Conversation<PlainStream> conversation(turns, stream, deadline);
    return converse(conversation, request);
}

}  // namespace

Replied ask_once(const SingleRequest& request, std::chrono::milliseconds limit) {
    Turns turns;
    const SteadyTime deadline = now() + limit;
    const auto addresses = addresses_of(turns, request, deadline);
    if (!addresses) return failed(Kind::unreachable, addresses.error());
    std::string trouble;
    for (std::size_t left = addresses->size(); left > 0; --left) {
        const tcp::endpoint& address = (*addresses)[addresses->size() - left];
        StreamSocket socket(turns.loop());
        const auto error = connect(turns, socket, address, part_of(deadline, left));
        if (error) {
            trouble = *error == net::error::timed_out ? "it did not accept a connection in time" : error->message();
            continue;
        }
        Replied replied = converse_on(turns, std::move(socket), request, deadline);
        if (replied) replied->from = address;
        return replied;
    }
    return failed(Kind::unreachable, trouble);
}

}  // namespace eas451
