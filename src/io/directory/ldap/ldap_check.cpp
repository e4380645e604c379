// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/directory/ldap_check.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <ctime>

#include "eas451/io/net/certificate_age.hpp"
#include "ldap_catalog_check.hpp"
#include "ldap_lockout.hpp"
#include "ldap_organization.hpp"
#include "ldap_result_code.hpp"
#include "ldap_schema.hpp"
#include "ldap_servers.hpp"
#include "ldap_url.hpp"
#include "srv_lookup.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using Options = std::shared_ptr<const LdapDirectoryOptions>;

/// By these a user is found, and a local mailbox told from one that moved and from none.
constexpr std::string_view deciding_attributes[] = {"userPrincipalName", "sAMAccountName",       "mailNickname",
                                                    "homeMDB",           "msExchHomeServerName", "targetAddress"};
constexpr std::string_view routing_attribute = "targetAddress";

LdapSearch one_user(const LdapNaming& naming, std::string filter) {
    return {naming.base, LdapScope::subtree, std::move(filter), {"1.1"}, 1, ldap_time_limit_seconds};
}

std::string place_of(const LdapNaming& naming) { return naming.base.empty() ? "in the whole forest" : "below " + naming.base; }

std::string count_of(std::size_t number, const std::string& what) {
    return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

/// Why nobody is to be seen with that filter; empty when somebody is.
std::string trouble_of(const LdapAsked& asked) {
    if (!asked.replied) return text_of(asked);
    const int code = asked.replied->result.code;
    if (!asked.replied->entries.empty() || code == ldap_code::size_limit_exceeded) return {};
    return code == ldap_code::success ? "none is visible" : text_of(asked);
}

void take(const std::string& name, LdapOrganization& organization, const LdapDirectoryOptions& options, DirectoryFindings& findings) {
    const LdapNaming& naming = organization.naming;
    std::string fact = name + ": users are searched " + place_of(naming) + "; " + count_of(naming.domains.size(), "NetBIOS domain");
    if (naming.domains.empty()) {
        findings.warnings.push_back(name + ": no NetBIOS name is known, so logins like CONTOSO\\user find nobody; "
                                           "give directory.ldap.netbios_domains");
    }
    for (const LdapNaming::Domain& domain : naming.domains) fact += " " + domain.netbios_name + " (" + domain.dns_name + ")";
    findings.facts.push_back(std::move(fact));
    if (!options.relationships_from_directory) return;
    if (!organization.trouble.empty()) {
        findings.errors.push_back(name + ": organization relationships: " + organization.trouble);
        return;
    }
    findings.facts.push_back(name + ": " + count_of(organization.relationships.size(), "organization relationship") + " below " +
                             naming.relationships_base);
    if (findings.relationships != nullptr) return;
    RelationshipTable::DirectoryPart part{std::move(organization.relationships), SteadyTime::max()};
    findings.relationships = std::make_shared<const RelationshipTable>(options.static_relationships, std::move(part));
}

/// Which of the attributes that decide can be seen at all: those that nobody has look the same as those that
/// the account may not read.
net::awaitable<void> look_for_attributes(LdapServers& servers, const std::string& name, const LdapNaming& naming,
                                         const LdapSchema& schema, SteadyTime deadline, DirectoryFindings& findings) {
    std::string seen;
    std::string unseen;
    for (const std::string_view attribute : deciding_attributes) {
        const std::string& theirs = schema.name_of(attribute);
        const LdapAsked asked = co_await servers.search(one_user(naming, "(&" + schema.user_filter() + "(" + theirs + "=*))"), deadline);
        if (!asked.replied) co_return findings.errors.push_back(name + ": attributes of users: " + text_of(asked));
        const bool is_seen = trouble_of(asked).empty();
        if (attribute == routing_attribute) findings.shows_moved_users = is_seen || findings.shows_moved_users.value_or(false);
        std::string& list = is_seen ? seen : unseen;
        list += (list.empty() ? "" : ", ") + theirs;
        if (theirs != attribute) list.append(" (for ").append(attribute).append(")");
    }
    if (!seen.empty()) findings.facts.push_back(name + ": of users these are visible: " + seen);
    if (unseen.empty()) co_return;
    findings.warnings.push_back(name + ": of no user are visible: " + unseen +
                                "; nobody has them, the account may not read them, or they have other names "
                                "(directory.ldap.attributes)");
}

net::awaitable<void> look_for_users(LdapServers& servers, const std::string& name, const LdapNaming& naming,
                                    const Options& options, DirectoryFindings& findings) {
    const LdapSchema schema(options->user_filter, options->attributes);
    const SteadyTime deadline = std::chrono::steady_clock::now() + options->deadline;
    const LdapAsked anybody = co_await servers.search(one_user(naming, schema.user_filter()), deadline);
    const std::string nobody = trouble_of(anybody);
    if (nobody.empty()) co_return co_await look_for_attributes(servers, name, naming, schema, deadline, findings);
    findings.errors.push_back(name + ": users " + place_of(naming) + " with " + schema.user_filter() + ": " + nobody);
}

/// Connects.
std::shared_ptr<LdapServers> alone(const net::any_io_executor& loop, const LdapServer& server, const Options& options) {
    LdapAccount account{options->bind_name, options->bind_password};
    std::vector<LdapServer> one(1, server);
    LdapLinkEvents silent;
    silent.up = [](const LdapServer&) {};
    silent.down = [](const LdapServer&, const std::string&) {};
    auto servers = std::make_shared<LdapServers>(loop, std::move(one), options->tls, std::move(account),
                                                 options->deadline, std::move(silent));
    servers->start();
    return servers;
}

/// `naming` is null when the server itself could not say where users are.
net::awaitable<void> check_catalog_of(const LdapServer& controller, const LdapNaming* naming, const Options& options,
                                      DirectoryFindings& findings) {
    const net::any_io_executor loop = co_await net::this_coro::executor;
    const LdapServer server = catalog_of(controller, options->global_catalog_port);
    const auto catalog = alone(loop, server, options);
    const SteadyTime deadline = std::chrono::steady_clock::now() + options->deadline + time_for_the_reason;
    const bool answers = co_await check_ldap_catalog(*catalog, server.name, deadline, findings);
    if (answers && naming != nullptr) co_await look_for_users(*catalog, server.name, *naming, options, findings);
    catalog->stop();
}

/// By what accounts are locked, and whether any number of tries stays below that.
net::awaitable<void> look_for_lockout(LdapServers& servers, const std::string& name, const LdapNaming& naming,
                                      const Options& options, DirectoryFindings& findings) {
    const SteadyTime deadline = std::chrono::steady_clock::now() + options->deadline;
    const auto known = co_await read_lockout(servers, naming, options->lockout, deadline);
    if (!known) co_return findings.errors.push_back(name + ": the lockout policy cannot be read");
    const TryBudget budget = try_budget(known->policy, options->replicas);
    std::string text = name + ": " + words_of(*known, budget);
    if (may_lock(known->policy, budget)) co_return findings.errors.push_back(std::move(text));
    auto& list = known->is_a_worry ? findings.warnings : findings.facts;
    list.push_back(std::move(text));
}

/// On a connection of its own, without logging in. Why there is none is said by who asks there.
net::awaitable<void> look_at_certificate(const LdapServer& server, const Options& options, DirectoryFindings& findings) {
    const net::any_io_executor loop = co_await net::this_coro::executor;
    const auto connection = LdapConnection::make(loop, server, options->tls);
    const auto not_opened = co_await connection->open(std::chrono::steady_clock::now() + options->deadline);
    const auto expiry = connection->certificate_expiry();
    connection->close({LdapFailure::Kind::broken, server.name + ": not needed any more"});
    const auto soon = expiry ? expires_soon(*expiry, std::time(nullptr)) : std::nullopt;
    if (soon) findings.warnings.push_back(server.name + ": its certificate " + *soon);
}

net::awaitable<void> check_server(LdapServer server, Options options, DirectoryFindings& findings) {
    const net::any_io_executor loop = co_await net::this_coro::executor;
    const std::string name = server.name;
    const auto servers = alone(loop, server, options);
    const LdapNamingOptions wanted{options->base, options->relationships_base, options->netbios_domains,
                                   options->relationships_from_directory, options->global_catalog};
    auto read = co_await read_organization(*servers, wanted, std::chrono::steady_clock::now() + options->deadline + time_for_the_reason);
    if (read) {
        co_await look_at_certificate(server, options, findings);
        take(name, *read, *options, findings);
        co_await look_for_lockout(*servers, name, read->naming, options, findings);
    } else {
        findings.errors.push_back(read.error());
    }
    const LdapNaming* const naming = read ? &read->naming : nullptr;
    if (naming != nullptr && !options->global_catalog) co_await look_for_users(*servers, name, *naming, options, findings);
    if (options->global_catalog) {
        const LdapSchema schema(options->user_filter, options->attributes);
        const SteadyTime deadline = std::chrono::steady_clock::now() + options->deadline;
        co_await check_catalog_attributes(*servers, name, schema, deadline, findings);
        co_await check_catalog_of(server, naming, options, findings);
    }
    servers->stop();
}

void add(LdapServer server, std::vector<LdapServer>& servers) {
    const auto is_it = [&](const LdapServer& known) { return is_same_server(known, server); };
    if (std::ranges::none_of(servers, is_it)) servers.push_back(std::move(server));
}

/// Those that DNS names, in the order in which they would be asked.
net::awaitable<void> find_servers(std::string configured, Options options, std::vector<LdapServer>& servers,
                                  DirectoryFindings& findings) {
    SrvQuestion question{std::string(srv_domain_of(configured)), options->name_servers};
    const SteadyTime deadline = std::chrono::steady_clock::now() + options->deadline;
    const SrvOutcome found = co_await look_up_srv(std::move(question), deadline);
    const std::string why = found ? absence_in(*found) : found.error();
    if (!why.empty()) co_return findings.errors.push_back(configured + ": " + why);
    std::string fact = configured + ": DNS names for " + found->name + ":";
    const auto& records = found->answer.records;
    for (const SrvRecord& record : srv_in_order(records, chance(), most_servers_found)) {
        LdapServer server = ldap_server_of(record);
        fact += " " + server.name;
        add(std::move(server), servers);
    }
    if (records.size() > most_servers_found) fact += "; of " + std::to_string(records.size()) + " no more than these are used";
    findings.facts.push_back(std::move(fact));
}

}  // namespace

net::awaitable<DirectoryFindings> check_ldap_directory(Options options) {
    DirectoryFindings findings;
    std::vector<LdapServer> servers;
    for (const std::string& configured : options->servers) {
        if (srv_domain_of(configured).empty()) {
            add(ldap_server_of(configured), servers);
        } else {
            co_await find_servers(configured, options, servers, findings);
        }
    }
    for (const LdapServer& server : servers) co_await check_server(server, options, findings);
    if (options->bind_name.empty()) {
        findings.warnings.emplace_back("directory.ldap.bind_name: not given, so searches are anonymous; Active Directory refuses them");
    }
    co_return findings;
}

}  // namespace eas451
