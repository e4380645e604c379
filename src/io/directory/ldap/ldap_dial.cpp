// SPDX-License-Identifier: Apache-2.0
#include "ldap_dial.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "part_of_time.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using net::ip::tcp;
using Kind = LdapFailure::Kind;
using Error = boost::system::error_code;

constexpr auto as_result = net::as_tuple(net::use_awaitable);

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
    const bool hung_up = error == net::error::eof || error == net::ssl::error::stream_truncated;
    if (verified == X509_V_OK) return error.message() + (hung_up ? " in the middle of the handshake; is this a port for TLS?" : "");
    return std::string("its certificate is not accepted: ") + X509_verify_cert_error_string(verified);
}

}  // namespace

LdapDial::LdapDial(const net::any_io_executor& loop) : resolver_(loop), socket_(loop), done_(loop) {}

void LdapDial::give_up() {
    given_up_ = true;
    resolver_.cancel();
    done_.cancel();
}

net::awaitable<LdapDial::Reached> LdapDial::reach(const LdapServer& server, SteadyTime deadline) {
    const auto self = shared_from_this();
    auto failure = co_await resolve(server, deadline);
    for (std::size_t i = 0; i < endpoints_.size() && !given_up_; ++i) {
        failure = co_await connect(server, i, part_of(deadline, endpoints_.size() - i));
        if (!failure) co_return Reached(boost::system::in_place_value, std::move(socket_));
    }
    if (given_up_) failure = LdapFailure{Kind::broken, server.name + ": given up"};
    co_return Reached(boost::system::in_place_error, std::move(*failure));
}

unsigned LdapDial::begin() {
    complete_ = false;
    return ++operation_;
}

void LdapDial::complete(unsigned operation, const Error& error) {
    if (operation != operation_) return;
    error_ = error;
    complete_ = true;
    done_.cancel();
}

net::awaitable<void> LdapDial::wait(SteadyTime until) {
    done_.expires_at(until);
    co_await done_.async_wait(as_result);
    ++operation_;
}

net::awaitable<std::optional<LdapFailure>> LdapDial::resolve(const LdapServer& server, SteadyTime deadline) {
    Error not_an_address;
    const auto address = net::ip::make_address(server.host, not_an_address);
    if (!not_an_address) {
        // Not behind names that the hidden thread may still be looking up.
        endpoints_.emplace_back(address, server.port);
        co_return std::nullopt;
    }
    auto take = [self = shared_from_this(), operation = begin()](const Error& error,
                                                                 const tcp::resolver::results_type& found) {
        if (operation != self->operation_) return;
        for (const auto& entry : found) {
            if (self->endpoints_.size() < most_addresses) self->endpoints_.push_back(entry.endpoint());
        }
        self->complete(operation, error);
    };
    resolver_.async_resolve(server.host, std::to_string(server.port), std::move(take));
    co_await wait(deadline);
    if (!complete_) {
        resolver_.cancel();
        co_return LdapFailure{Kind::timed_out, server.name + ": its name was not resolved in time"};
    }
    if (error_) co_return LdapFailure{Kind::unreachable, server.name + ": " + error_.message()};
    if (endpoints_.empty()) co_return LdapFailure{Kind::unreachable, server.name + ": its name has no address"};
    co_return std::nullopt;
}

net::awaitable<std::optional<LdapFailure>> LdapDial::connect(const LdapServer& server, std::size_t address,
                                                             SteadyTime until) {
    Error ignored;
    socket_.close(ignored);
    auto take = [self = shared_from_this(), operation = begin()](const Error& error) {
        self->complete(operation, error);
    };
    socket_.async_connect(endpoints_[address], std::move(take));
    co_await wait(until);
    if (!complete_) {
        socket_.close(ignored);
        co_return LdapFailure{Kind::timed_out, server.name + " did not accept a connection in time"};
    }
    if (error_) co_return LdapFailure{Kind::unreachable, server.name + ": " + error_.message()};
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.set_option(net::socket_base::keep_alive(true), ignored);
    co_return std::nullopt;
}

net::awaitable<std::optional<LdapFailure>> shake_hands(const LdapServer& server,
                                                       net::ssl::stream<tcp::socket>& stream) {
    SSL* ssl = stream.native_handle();
    if (!expect_name(ssl, server.host)) co_return LdapFailure{Kind::tls, server.name + ": a name TLS cannot check"};
    SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
    const auto [error] = co_await stream.async_handshake(net::ssl::stream_base::client, as_result);
    if (error) co_return LdapFailure{Kind::tls, server.name + ": " + reason_of(ssl, error)};
    co_return std::nullopt;
}

}  // namespace eas451
