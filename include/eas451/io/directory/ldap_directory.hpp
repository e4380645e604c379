// SPDX-License-Identifier: Apache-2.0
// LdapDirectory: users and organization relationships from LDAP servers: Active Directory, or OpenLDAP
// with Exchange's attributes. docs/directory.md says what an administrator has to provide.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/result.hpp"
#include "eas451/core/secret.hpp"
#include "eas451/io/directory/directory.hpp"

namespace boost::asio::ssl {
class context;
}

namespace eas451 {

/// What the administrator gave of locking accounts; what he left out is read from the directory.
struct LockoutOptions {
    std::optional<unsigned> threshold;  // 0: no account is ever locked
    std::optional<std::chrono::seconds> observation_window;
};

struct LdapDirectoryOptions {
    /// ldaps://HOST[:PORT], ldap:// for StartTLS, or srv:DOMAIN for those that DNS names; in order of preference.
    std::vector<std::string> servers;
    std::vector<std::string> name_servers;  // ADDRESS:PORT, asked for srv:DOMAIN; empty: the system's
    std::shared_ptr<boost::asio::ssl::context> tls;
    std::string bind_name;  // empty: searches are anonymous
    std::shared_ptr<const Secret> bind_password;  // the one copy that there is; null with bind_name empty
    std::string base;                // empty: what the server says
    std::string relationships_base;  // empty: what the server says
    std::map<std::string, std::string> netbios_domains;
    bool global_catalog = false;            // users are searched there, and what it lacks at the servers
    std::uint16_t global_catalog_port = 0;  // 0: 3269, or 3268 with StartTLS
    std::string user_filter;
    std::map<std::string, std::string> attributes;
    bool smtp_logins = false;  // mail addresses are logins too
    std::chrono::milliseconds deadline{};  // of everything that nobody waits for
    std::string realm;
    std::chrono::milliseconds ttl{};
    std::chrono::milliseconds negative_ttl{};
    std::chrono::milliseconds login_ttl{};
    std::chrono::milliseconds stale_local{};
    std::size_t max_entries = 0;
    LockoutOptions lockout;
    unsigned replicas = 1;  // processes like this one before the same domain, this one included
    std::size_t failing_users_per_address = 10;  // 0: any number
    std::chrono::milliseconds failing_user_leaves_after{6000};
    std::vector<OrganizationRelationship> static_relationships;
    bool relationships_from_directory = true;
    std::chrono::milliseconds relationships_max_age{};
    std::chrono::milliseconds relationships_refresh{};
};

/// "2.5.13": of the library that runs.
std::string ldap_library_version();

/// Whether libldap can send it.
bool is_ldap_filter(const std::string& text);

/// Connects to nothing before start(). The filter is one.
std::shared_ptr<Directory> make_ldap_directory(std::shared_ptr<const LdapDirectoryOptions> options);

}  // namespace eas451
