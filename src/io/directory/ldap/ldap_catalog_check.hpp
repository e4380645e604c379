// SPDX-License-Identifier: Apache-2.0
// What `check --online` finds out about a global catalog as such.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "eas451/io/directory/ldap_check.hpp"
#include "ldap_schema.hpp"
#include "ldap_servers.hpp"

namespace eas451 {

// On the directory loop; the references have to live until it ends.

/// Whether the catalog has all that it shall have. False when it does not answer.
boost::asio::awaitable<bool> check_ldap_catalog(LdapServers& catalog, const std::string& name, SteadyTime deadline,
                                                DirectoryFindings& findings);
/// Which of our attributes the schema keeps out of catalogs. To ask the server itself: what a catalog shows of
/// the schema is as partial as the rest.
boost::asio::awaitable<void> check_catalog_attributes(LdapServers& server, const std::string& name, const LdapSchema& schema,
                                                      SteadyTime deadline, DirectoryFindings& findings);

}  // namespace eas451
