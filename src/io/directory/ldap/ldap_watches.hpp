// SPDX-License-Identifier: Apache-2.0
// LdapWatches: the watches of one connection, by the ids of their requests. What changed is not kept: that
// something did is all that is told. On the directory loop's thread only.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>

#include "ldap_codec.hpp"

namespace eas451 {

/// Why a watch is over.
struct LdapWatchEnd {
    std::string why;           // names the server
    bool was_refused = false;  // the server ended it; otherwise the connection is lost
};

/// Called on the loop, never from within the call that placed the watch. Both are there, and neither asks
/// anything of the connection from within but unwatch().
struct LdapWatchEvents {
    std::function<void()> changed;
    std::function<void(const LdapWatchEnd&)> ended;  // once; nothing comes after it
};

class LdapWatches {
public:
    void add(int id, LdapWatchEvents events) { watches_.emplace(id, std::move(events)); }
    /// Silently; whether there was one.
    bool remove(int id) { return watches_.erase(id) != 0; }
    [[nodiscard]] bool has(int id) const { return watches_.contains(id); }
    [[nodiscard]] std::size_t size() const { return watches_.size(); }

    /// What the server says to one of them.
    void take(const LdapMessage& message, const std::string& server);
    /// The connection is lost.
    void end_all(const std::string& why);

private:
    std::unordered_map<int, LdapWatchEvents> watches_;
};

}  // namespace eas451
