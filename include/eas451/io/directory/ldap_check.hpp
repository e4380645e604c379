// SPDX-License-Identifier: Apache-2.0
// What `check --online` finds out about LDAP servers: each is reached, and asked what a login would need.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "eas451/io/directory/ldap_directory.hpp"

namespace eas451 {

/// One sentence each.
struct DirectoryFindings {
    std::vector<std::string> facts;
    std::vector<std::string> warnings;
    std::vector<std::string> errors;
    /// As the first server that could be asked has them; null when there is none.
    std::shared_ptr<const RelationshipTable> relationships;
    /// Whether some server shows users with a RemoteRoutingAddress; nothing: none could be asked that far.
    std::optional<bool> shows_moved_users;
};

/// Each server within two options.deadline and somewhat more. The options are those of make_ldap_directory().
boost::asio::awaitable<DirectoryFindings> check_ldap_directory(std::shared_ptr<const LdapDirectoryOptions> options);

}  // namespace eas451
