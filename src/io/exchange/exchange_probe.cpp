// SPDX-License-Identifier: Apache-2.0
#include "exchange_probe.hpp"

#include <openssl/ssl.h>

#include <algorithm>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "eas451/core/answer.hpp"
#include "eas451/core/text.hpp"
#include "eas451/io/net/part_of_time.hpp"
#include "eas451/io/net/server_name.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using net::ip::tcp;

constexpr auto as_result = net::as_tuple(net::use_awaitable);

SteadyTime now() { return std::chrono::steady_clock::now(); }

http::request<http::empty_body> message_of(ExchangeQuestion question, std::string_view authority) {
    http::request<http::empty_body> message;
    message.version(11);
    if (question == ExchangeQuestion::health) {
        message.method(http::verb::get);
        message.target("/Microsoft-Server-ActiveSync/healthcheck.htm");
    } else {
        message.method(http::verb::options);
        message.target("/Microsoft-Server-ActiveSync");
        if (question == ExchangeQuestion::challenge) message.set(http::field::authorization, "Bearer");
    }
    message.set(http::field::host, {authority.data(), authority.size()});
    message.set(http::field::user_agent, "eas451");
    message.set(http::field::connection, "close");
    return message;
}

/// Of OWA it is Exchange's build, of ActiveSync the version of the protocol; most answers have neither.
std::string version_in(const http::fields& fields) {
    constexpr std::size_t most = 32;
    for (const char* name : {"X-OWA-Version", "MS-Server-ActiveSync"}) {
        const std::string_view value(fields[name].data(), fields[name].size());
        if (!value.empty() && value.size() <= most && std::ranges::all_of(value, is_visible)) return std::string(value);
    }
    return {};
}

}  // namespace

ExchangeProbe::ExchangeProbe(const net::any_io_executor& loop, std::shared_ptr<net::ssl::context> tls,
                             std::chrono::milliseconds limit)
    : loop_(loop), tls_(std::move(tls)), limit_(limit), deadline_(loop) {}

void ExchangeProbe::give_up() {
    given_up_ = true;
    deadline_.cancel();
    close();
}

void ExchangeProbe::close() {
    Error ignored;
    if (stream_) stream_->next_layer().close(ignored);
}

void ExchangeProbe::end_at(SteadyTime deadline) {
    timed_out_ = false;
    deadline_.expires_at(deadline);
    deadline_.async_wait([weak = weak_from_this(), number = ++deadlines_](const Error& error) {
        const auto self = weak.lock();
        if (error || self == nullptr || self->deadlines_ != number) return;
        self->timed_out_ = true;
        self->close();
    });
}

std::string ExchangeProbe::why(const std::string& otherwise) const {
    if (given_up_) return "given up";
    return timed_out_ ? "no answer in time" : otherwise;
}

net::awaitable<ExchangeProbe::Replied> ExchangeProbe::ask(ExchangeServer server, ExchangeQuestion question) {
    const auto self = shared_from_this();
    const SteadyTime deadline = now() + limit_;
    Failure failure = "its name has no address";
    for (std::size_t i = 0; i < server.addresses.size() && !given_up_; ++i) {
        end_at(part_of(deadline, server.addresses.size() - i));
        failure = co_await connect(server.host, server.addresses[i]);
        if (failure) continue;
        end_at(now() + limit_);
        Replied replied = co_await converse(server.authority(), question);
        deadline_.cancel();
        close();
        if (replied) replied->answered_from = server.addresses[i];
        co_return replied;
    }
    deadline_.cancel();
    close();
    co_return Replied(boost::system::in_place_error, std::move(*failure));
}

net::awaitable<ExchangeProbe::Failure> ExchangeProbe::connect(const std::string& host, const tcp::endpoint& address) {
    stream_.emplace(loop_, *tls_);
    const auto [unconnected] = co_await stream_->next_layer().async_connect(address, as_result);
    if (unconnected) co_return timed_out_ ? "it did not accept a connection in time" : why(unconnected.message());
    SSL* ssl = stream_->native_handle();
    if (!expect_server_name(ssl, host)) co_return "a name TLS cannot check";
    SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
    const auto [untrusted] = co_await stream_->async_handshake(net::ssl::stream_base::client, as_result);
    if (!untrusted) co_return std::nullopt;
    is_distrusted_ = !timed_out_ && !given_up_ && eas451::is_distrusted(ssl);
    co_return timed_out_ ? "its TLS handshake did not end in time" : why(why_not_verified(ssl, untrusted));
}

net::awaitable<ExchangeProbe::Replied> ExchangeProbe::converse(std::string_view authority, ExchangeQuestion question) {
    const auto message = message_of(question, authority);
    const auto [unsent, sent] = co_await http::async_write(*stream_, message, as_result);
    if (unsent) co_return Replied(boost::system::in_place_error, why(unsent.message()));
    http::response_parser<http::string_body> parser;
    // The parser takes the status line out of the buffer, and then the fields when all of them are there.
    parser.header_limit(2 * most_field_bytes);
    boost::beast::flat_buffer buffer(most_field_bytes);
    const auto [unread, read] = co_await http::async_read_header(*stream_, buffer, parser, as_result);
    if (unread == http::error::buffer_overflow) co_return Replied(boost::system::in_place_error, "the head of its answer is above 16 KiB");
    if (unread) co_return Replied(boost::system::in_place_error, why("its answer cannot be read: " + unread.message()));
    ExchangeReply reply;
    reply.status = parser.get().result_int();
    const auto& fields = parser.get();
    reply.speaks_eas = fields.count("MS-Server-ActiveSync") != 0 || fields.count("MS-ASProtocolVersions") != 0;
    reply.version = version_in(fields);
    reply.certificate_expiry = peer_certificate_expiry(stream_->native_handle());
    reply.is_of_eas451 = parser.get()[{health_mark_name.data(), health_mark_name.size()}] == health_mark;
    const auto [first, last] = parser.get().equal_range(http::field::www_authenticate);
    for (auto field = first; field != last; ++field) reply.challenges.emplace_back(field->value());
    co_return Replied(std::move(reply));
}

}  // namespace eas451
