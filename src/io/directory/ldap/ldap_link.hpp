// SPDX-License-Identifier: Apache-2.0
// LdapLink: what we have to one LDAP server: one search connection, bound as the service account and
// kept up, and a few bind connections on which users' passwords are tried. It knows whether the server
// is up; which server is asked is LdapServers' business.
//
// On the directory loop's thread only, and held by shared_ptr; it is let go before its loop is destroyed,
// or by that. After stop() its coroutines end by themselves.
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
#include "ldap_watch.hpp"

namespace eas451 {

struct LdapAccount {
    std::string name;  // as it is bound: a DN, or a UPN on Active Directory; empty: searches are anonymous
    std::shared_ptr<const Secret> password;  // null with an empty name
};

struct LdapLinkTimes {
    /// Between two tries to reach a server that is down: within the 5 s in which it must be used again.
    std::chrono::milliseconds retry_after{1000};
    /// Between two tries of a service account that was refused: its wrong password must not lock it.
    std::chrono::milliseconds account_retry_after = std::chrono::minutes(5);
    /// A search for nothing this often, well below the 15 min after which a server closes idle connections.
    std::chrono::milliseconds keep_alive_every = std::chrono::minutes(2);
    /// An idle bind connection is closed after this: the server, or a firewall that says nothing, may have
    /// cut it, and the bind that is sent on it would be lost.
    std::chrono::milliseconds bind_idle = std::chrono::seconds(60);
    /// After a bind that failed, another server is preferred for the next ones.
    std::chrono::milliseconds bind_avoided = std::chrono::seconds(5);
};

class LdapLink : public std::enable_shared_from_this<LdapLink> {
public:
    using Replied = LdapConnection::Replied;

    /// Bind connections at most. A domain controller works on few requests at once anyway.
    static constexpr std::size_t max_bind_connections = 4;
    /// Users who may wait for one of them.
    static constexpr std::size_t max_waiting_binds = 256;

    /// `connecting` is at the start, and again when a connection was lost that had been good: the next
    /// state is not far. A server that hangs, or that was lost at once, is `down` in between.
    enum class State : std::uint8_t { connecting, up, down, account_refused };
    /// Called on the loop when the state has changed, with the one before.
    using Changed = std::function<void(const LdapLink&, State before)>;

    struct Bound {
        Replied replied;
        bool sent = false;  // the password has left us, whatever came of it
        bool had_place = true;  // false: too many others wait, which says nothing of the server
    };

    /// `limit` is that of one connect together with the bind of the service account.
    LdapLink(boost::asio::any_io_executor loop, LdapServer server, std::shared_ptr<boost::asio::ssl::context> tls,
             std::shared_ptr<const LdapAccount> account, std::chrono::milliseconds limit, LdapLinkTimes times);

    /// Starts to connect, and keeps the search connection up until stop().
    void start(Changed changed);
    /// Searches in flight fail; binds that were sent are still waited for.
    void stop();

    [[nodiscard]] State state() const { return state_; }
    /// Whether there is a connection for a search. Lost, it is not up any more as soon as that is noted.
    [[nodiscard]] bool can_search() const { return is_up() && search_connection_->is_alive(); }
    [[nodiscard]] const LdapServer& server() const { return server_; }
    /// Why the server is not up.
    [[nodiscard]] const std::string& why() const { return why_; }
    /// A bind could not be sent or was not answered, not long ago: another server is the better choice.
    [[nodiscard]] bool binds_failed_lately() const;
    /// Which search connection it is, counted from 1.
    [[nodiscard]] unsigned connection_number() const { return connection_number_; }

    /// On the search connection. A time-out makes a connection suspect on which nothing else came
    /// meanwhile: it is closed and made anew. `search` lives until it ends.
    boost::asio::awaitable<Replied> search(const LdapSearch& search, SteadyTime deadline);
    /// On the search connection, and for as long as that lives; nothing when there is none.
    std::shared_ptr<LdapWatch> watch(const std::vector<std::string>& containers, LdapWatchEvents events);
    /// A user's password on a bind connection that nobody else uses meanwhile; there is one at
    /// `connected_by`, or nothing is sent. Both arguments live until it ends.
    boost::asio::awaitable<Bound> bind(const std::string& dn, const Secret& password, SteadyTime connected_by,
                                       SteadyTime deadline);

private:
    using Connection = std::shared_ptr<LdapConnection>;
    struct BindPlace;
    struct IdleBind {
        Connection connection;
        SteadyTime since;
    };

    boost::asio::awaitable<void> keep_up(std::shared_ptr<LdapLink> self);
    /// Connects and binds the service account. The state says what came of it.
    boost::asio::awaitable<void> come_up();
    /// Until the search connection is dead.
    boost::asio::awaitable<void> stay_up();
    void change_state(State state, std::string why);
    [[nodiscard]] bool is_up() const { return state_ == State::up; }

    boost::asio::awaitable<Bound> bind_once(const std::string& dn, const Secret& password, SteadyTime connected_by,
                                            SteadyTime deadline);
    /// In the order of coming: a place that is free is handed to the one who has waited longest.
    boost::asio::awaitable<std::optional<LdapFailure>> wait_for_place(SteadyTime deadline);
    void hand_over_place();
    /// An idle bind connection that is still good, or none.
    Connection take_idle();
    void give_back(Connection connection);
    void sweep_idle();
    void close_idle();

    boost::asio::any_io_executor loop_;
    LdapServer server_;
    std::shared_ptr<boost::asio::ssl::context> tls_;
    std::shared_ptr<const LdapAccount> account_;
    std::chrono::milliseconds limit_;
    LdapLinkTimes times_;
    Changed changed_;
    State state_ = State::connecting;
    SteadyTime binds_avoided_until_{};
    std::string why_;
    Connection search_connection_;  // from its connect on
    unsigned connection_number_ = 0;
    boost::asio::steady_timer pause_;
    std::vector<IdleBind> idle_binds_;  // the longest idle first
    std::size_t busy_binds_ = 0;        // taken, or being connected
    std::size_t handed_over_ = 0;       // to users who were woken and have not gone on yet
    Waiters waiting_binds_;             // users who wait for a place
    boost::asio::steady_timer sweep_;
    bool stopped_ = false;
};

}  // namespace eas451
