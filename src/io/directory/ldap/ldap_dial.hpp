// SPDX-License-Identifier: Apache-2.0
// The two steps of reaching an LDAP server that say why they failed: the TCP connection and the TLS
// handshake. On the directory loop's thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "eas451/io/net/name_lookup.hpp"
#include "ldap_connection.hpp"

namespace eas451 {

/// One try to get a TCP connection: resolves the name and tries its addresses one after the other, each
/// for an equal part of the time. The name is looked up by NameLookup. What is still under way when nobody waits any
/// more holds this by shared_ptr.
class LdapDial : public std::enable_shared_from_this<LdapDial> {
public:
    using Reached = Result<boost::asio::ip::tcp::socket, LdapFailure>;
    /// A name that has more addresses is tried at these.
    static constexpr std::size_t most_addresses = 4;

    explicit LdapDial(const boost::asio::any_io_executor& loop);
    ~LdapDial();
    LdapDial(const LdapDial&) = delete;
    LdapDial& operator=(const LdapDial&) = delete;

    boost::asio::awaitable<Reached> reach(const LdapServer& server, SteadyTime deadline);
    /// Ends reach() soon, with some failure.
    void give_up();

private:
    using Error = boost::system::error_code;
    using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

    boost::asio::awaitable<std::optional<LdapFailure>> resolve(const LdapServer& server, SteadyTime deadline);
    boost::asio::awaitable<std::optional<LdapFailure>> connect(const LdapServer& server, std::size_t address,
                                                               SteadyTime until);
    /// Until the operation that has just been started is complete, or the time is over.
    boost::asio::awaitable<void> wait(SteadyTime until);
    unsigned begin();
    void complete(unsigned operation, const Error& error);

    boost::asio::any_io_executor loop_;
    std::shared_ptr<BlockingCall> lookup_;
    boost::asio::ip::tcp::socket socket_;
    boost::asio::steady_timer done_;
    Endpoints endpoints_;
    Error error_;
    unsigned operation_ = 0;  // one that nobody waits for any more has a lower number
    bool complete_ = false;
    bool given_up_ = false;
};

/// Client handshake; the certificate must chain to a trusted one and name the host. The failure holds
/// OpenSSL's own reason.
boost::asio::awaitable<std::optional<LdapFailure>> shake_hands(
    const LdapServer& server, boost::asio::ssl::stream<boost::asio::ip::tcp::socket>& stream);

}  // namespace eas451
