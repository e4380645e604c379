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
};

/// A reply and what it cost.
struct LdapAsked {
    LdapConnection::Replied replied;
    std::string server;     // who answered, or was asked last; empty when nobody could be asked
    unsigned requests = 0;  // sent to any server
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
    /// Fails what waits and what searches; no events from here on.
    void stop();
    /// Any thread: whether no server is up at all.
    [[nodiscard]] bool are_all_down() const { return up_ == 0; }

private:
    using Self = std::shared_ptr<LdapServers>;
    /// What one question has tried of one link.
    struct Tried {
        unsigned connection = 0;
        unsigned times = 0;
        bool is_over = false;
    };
    using Tries = std::vector<Tried>;  // in the order of links_

    // Static, so that they hold what they use from the moment they are made.
    static boost::asio::awaitable<LdapAsked> search_somewhere(Self self, LdapSearch search, SteadyTime deadline);
    static boost::asio::awaitable<LdapAsked> bind_somewhere(Self self, std::string dn, Secret password,
                                                            SteadyTime deadline);

    enum class Use : std::uint8_t { search, bind };
    /// The first link that is up and may be tried; for a bind, one on which binds failed lately comes last. Waits while there is none and one may soon be; gives
    /// links_.size() when there will be none.
    boost::asio::awaitable<std::size_t> next_link(Use use, const Tries& tries, SteadyTime deadline);
    [[nodiscard]] bool may_be_tried(std::size_t link, const Tries& tries) const;
    /// Its state is about to change.
    [[nodiscard]] bool may_come(std::size_t link, const Tries& tries) const;
    [[nodiscard]] SteadyTime part_for_one(const Tries& tries, SteadyTime deadline) const;
    [[nodiscard]] LdapAsked nobody_asked(SteadyTime deadline) const;
    void link_changed(const LdapLink& link, LdapLink::State before);

    std::vector<std::shared_ptr<LdapLink>> links_;
    LdapLinkEvents events_;
    Waiters changed_;
    std::atomic<unsigned> up_{0};
    bool stopped_ = false;
};

}  // namespace eas451
