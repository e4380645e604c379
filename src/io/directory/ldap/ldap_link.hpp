// SPDX-License-Identifier: Apache-2.0
// LdapLink: what we have to one LDAP server: one search connection, bound as the service account and
// kept up, and a few bind connections on which users' passwords are tried. It knows whether the server
// is up; which server is asked is LdapServers' business.
//
// On the directory loop's thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "eas451/io/runtime/waiters.hpp"
#include "ldap_connection.hpp"

namespace eas451 {

struct LdapAccount {
    std::string name;  // as it is bound: a DN, or a UPN on Active Directory; empty: searches are anonymous
    Secret password;
};

/// What links do when their state changes; all on the loop.
struct LdapLinkEvents {
    std::function<void(const LdapServer&)> up;
    std::function<void(const LdapServer&, const std::string& why)> down;
};

class LdapLink : public std::enable_shared_from_this<LdapLink> {
public:
    using Replied = LdapConnection::Replied;

    /// Bind connections at most. A domain controller works on few requests at once anyway.
    static constexpr std::size_t max_bind_connections = 4;
    /// Users who may wait for one of them.
    static constexpr std::size_t max_waiting_binds = 256;
    /// Between two tries to reach a server that is down: within the 5 s in which it must be used again.
    static constexpr std::chrono::milliseconds retry_after{1000};
    /// Between two tries of a service account that was refused: its wrong password must not lock it.
    static constexpr std::chrono::minutes account_retry_after{5};
    /// A search for nothing this often, well below the 15 min after which a server closes idle connections.
    static constexpr std::chrono::minutes keep_alive_every{2};

    enum class State : std::uint8_t { connecting, up, down, account_refused };

    LdapLink(boost::asio::any_io_executor loop, LdapServer server, std::shared_ptr<boost::asio::ssl::context> tls,
             std::shared_ptr<const LdapAccount> account, std::chrono::milliseconds limit, LdapLinkEvents events);

    /// Starts to connect, and keeps the search connection up until stop().
    void start();
    void stop();

    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] const LdapServer& server() const { return server_; }
    /// Why the server is not up.
    [[nodiscard]] const std::string& why() const { return why_; }

    /// On the search connection. A time-out makes the connection suspect: it is closed and made anew.
    boost::asio::awaitable<Replied> search(LdapSearch search, SteadyTime deadline);
    /// A user's password on a bind connection that nobody else uses meanwhile.
    boost::asio::awaitable<Replied> bind(std::string dn, Secret password, SteadyTime deadline);
    /// Ends when the state is not `connecting` any more, or at the deadline.
    boost::asio::awaitable<void> wait_for_state(SteadyTime deadline);

private:
    using Connection = std::shared_ptr<LdapConnection>;

    boost::asio::awaitable<void> keep_up(std::shared_ptr<LdapLink> self);
    boost::asio::awaitable<std::chrono::milliseconds> be_up_once();
    boost::asio::awaitable<void> keep_alive(std::weak_ptr<LdapLink> self, Connection connection);
    void change_state(State state, std::string why);
    /// An idle bind connection, or a new one when there may be one more; none at the deadline.
    boost::asio::awaitable<Result<Connection, LdapFailure>> take_bind_connection(SteadyTime deadline);
    void give_back(Connection connection);

    boost::asio::any_io_executor loop_;
    LdapServer server_;
    std::shared_ptr<boost::asio::ssl::context> tls_;
    std::shared_ptr<const LdapAccount> account_;
    std::chrono::milliseconds limit_;  // of one connect and of one bind of the service account
    LdapLinkEvents events_;
    State state_ = State::connecting;
    std::string why_ = "not connected yet";
    Connection search_connection_;
    std::vector<Connection> idle_binds_;
    std::size_t bind_connections_ = 0;
    Waiters waiting_binds_;  // users who wait for a place
    Waiters waiting_for_state_;
    boost::asio::steady_timer pause_;
    bool stopped_ = false;
};

}  // namespace eas451
