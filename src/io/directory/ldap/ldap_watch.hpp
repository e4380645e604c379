// SPDX-License-Identifier: Apache-2.0
// LdapWatch: several containers that are watched together on one connection: when the server refuses one of
// them, or the connection is lost, all are over.
//
// On the directory loop's thread only. Whoever lets it go without end() hears nothing more; the server is
// told by end() alone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ldap_connection.hpp"

namespace eas451 {

class LdapWatch : public std::enable_shared_from_this<LdapWatch> {
public:
    /// Nothing when there is no room for all of them, none is given, or the connection is dead.
    static std::shared_ptr<LdapWatch> place(const std::shared_ptr<LdapConnection>& connection,
                                            const std::vector<std::string>& containers, LdapWatchEvents events);
    /// For place().
    LdapWatch(const std::shared_ptr<LdapConnection>& connection, LdapWatchEvents events);

    /// Abandons them; no events from here on.
    void end();

private:
    bool add(LdapConnection& connection, const std::string& container);
    void ended(const LdapWatchEnd& why);

    std::weak_ptr<LdapConnection> connection_;
    LdapWatchEvents events_;
    std::vector<int> ids_;
    bool is_over_ = false;
};

}  // namespace eas451
