// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/asio/this_coro.hpp>

#include "eas451/io/directory/recipients.hpp"
#include "ldap_organization.hpp"
#include "ldap_pages.hpp"
#include "ldap_result_code.hpp"
#include "ldap_schema.hpp"
#include "ldap_servers.hpp"
#include "ldap_url.hpp"
#include "srv_answer.hpp"
#include "srv_lookup.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using Options = std::shared_ptr<const LdapDirectoryOptions>;

SteadyTime deadline_of(const LdapDirectoryOptions& options) { return std::chrono::steady_clock::now() + options.deadline; }

/// Those that are named, and those that DNS names, in order of preference.
struct Servers {
    std::vector<LdapServer> list;
    std::string trouble;  // why DNS names none, or perhaps not all: of use only where the list is empty, since one is enough

    void add(LdapServer server) {
        const auto is_it = [&](const LdapServer& known) { return is_same_server(known, server); };
        if (std::ranges::none_of(list, is_it)) list.push_back(std::move(server));
    }
};

net::awaitable<void> add_found(std::string configured, Options options, Servers& servers) {
    SrvQuestion question{std::string(srv_domain_of(configured)), options->name_servers};
    const SrvOutcome found = co_await look_up_srv(std::move(question), deadline_of(*options));
    servers.trouble = configured + ": " + (found ? absence_in(*found) : found.error());
    if (!found) co_return;
    for (const SrvRecord& record : srv_in_order(found->answer.records, chance(), most_servers_found)) servers.add(ldap_server_of(record));
}

net::awaitable<Servers> servers_of(Options options) {
    Servers servers;
    for (const std::string& configured : options->servers) {
        if (srv_domain_of(configured).empty()) {
            servers.add(ldap_server_of(configured));
        } else {
            co_await add_found(configured, options, servers);
        }
    }
    co_return servers;
}

std::shared_ptr<LdapServers> started(const net::any_io_executor& loop, std::vector<LdapServer> list, const LdapDirectoryOptions& options) {
    LdapAccount account{options.bind_name, options.bind_password};
    auto servers = std::make_shared<LdapServers>(loop, std::move(list), options.tls, std::move(account), options.deadline, LdapLinkEvents());
    servers->start();
    return servers;
}

/// What was read, and the server that is up then.
struct Read {
    Result<LdapOrganization, std::string> organization;
    std::string server;
};

net::awaitable<Read> read_once(std::vector<LdapServer> list, Options options) {
    const net::any_io_executor loop = co_await net::this_coro::executor;
    const LdapNamingOptions wanted{options->base, options->relationships_base, options->netbios_domains,
                                   options->relationships_from_directory, options->global_catalog};
    const auto servers = started(loop, std::move(list), *options);
    auto organization = co_await read_organization(*servers, wanted, deadline_of(*options) + time_for_the_reason);
    Read read{std::move(organization), servers->first_up()};
    servers->stop();
    co_return read;
}

using Connected = Result<std::shared_ptr<LdapConnection>, std::string>;

Connected no_connection(const std::shared_ptr<LdapConnection>& connection, std::string why) {
    connection->close({LdapFailure::Kind::broken, why});
    return {boost::system::in_place_error, std::move(why)};
}

/// Bound as the service account.
net::awaitable<Connected> connect(LdapServer server, Options options) {
    const net::any_io_executor loop = co_await net::this_coro::executor;
    const SteadyTime deadline = deadline_of(*options);
    const auto connection = LdapConnection::make(loop, server, options->tls);
    const auto not_opened = co_await connection->open(deadline);
    if (not_opened) co_return no_connection(connection, not_opened->text);
    if (options->bind_name.empty()) co_return connection;
    const auto bound = co_await connection->bind(options->bind_name, *options->bind_password, deadline);
    if (!bound) co_return no_connection(connection, bound.error().text);
    if (bound->result.code == ldap_code::success) co_return connection;
    co_return no_connection(connection, server.name + " refuses the service account: " + text_of(bound->result));
}

std::shared_ptr<const RelationshipTable> table_of(LdapOrganization& read, const LdapDirectoryOptions& options) {
    if (!options.relationships_from_directory) return std::make_shared<const RelationshipTable>(options.static_relationships);
    if (!read.trouble.empty()) return std::make_shared<const RelationshipTable>(options.static_relationships, std::nullopt);
    RelationshipTable::DirectoryPart part{std::move(read.relationships), SteadyTime::max()};
    return std::make_shared<const RelationshipTable>(options.static_relationships, std::move(part));
}

void tell(const std::vector<LdapEntry>& page, const LdapSchema& schema, const LdapNaming& naming, RecipientVisitor& visitor) {
    for (const LdapEntry& entry : page) {
        auto recipient = schema.recipient_of(entry);
        if (recipient) recipient->netbios_name = naming.netbios_name_of(entry.dn);
        recipient ? visitor.take(*recipient) : visitor.take_unreadable(entry.dn, recipient.error());
    }
}

/// Gives why these are not all; empty: they are.
net::awaitable<std::string> visit_pages(std::shared_ptr<LdapConnection> connection, std::string server, LdapSearch search,
                                        const LdapSchema& schema, const LdapNaming& naming, RecipientVisitor& visitor) {
    const net::any_io_executor loop = co_await net::this_coro::executor;
    LdapPages pages(loop, std::move(connection), std::move(server), std::move(search));
    for (;;) {
        const auto page = co_await pages.next();
        if (!page) co_return page.error();
        if (!*page) co_return std::string();
        tell(**page, schema, naming, visitor);
    }
}

/// Of a global catalog, which has every domain, the one of the server that is up.
LdapServer asked_server(const std::vector<LdapServer>& list, const std::string& up, const LdapDirectoryOptions& options) {
    const auto found = std::ranges::find(list, up, &LdapServer::name);
    const LdapServer& server = found == list.end() ? list.front() : *found;
    return options.global_catalog ? catalog_of(server, options.global_catalog_port) : server;
}

}  // namespace

net::awaitable<RecipientsSeen> visit_ldap_recipients(Options options, RecipientVisitor& visitor) {
    RecipientsSeen seen;
    Servers servers = co_await servers_of(options);
    seen.trouble = servers.trouble;
    if (servers.list.empty()) co_return seen;
    Read read = co_await read_once(servers.list, options);
    seen.trouble = read.organization ? std::string() : read.organization.error();
    if (!read.organization) co_return seen;
    const LdapServer server = asked_server(servers.list, read.server, *options);
    const auto connected = co_await connect(server, options);
    seen.trouble = connected ? std::string() : connected.error();
    if (!connected) co_return seen;
    const LdapSchema schema(options->user_filter, options->attributes);
    seen.source = server.name;
    seen.base = read.organization->naming.base;
    seen.filter = "(&" + schema.user_filter() + "(" + schema.name_of("mailNickname") + "=*))";
    seen.relationships_trouble = read.organization->trouble;
    visitor.begin(table_of(*read.organization, *options));
    LdapSearch search{seen.base, LdapScope::subtree, seen.filter, schema.attributes(), 0, ldap_time_limit_seconds};
    seen.trouble = co_await visit_pages(*connected, server.name, std::move(search), schema, read.organization->naming, visitor);
    (*connected)->close({LdapFailure::Kind::broken, server.name + ": not needed any more"});
    co_return seen;
}

}  // namespace eas451
