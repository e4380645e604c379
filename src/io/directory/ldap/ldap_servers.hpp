// SPDX-License-Identifier: Apache-2.0
// LdapServers: the servers in order of preference. Every question goes to the first that is up, and to
// the next when that one fails, within one deadline; a preferred server that comes back is used again
// from its first answer on.
//
// On the directory loop's thread only.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "ldap_link.hpp"

namespace eas451 {

/// A reply and what it cost.
struct LdapAsked {
    LdapConnection::Replied replied;
    std::string server;     // who answered, or was asked last
    unsigned requests = 0;  // sent to any server
};

class LdapServers {
public:
    LdapServers(std::vector<std::shared_ptr<LdapLink>> links);

    /// Searches may be asked again of the next server: they change nothing.
    boost::asio::awaitable<LdapAsked> search(LdapSearch search, SteadyTime deadline);
    /// A user's bind is sent once (law 4): only a server that could not be reached passes it on.
    boost::asio::awaitable<LdapAsked> bind(std::string dn, Secret password, SteadyTime deadline);

    void start();
    void stop();
    /// Any thread: whether no server is up at all.
    [[nodiscard]] bool are_all_down() const { return up_ == 0; }
    /// For LdapLinkEvents.
    void count_up() { ++up_; }
    void count_down() {
        if (up_ != 0) --up_;
    }

private:
    /// Those that are up, in order. Waits for one that is still connecting when none is.
    boost::asio::awaitable<std::vector<std::shared_ptr<LdapLink>>> usable(SteadyTime deadline);
    [[nodiscard]] std::string why_none() const;

    std::vector<std::shared_ptr<LdapLink>> links_;
    std::atomic<unsigned> up_{0};
};

}  // namespace eas451
