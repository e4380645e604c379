// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/directory/ldap_check.hpp"

#include <boost/asio/this_coro.hpp>

#include "ldap_organization.hpp"
#include "ldap_schema.hpp"
#include "ldap_servers.hpp"
#include "ldap_url.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using Options = std::shared_ptr<const LdapDirectoryOptions>;

constexpr int size_limit_exceeded = 4;
/// A server that does not answer has failed by its own deadline, and then there is a reason to tell.
constexpr std::chrono::milliseconds for_the_reason{500};

LdapSearch one_user(const LdapNaming& naming, std::string filter) {
    return {naming.base, LdapScope::subtree, std::move(filter), {"1.1"}, 1, 30};
}

std::string count_of(std::size_t number, const std::string& what) {
    return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

/// Why nobody is to be seen with that filter; empty when somebody is.
std::string trouble_of(const LdapAsked& asked) {
    if (!asked.replied) return text_of(asked);
    const int code = asked.replied->result.code;
    if (!asked.replied->entries.empty() || code == size_limit_exceeded) return {};
    return code == 0 ? "none is visible" : text_of(asked);
}

void take(const std::string& name, LdapOrganization& organization, const LdapDirectoryOptions& options, DirectoryFindings& findings) {
    const LdapNaming& naming = organization.naming;
    std::string fact = name + ": users are searched below " + naming.base + "; " + count_of(naming.domains.size(), "NetBIOS domain");
    for (const LdapNaming::Domain& domain : naming.domains) fact += " " + domain.netbios_name + " (" + domain.dns_name + ")";
    findings.facts.push_back(std::move(fact));
    if (!options.relationships_from_directory) return;
    if (!organization.trouble.empty()) {
        findings.errors.push_back(name + ": organization relationships below " + naming.relationships_base + ": " +
                                  organization.trouble);
        return;
    }
    findings.facts.push_back(name + ": " + count_of(organization.relationships.size(), "organization relationship") + " below " +
                             naming.relationships_base);
    if (findings.relationships != nullptr) return;
    RelationshipTable::DirectoryPart part{std::move(organization.relationships), SteadyTime::max()};
    findings.relationships = std::make_shared<const RelationshipTable>(options.static_relationships, std::move(part));
}

net::awaitable<void> look_for_users(LdapServers& servers, const std::string& name, const LdapNaming& naming,
                                    const Options& options, DirectoryFindings& findings) {
    const LdapSchema schema(options->user_filter, options->attributes);
    const LdapAsked anybody =
        co_await servers.search(one_user(naming, schema.user_filter()), std::chrono::steady_clock::now() + options->deadline);
    const std::string nobody = trouble_of(anybody);
    if (!nobody.empty()) {
        findings.errors.push_back(name + ": users below " + naming.base + " with " + schema.user_filter() + ": " + nobody);
        co_return;
    }
    const std::string mail_enabled = "(&" + schema.user_filter() + "(" + schema.name_of("mailNickname") + "=*))";
    const LdapAsked with_mail =
        co_await servers.search(one_user(naming, mail_enabled), std::chrono::steady_clock::now() + options->deadline);
    const std::string no_mail = trouble_of(with_mail);
    if (no_mail.empty()) co_return;
    findings.warnings.push_back(name + ": mail-enabled users, " + mail_enabled + ": " + no_mail +
                                "; either nobody has a mailbox, or the account may not read the attributes of Exchange");
}

net::awaitable<void> check_server(std::string name, Options options, DirectoryFindings& findings) {
    const net::any_io_executor loop = co_await net::this_coro::executor;
    LdapAccount account{options->bind_name, Secret(std::string(options->bind_password.reveal()))};
    std::vector<LdapServer> alone(1, ldap_server_of(name));
    LdapLinkEvents silent;
    silent.up = [](const LdapServer&) {};
    silent.down = [](const LdapServer&, const std::string&) {};
    const auto servers = std::make_shared<LdapServers>(loop, std::move(alone), options->tls, std::move(account),
                                                       options->deadline, std::move(silent));
    servers->start();
    const LdapNamingOptions wanted{options->base, options->relationships_base, options->netbios_domains,
                                   options->relationships_from_directory};
    auto read = co_await read_organization(*servers, wanted, std::chrono::steady_clock::now() + options->deadline + for_the_reason);
    if (read) {
        take(name, *read, *options, findings);
        co_await look_for_users(*servers, name, read->naming, options, findings);
    } else {
        findings.errors.push_back(read.error());
    }
    servers->stop();
}

}  // namespace

net::awaitable<DirectoryFindings> check_ldap_directory(Options options) {
    DirectoryFindings findings;
    for (const std::string& server : options->servers) co_await check_server(server, options, findings);
    if (options->bind_name.empty()) {
        findings.warnings.emplace_back("directory.ldap.bind_name: not given, so searches are anonymous; Active Directory refuses them");
    }
    co_return findings;
}

}  // namespace eas451
