// SPDX-License-Identifier: Apache-2.0
#include "ldap_dial.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace eas451 {
namespace {

namespace net = boost::asio;
using net::ip::tcp;
using Kind = LdapFailure::Kind;
using Error = boost::system::error_code;

constexpr auto as_result = net::as_tuple(net::use_awaitable);

/// A look-up that may go on after nobody waits for it any more.
struct Resolving {
    tcp::resolver resolver;
    net::steady_timer done;
    Error error;
    tcp::resolver::results_type found;
    bool complete = false;
};

net::awaitable<std::shared_ptr<Resolving>> resolve(const LdapServer& server, SteadyTime deadline) {
    const net::any_io_executor loop = co_await net::this_coro::executor;
    auto resolving = std::make_shared<Resolving>(Resolving{tcp::resolver(loop), net::steady_timer(loop, deadline), {}, {}, false});
    auto take = [resolving](const Error& error, tcp::resolver::results_type found) {
        resolving->error = error;
        resolving->found = std::move(found);
        resolving->complete = true;
        resolving->done.cancel();
    };
    resolving->resolver.async_resolve(server.host, std::to_string(server.port), std::move(take));
    co_await resolving->done.async_wait(as_result);
    co_return resolving;
}

/// The certificate has to name the host, or the address where that is how the server is configured.
bool expect_name(SSL* ssl, const std::string& host) {
    Error not_an_address;
    net::ip::make_address(host, not_an_address);
    X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl);
    if (!not_an_address) return X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) == 1;
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
}

std::string reason_of(SSL* ssl, const Error& error) {
    const long verified = SSL_get_verify_result(ssl);
    if (verified == X509_V_OK) return error.message();
    return std::string("its certificate is not accepted: ") + X509_verify_cert_error_string(verified);
}

}  // namespace

net::awaitable<std::optional<LdapFailure>> dial(const LdapServer& server, tcp::socket& socket, SteadyTime deadline) {
    const auto resolving = co_await resolve(server, deadline);
    if (!resolving->complete) co_return LdapFailure{Kind::timed_out, server.host + ": its name was not resolved in time"};
    if (resolving->error) co_return LdapFailure{Kind::unreachable, server.host + ": " + resolving->error.message()};
    const auto [error, endpoint] = co_await net::async_connect(socket, resolving->found, as_result);
    if (error) co_return LdapFailure{Kind::unreachable, server.name + ": " + error.message()};
    Error ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(net::socket_base::keep_alive(true), ignored);
    co_return std::nullopt;
}

net::awaitable<std::optional<LdapFailure>> shake_hands(const LdapServer& server, net::ssl::stream<tcp::socket>& stream) {
    SSL* ssl = stream.native_handle();
    if (!expect_name(ssl, server.host)) co_return LdapFailure{Kind::tls, server.name + ": a name TLS cannot check"};
    SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
    const auto [error] = co_await stream.async_handshake(net::ssl::stream_base::client, as_result);
    if (error) co_return LdapFailure{Kind::tls, server.name + ": " + reason_of(ssl, error)};
    co_return std::nullopt;
}

}  // namespace eas451
