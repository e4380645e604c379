// SPDX-License-Identifier: Apache-2.0
// LdapServers: the servers in order of preference. Every question goes to the first that is up, and to
// the next when that one fails, within one deadline; a preferred server that comes back is used again
// from its first answer on.
//
// Held by shared_ptr. On the directory loop's thread only, but for are_all_down(). After stop(), or when
// it is let go, everything it started ends by itself, at the latest at the deadlines of what is being
// asked; when the loop is destroyed instead, that frees everything. Nobody else may hold it longer than
// the loop lives.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ldap_link.hpp"

namespace eas451 {

/// What is told when a server comes or goes; on the loop. A server that is tried again and again in
/// vain is told once.
struct LdapLinkEvents {
    std::function<void(const LdapServer&)> up;
    std::function<void(const LdapServer&, const std::string& why)> down;
    /// It is not among the servers any more; nothing more is told of it.
    std::function<void(const LdapServer&)> gone;
};

/// A reply and what it cost.
struct LdapAsked {
    LdapConnection::Replied replied;
    std::string server;     // who answered, or was asked last; empty when nobody could be asked
    unsigned requests = 0;  // sent to any server
    unsigned passed_over = 0;  // servers that were turned to before and could not answer
};

/// Why there is no answer: the failure, or the result with its code and what the server says of it.
std::string text_of(const LdapAsked& asked);

class LdapServers : public std::enable_shared_from_this<LdapServers> {
public:
    /// Questions that may wait for a server while none is up and one may soon be.
    static constexpr std::size_t max_waiting = 1024;

    /// `limit` is that of one connect together with the bind of the service account.
    LdapServers(const boost::asio::any_io_executor& loop, std::vector<LdapServer> servers,
                const std::shared_ptr<boost::asio::ssl::context>& tls, LdapAccount account,
                std::chrono::milliseconds limit, LdapLinkEvents events, LdapLinkTimes times = {});
    ~LdapServers();
    LdapServers(const LdapServers&) = delete;
    LdapServers& operator=(const LdapServers&) = delete;

    /// Searches may be asked again, of the next server or once more of one whose connection was lost:
    /// they change nothing. The next server is asked, too, when one answers that it cannot.
    boost::asio::awaitable<LdapAsked> search(LdapSearch search, SteadyTime deadline);
    /// On the server of that name, as LdapAsked has it, and on no other: whoever watches has read there.
    /// Nothing when it is not up.
    std::shared_ptr<LdapWatch> watch(const std::string& server, const std::vector<std::string>& containers,
                                     LdapWatchEvents events);
    /// The server that a search would go to now; empty when none is up.
    [[nodiscard]] std::string first_up() const;
    /// A user's bind is sent once (law 4): only while it has not been sent does the next server get it.
    boost::asio::awaitable<LdapAsked> bind(std::string dn, Secret password, SteadyTime deadline);

    /// Once.
    void start();
    /// Who is asked from now on, at any time before stop(). A server that stays keeps its connections; one that
    /// is new is connected to; what is searched on one that is gone is asked of the others, and binds that were
    /// sent to it are still waited for. The same host and port given twice is one server, at its first place.
    void set_servers(std::vector<LdapServer> servers);
    /// Why there may be more servers than those; empty: there are not. It is a reason for failing when none is
    /// up. `may_come`: one may soon be found, and questions wait for it.
    void set_missing(std::string why, bool may_come);
    /// Fails what waits and what searches; no events from here on.
    void stop();
    /// Any thread: whether no server is up at all.
    [[nodiscard]] bool are_all_down() const { return up_ == 0; }

private:
    using Self = std::shared_ptr<LdapServers>;
    using Link = std::shared_ptr<LdapLink>;
    /// What one question has tried of one link. It holds the link, which may be gone from links_ by then.
    struct Tried {
        Link link;
        unsigned connection = 0;
        unsigned times = 0;
        bool is_over = false;
    };
    using Tries = std::vector<Tried>;

    // Static, so that they hold what they use from the moment they are made.
    static boost::asio::awaitable<LdapAsked> search_somewhere(Self self, LdapSearch search, SteadyTime deadline);
    static boost::asio::awaitable<LdapAsked> bind_somewhere(Self self, std::string dn, Secret password,
                                                            SteadyTime deadline);

    enum class Use : std::uint8_t { search, bind };
    /// The first link that is up and may be tried; for a bind, one on which binds failed lately comes last. Waits
    /// while there is none and one may soon be; null when there will be none.
    boost::asio::awaitable<Link> next_link(Use use, const Tries& tries, SteadyTime deadline);
    /// Valid until the next call.
    static Tried& tried_of(Tries& tries, const Link& link);
    static bool may_be_tried(const Link& link, const Tries& tries);
    /// Its state is about to change.
    static bool may_come(const Link& link, const Tries& tries);
    [[nodiscard]] SteadyTime part_for_one(const Tries& tries, SteadyTime deadline) const;
    [[nodiscard]] LdapAsked nobody_asked(SteadyTime deadline) const;
    void start(LdapLink& link);
    void link_changed(const LdapLink& link, LdapLink::State before);
    [[nodiscard]] Link link_of(const LdapServer& server) const;

    std::function<Link(LdapServer)> make_link_;
    std::vector<Link> links_;
    LdapLinkEvents events_;
    Waiters changed_;
    std::string missing_;
    bool more_may_come_ = false;
    std::atomic<unsigned> up_{0};
    bool started_ = false;
    bool stopped_ = false;
};

}  // namespace eas451
