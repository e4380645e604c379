// SPDX-License-Identifier: Apache-2.0
// LdapConnection: one encrypted connection to an LDAP server. Transport and TLS by Asio and OpenSSL,
// messages by LdapCodec; nothing here ever blocks the loop, name resolution included, and every wait
// ends by the deadline it was given.
//
// On the directory loop's thread only. Held by shared_ptr: its own reading holds it while it lives.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/result.hpp"
#include "eas451/core/secret.hpp"
#include "ldap_codec.hpp"

namespace boost::asio::ssl {
class context;
}

namespace eas451 {

struct LdapServer {
    std::string name;  // as configured, for logs and metrics: ldaps://dc1.contoso.com
    std::string host;
    std::uint16_t port = 636;
    bool start_tls = false;  // ldap://: plain until StartTLS; nothing is ever sent before that
};

/// Why a server could not be asked. Never an answer about a user.
struct LdapFailure {
    enum class Kind : std::uint8_t { unreachable, tls, timed_out, broken } kind = Kind::broken;
    std::string text;
};

/// What a server answered: every entry, and the result that ended it.
struct LdapReply {
    std::vector<LdapEntry> entries;
    LdapResult result;
    bool has_references = false;
};

class LdapConnection {
public:
    using Opened = Result<std::shared_ptr<LdapConnection>, LdapFailure>;
    using Replied = Result<LdapReply, LdapFailure>;

    /// Connects, and encrypts with a verified chain and host name. Nobody is bound yet.
    static boost::asio::awaitable<Opened> open(LdapServer server, std::shared_ptr<boost::asio::ssl::context> tls,
                                               SteadyTime deadline);
    virtual ~LdapConnection() = default;

    /// Any number at once.
    virtual boost::asio::awaitable<Replied> search(LdapSearch search, SteadyTime deadline) = 0;
    /// Only while nothing else is in flight: a bind ends what runs beside it. The password is cleansed
    /// from every buffer it passed.
    virtual boost::asio::awaitable<Replied> bind(std::string dn, Secret password, SteadyTime deadline) = 0;

    [[nodiscard]] virtual bool is_alive() const = 0;
    [[nodiscard]] virtual std::size_t in_flight() const = 0;
    /// Ends when the connection is dead, with the reason.
    virtual boost::asio::awaitable<LdapFailure> wait_until_dead() = 0;
    /// Fails everything in flight.
    virtual void close(std::string_view why) = 0;
};

}  // namespace eas451
