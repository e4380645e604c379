// SPDX-License-Identifier: Apache-2.0
// LdapConnection: one encrypted connection to an LDAP server. Transport and TLS by Asio and OpenSSL,
// messages by LdapCodec; nothing here ever blocks the loop, name resolution included, and every wait
// ends by the deadline it was given.
//
// On the directory loop's thread only. Held by shared_ptr: its own reading holds it until it is closed.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/result.hpp"
#include "eas451/core/secret.hpp"
#include "eas451/core/text.hpp"
#include "ldap_codec.hpp"
#include "ldap_watches.hpp"

namespace boost::asio::ssl {
class context;
}

namespace eas451 {

struct LdapServer {
    std::string name;  // as configured, for logs and metrics: ldaps://dc1.contoso.com
    std::string host;
    std::uint16_t port = 636;
    bool start_tls = false;  // ldap://: plain until StartTLS; nothing is ever sent before that
    std::string address = {};  // where it was reached last: dialled without a look at the name; empty: unknown
};

/// However it is spelled.
inline bool is_same_server(const LdapServer& one, const LdapServer& other) {
    return equals_ignore_case(one.host, other.host) && one.port == other.port;
}

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
    using Replied = Result<LdapReply, LdapFailure>;
    /// Searches at once; one more fails as unreachable, and the connection stays.
    static constexpr std::size_t max_in_flight = 1024;
    /// A domain controller's own limit for one connection (MaxNotificationPerConn).
    static constexpr std::size_t max_watches = 5;
    /// Of one reply whose search has no size limit.
    static constexpr std::size_t max_entries = 100'000;

    /// Not connected yet.
    static std::shared_ptr<LdapConnection> make(const boost::asio::any_io_executor& loop, LdapServer server,
                                                std::shared_ptr<boost::asio::ssl::context> tls);
    virtual ~LdapConnection() = default;

    /// Once: connects, and encrypts with a verified chain and host name. Gives why that failed; the
    /// connection is dead then. Nobody is bound yet.
    virtual boost::asio::awaitable<std::optional<LdapFailure>> open(SteadyTime deadline) = 0;

    /// Any number up to max_in_flight at once. `search` lives until it ends.
    virtual boost::asio::awaitable<Replied> search(const LdapSearch& search, SteadyTime deadline) = 0;
    /// Only while nothing else is in flight: a bind ends what runs beside it. The password is cleansed
    /// from every buffer of ours that it passed. Both arguments live until it ends.
    virtual boost::asio::awaitable<Replied> bind(const std::string& dn, const Secret& password,
                                                 SteadyTime deadline) = 0;

    /// Tells of each change of a child of `container`, as long as the connection lives. Gives a number for
    /// unwatch(), or nothing when there is no room or the connection is dead; whether the server takes it,
    /// its end tells.
    virtual std::optional<int> watch(const std::string& container, LdapWatchEvents events) = 0;
    /// No events from here on. One that has ended may be given too.
    virtual void unwatch(int id) = 0;

    [[nodiscard]] virtual bool is_alive() const = 0;
    /// Where it is connected to, as an address; empty before that.
    [[nodiscard]] virtual const std::string& address() const = 0;
    /// When the certificate expires that it showed, in Unix seconds; nothing before it was open.
    [[nodiscard]] virtual std::optional<std::int64_t> certificate_expiry() const = 0;
    /// When the last whole message came.
    [[nodiscard]] virtual SteadyTime last_heard() const = 0;
    /// Ends when the connection is dead, or at `until`.
    virtual boost::asio::awaitable<void> wait_until_dead(SteadyTime until) = 0;
    [[nodiscard]] virtual const LdapFailure& why_dead() const = 0;
    /// At any time, also while it opens: fails everything that waits for it. Only the first reason counts.
    virtual void close(LdapFailure why) = 0;
};

}  // namespace eas451
