// SPDX-License-Identifier: Apache-2.0
#include "ldap_organization.hpp"

#include <algorithm>
#include <span>

#include "eas451/core/text.hpp"
#include "ldap_dn.hpp"
#include "ldap_result_code.hpp"
#include "ldap_schema.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;

// More would be cut by a domain controller, which pages above this (MaxPageSize); nobody has so many.
constexpr int most_relationships = 1000;
constexpr int most_domains = 1000;
/// LDAP_CAP_ACTIVE_DIRECTORY_OID (MS-ADTS 3.1.1.3.4.3.1).
constexpr std::string_view active_directory = "1.2.840.113556.1.4.800";

/// The domain that the base is in, as plain_dn(): the deepest of those around it.
std::string domain_around(const std::string& base, std::span<const std::string> domains) {
    const std::string base_dn = plain_dn(base);
    std::string deepest;
    for (const std::string& domain : domains) {
        std::string dn = plain_dn(domain);
        if (dn.size() > deepest.size() && is_at_or_below(base_dn, dn)) deepest = std::move(dn);
    }
    return deepest;
}

/// As the administrator spells it, where it is the base itself.
std::string context_around(const std::string& base, std::span<const std::string> contexts) {
    std::string context = domain_around(base, contexts);
    return context == plain_dn(base) ? base : context;
}

/// Where the domain's users are below our base; empty when they are not. `around` is the domain around it:
/// of that one's parents nobody is there.
std::string base_within(const std::string& domain, const std::string& base, const std::string& around) {
    if (base.empty()) return domain;  // the whole forest
    const std::string domain_dn = plain_dn(domain);
    if (!around.empty() && domain_dn == around) return base;
    return is_at_or_below(domain_dn, plain_dn(base)) ? domain : std::string{};
}

std::vector<LdapNaming::Domain> given_domains(const LdapNamingOptions& options, const std::string& base) {
    std::vector<std::string> names;
    for (const auto& [netbios, dns] : options.netbios_domains) names.push_back(dn_of_domain(dns));
    const std::string around = domain_around(base, names);
    std::vector<LdapNaming::Domain> domains;
    for (const auto& [netbios, dns] : options.netbios_domains) {
        // The only one is that of the base, also where the base is no domain's, as with OpenLDAP.
        const bool is_base = options.netbios_domains.size() == 1 && !options.whole_forest;
        std::string where = is_base ? base : base_within(dn_of_domain(dns), base, around);
        if (!where.empty()) domains.push_back({ascii_lower(netbios), ascii_lower(dns), std::move(where)});
    }
    return domains;
}

std::vector<LdapNaming::Domain> domains_of(const LdapReply& reply, const std::string& base) {
    std::vector<std::string> names;
    for (const LdapEntry& entry : reply.entries) names.emplace_back(entry.value("nCName"));
    const std::string around = domain_around(base, names);
    std::vector<LdapNaming::Domain> domains;
    for (const LdapEntry& entry : reply.entries) {
        std::string where = base_within(std::string(entry.value("nCName")), base, around);
        if (where.empty()) continue;
        domains.push_back({ascii_lower(entry.value("nETBIOSName")), ascii_lower(entry.value("dnsRoot")), std::move(where)});
    }
    return domains;
}

LdapSearch root_search() {
    return {"", LdapScope::base, "(objectClass=*)",
            {"defaultNamingContext", "configurationNamingContext", "namingContexts", "supportedCapabilities", "supportedControl"},
            1, ldap_time_limit_seconds};
}

LdapSearch domain_search(const std::string& configuration) {
    return {"CN=Partitions," + configuration, LdapScope::one_level, "(nETBIOSName=*)", {"nETBIOSName", "dnsRoot", "nCName"},
            most_domains, ldap_time_limit_seconds};
}

LdapSearch relationship_search(const std::string& base) {
    return {base, LdapScope::subtree, "(objectClass=msExchFedSharingRelationship)",
            {relationship_attributes.begin(), relationship_attributes.end()}, most_relationships, ldap_time_limit_seconds};
}

bool is_answered(const LdapAsked& asked) { return asked.replied && asked.replied->result.code == ldap_code::success; }

/// Not there, or not for us; any other failure is an outage and no answer.
bool is_hidden(const LdapAsked& asked) {
    if (!asked.replied) return false;
    const int code = asked.replied->result.code;
    return code == ldap_code::no_such_object || code == ldap_code::insufficient_access_rights;
}

/// Of a forest: a name without a domain is one of the server's own, as without the catalog, unless the base says
/// another.
std::string bare_base_of(const LdapNaming& naming) {
    const bool is_within = naming.base.empty() || is_at_or_below(plain_dn(naming.own_domain), plain_dn(naming.base));
    return is_within ? naming.own_domain : naming.base;
}

/// Fills in what the administrator left out; gives the configuration partition.
std::string take_root(const LdapReply& reply, LdapNaming& naming) {
    if (reply.entries.empty()) return {};
    const LdapEntry& root = reply.entries.front();
    naming.own_domain = root.value("defaultNamingContext");
    naming.is_active_directory = std::ranges::find(root.values("supportedCapabilities"), active_directory) != root.values("supportedCapabilities").end();
    if (naming.is_forest) {
        naming.bare_base = bare_base_of(naming);
    } else if (naming.base.empty()) {
        naming.base = naming.own_domain;
    }
    naming.context = context_around(naming.base, root.values("namingContexts"));
    std::string configuration(root.value("configurationNamingContext"));
    if (naming.relationships_base.empty() && !configuration.empty()) {
        naming.relationships_base = "CN=Services," + configuration;
    }
    return configuration;
}

/// What is missing of the relationships; read in part they would make users of no relationship.
std::string incomplete_part(const LdapReply& reply) {
    if (reply.has_references) return "a part of them is on another server, which is not asked";
    for (const LdapEntry& entry : reply.entries) {
        for (const auto& [name, values] : entry.attributes) {
            if (name.find(';') != std::string::npos) return entry.dn + " has more values of " + name + " than the server gives at once";
        }
        if (entry.values("msExchFedDomainNames").empty()) return entry.dn + " shows no domain names";
    }
    return {};
}

std::vector<std::string> containers_of(const std::vector<LdapEntry>& entries) {
    std::map<std::string, std::string> found;
    for (const LdapEntry& entry : entries) {
        std::string container = container_of(entry.dn);
        if (!container.empty()) found.try_emplace(plain_dn(container), std::move(container));
    }
    std::vector<std::string> containers;
    containers.reserve(found.size());
    for (auto& [plain, container] : found) containers.push_back(std::move(container));
    return containers;
}

bool offers_changes(const LdapAsked& root) {
    if (!is_answered(root) || root.replied->entries.empty()) return false;
    return std::ranges::count(root.replied->entries.front().values("supportedControl"), change_notification) != 0;
}

void take_relationships(const LdapAsked& asked, LdapOrganization& organization) {
    if (!is_answered(asked)) {
        organization.trouble = "below " + organization.naming.relationships_base + ": " + text_of(asked);
        return;
    }
    for (const LdapEntry& entry : asked.replied->entries) organization.relationships.push_back(relationship_of(entry));
    organization.containers = containers_of(asked.replied->entries);
    organization.trouble = incomplete_part(*asked.replied);
    if (organization.relationships.empty()) {
        organization.trouble = "none is visible below " + organization.naming.relationships_base +
                               "; there is none, or the account may not read them";
    }
}

/// With whose root DSE it was, and whether that server offers to tell of changes.
struct NamingRead {
    LdapNaming naming;
    std::string server;
    bool offers_changes = false;
};

net::awaitable<Result<NamingRead, std::string>> read_naming(LdapServers& servers, const LdapNamingOptions& options,
                                                            SteadyTime deadline) {
    using Read = Result<NamingRead, std::string>;
    LdapNaming naming;
    naming.base = options.base;
    naming.relationships_base = options.relationships_base;
    naming.is_forest = options.whole_forest;
    // Also when everything is given: a server that was never asked is not one that answers.
    const LdapAsked root = co_await servers.search(root_search(), deadline);
    if (!root.replied) co_return Read(boost::system::in_place_error, text_of(root));
    const bool is_needed = naming.base.empty() || options.netbios_domains.empty() ||
                           (options.wants_relationships && naming.relationships_base.empty());
    if (!is_answered(root) && !is_hidden(root) && is_needed) co_return Read(boost::system::in_place_error, text_of(root));
    const std::string configuration = take_root(*root.replied, naming);
    if (naming.base.empty() && naming.bare_base.empty()) {
        co_return Read(boost::system::in_place_error, root.server + " names no defaultNamingContext; give directory.ldap.base");
    }
    naming.domains = given_domains(options, naming.base);
    naming.domains_are_known = !options.netbios_domains.empty() || !root.replied->entries.empty();
    if (options.netbios_domains.empty() && !configuration.empty()) {
        const LdapAsked domains = co_await servers.search(domain_search(configuration), deadline);
        if (!is_answered(domains) && !is_hidden(domains)) co_return Read(boost::system::in_place_error, text_of(domains));
        naming.domains = domains_of(*domains.replied, naming.base);
        naming.domains_are_known = !domains.replied->entries.empty();
    }
    NamingRead read{std::move(naming), root.server, offers_changes(root)};
    co_return Read(boost::system::in_place_value, std::move(read));
}

}  // namespace

net::awaitable<Result<LdapOrganization, std::string>> read_organization(LdapServers& servers,
                                                                        const LdapNamingOptions& options,
                                                                        SteadyTime deadline) {
    using Read = Result<LdapOrganization, std::string>;
    auto naming = co_await read_naming(servers, options, deadline);
    if (!naming) co_return Read(boost::system::in_place_error, naming.error());
    LdapOrganization organization;
    organization.naming = std::move(naming->naming);
    if (!options.wants_relationships) co_return Read(boost::system::in_place_value, std::move(organization));
    const std::string base = organization.naming.relationships_base;
    if (base.empty()) {
        organization.trouble = "the server names no configurationNamingContext to search them in; give directory.ldap.relationships_base, or "
                               "set organization_relationships.from_directory: false";
        co_return Read(boost::system::in_place_value, std::move(organization));
    }
    const LdapAsked asked = co_await servers.search(relationship_search(base), deadline);
    take_relationships(asked, organization);
    organization.server = asked.server;
    organization.is_of_one_server = asked.server == naming->server;
    organization.can_be_watched = organization.is_of_one_server && naming->offers_changes;
    co_return Read(boost::system::in_place_value, std::move(organization));
}

}  // namespace eas451
