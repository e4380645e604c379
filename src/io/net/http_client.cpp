// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/net/http_client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <optional>

namespace eas451 {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using Error = boost::system::error_code;
using Protocol = net::generic::stream_protocol;

constexpr std::size_t max_reply_bytes = 4U << 20U;

/// The steps of one fetch, each starting the next; the loop is run for as long as the limit says.
template <class Stream>
class Fetch {
public:
    Fetch(Stream& stream, const HttpRequest& request) : stream_(stream) {
        message_.method(http::verb::get);
        message_.target(request.target);
        message_.version(11);
        message_.set(http::field::host, "localhost");
        message_.set(http::field::connection, "close");
        parser_.body_limit(max_reply_bytes);
    }

    void start(const Protocol::endpoint& endpoint) {
        stream_.lowest_layer().async_connect(endpoint, [this](const Error& error) { ended(error) ? void() : shake_hands(); });
    }
    [[nodiscard]] const std::optional<Error>& result() const { return result_; }
    [[nodiscard]] HttpReply reply() { return {parser_.get().result_int(), std::move(parser_.get().body())}; }

private:
    bool ended(const Error& error) {
        if (error) result_ = error;
        return result_.has_value();
    }
    void shake_hands() {
        if constexpr (std::is_same_v<Stream, Protocol::socket>) {
            send();
        } else {
            stream_.async_handshake(net::ssl::stream_base::client, [this](const Error& error) { ended(error) ? void() : send(); });
        }
    }
    void send() {
        http::async_write(stream_, message_, [this](const Error& error, std::size_t) { ended(error) ? void() : receive(); });
    }
    void receive() {
        http::async_read(stream_, buffer_, parser_, [this](const Error& error, std::size_t) { result_ = error; });
    }

    Stream& stream_;
    http::request<http::empty_body> message_;
    http::response_parser<http::string_body> parser_;
    boost::beast::flat_buffer buffer_;
    std::optional<Error> result_;
};

Protocol::endpoint endpoint_of(const HttpRequest& request) {
    if (!request.unix_path.empty()) return net::local::stream_protocol::endpoint(request.unix_path);
    return net::ip::tcp::endpoint(net::ip::make_address(request.address), request.port);
}

template <class Stream>
Result<HttpReply, std::string> fetch_over(net::io_context& loop, Stream& stream, const HttpRequest& request,
                                          std::chrono::milliseconds limit) {
    Fetch<Stream> fetch(stream, request);
    fetch.start(endpoint_of(request));
    loop.run_for(limit);
    const std::string where = request.unix_path.empty() ? request.address + ":" + std::to_string(request.port) : request.unix_path;
    if (!fetch.result()) return {boost::system::in_place_error, where + " did not answer in time"};
    if (*fetch.result()) return {boost::system::in_place_error, where + ": " + fetch.result()->message()};
    return fetch.reply();
}

}  // namespace

Result<HttpReply, std::string> fetch(const HttpRequest& request, std::chrono::milliseconds limit) {
    net::io_context loop;
    if (!request.tls) {
        Protocol::socket socket(loop);
        return fetch_over(loop, socket, request, limit);
    }
    net::ssl::context context(net::ssl::context::tls_client);
    net::ssl::stream<Protocol::socket> stream(loop, context);
    return fetch_over(loop, stream, request, limit);
}

}  // namespace eas451
