// SPDX-License-Identifier: Apache-2.0
#include "ldap_dial.hpp"

#include <openssl/ssl.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "eas451/io/net/part_of_time.hpp"
#include "eas451/io/net/server_name.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using net::ip::tcp;
using Kind = LdapFailure::Kind;

constexpr auto as_result = net::as_tuple(net::use_awaitable);

}  // namespace

LdapDial::LdapDial(const net::any_io_executor& loop) : loop_(loop), socket_(loop), done_(loop) {}

LdapDial::~LdapDial() {
    if (lookup_ != nullptr) lookup_->abandon();
}

void LdapDial::give_up() {
    given_up_ = true;
    if (lookup_ != nullptr) lookup_->abandon();
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
    const auto address = net::ip::make_address(server.address.empty() ? server.host : server.address, not_an_address);
    if (!not_an_address) {
        endpoints_.emplace_back(address, server.port);
        co_return std::nullopt;
    }
    auto take = [weak = weak_from_this(), operation = begin()](const Error& error, Endpoints found) {
        const auto self = weak.lock();
        if (self == nullptr || operation != self->operation_) return;
        if (found.size() > most_addresses) found.resize(most_addresses);
        self->endpoints_ = std::move(found);
        self->complete(operation, error);
    };
    lookup_ = NameLookup::start(loop_, server.host, server.port, std::move(take));
    co_await wait(deadline);
    if (!complete_) {
        lookup_->abandon();
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
    if (!expect_server_name(ssl, server.host)) co_return LdapFailure{Kind::tls, server.name + ": a name TLS cannot check"};
    SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
    const auto [error] = co_await stream.async_handshake(net::ssl::stream_base::client, as_result);
    if (error) co_return LdapFailure{Kind::tls, server.name + ": " + why_not_verified(ssl, error)};
    co_return std::nullopt;
}

}  // namespace eas451
