// SPDX-License-Identifier: Apache-2.0
// LdapOrganization: what of the directory does not depend on who logs in: where users are, which
// NetBIOS names its domains have, and the organization relationships. Read whole, again and again.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "eas451/core/credentials.hpp"
#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/result.hpp"
#include "ldap_servers.hpp"

namespace eas451 {

/// Where things are. What the administrator gave is not asked for.
struct LdapNaming {
    std::string base;                // where users are searched
    std::string relationships_base;  // empty: the server has no configuration partition, and none was given
    /// A domain by both its names, and where it is; lower-case.
    struct Domain {
        std::string netbios_name;
        std::string dns_name;
        std::string base;
    };
    std::vector<Domain> domains;
    std::string own_domain;  // the default naming context of the server; empty: it has none
    std::string context;     // the naming context that `base` is in; empty: none that is known
    bool is_active_directory = false;
    /// False where the root DSE is hidden, or there is a configuration partition and the domains in it are.
    bool domains_are_known = true;
    /// Users are searched in a global catalog, which has those of every domain of the forest. `base` is empty
    /// for all of it.
    bool is_forest = false;
    std::string bare_base;  // of names without a domain, when it is another than `base`

    /// Where a login is searched: NETBIOS\user below its domain, a bare name below the default domain, any
    /// other below `base`. Nothing for a domain that is not known.
    [[nodiscard]] std::optional<std::string> base_of(const LoginName& login) const;
    /// The domain in which a login may be a logon name: that of NETBIOS\user, and of user@dns.name; for a
    /// bare name the one that it is searched in. Null: none that is known.
    [[nodiscard]] const Domain* domain_of_login(const LoginName& login) const;
    /// The domain that an entry is in; null: none that is known.
    [[nodiscard]] const Domain* domain_of_entry(std::string_view distinguished_name) const;
    /// Its NetBIOS name, lower-case; empty: not known.
    [[nodiscard]] std::string netbios_name_of(std::string_view distinguished_name) const;
    /// Whether a login may be the logon name of that entry: a search below a domain finds those of the domains
    /// beneath it, too, whose account names may be the same. True where the login's domain is not known.
    [[nodiscard]] bool is_in_domain_of(const LoginName& login, std::string_view distinguished_name) const;
};

struct LdapNamingOptions {
    std::string base;
    std::string relationships_base;
    std::map<std::string, std::string> netbios_domains;
    bool wants_relationships = true;
    bool whole_forest = false;  // users are searched in a global catalog
};

struct LdapOrganization {
    LdapNaming naming;
    std::vector<OrganizationRelationship> relationships;
    /// Where they are: the objects above them, each once, in an order that does not change.
    std::vector<std::string> containers;
    std::string server;           // that they were read from
    bool is_of_one_server = true;  // the naming is of the same
    bool can_be_watched = false;   // that server offers to tell of changes
    std::string trouble;  // of the relationships; not empty: they could not be read, or none is visible; says why
};

/// The error is one sentence: without naming nobody can be looked up. On the directory loop.
boost::asio::awaitable<Result<LdapOrganization, std::string>> read_organization(LdapServers& servers,
                                                                                const LdapNamingOptions& options,
                                                                                SteadyTime deadline);

}  // namespace eas451
