// SPDX-License-Identifier: Apache-2.0
#include "ldap_discovery.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "eas451/io/metrics/metrics.hpp"
#include "eas451/io/runtime/failure_report.hpp"
#include "ldap_url.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;

constexpr auto as_result = net::as_tuple(net::use_awaitable);

bool contains(const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
}

bool has(const std::vector<LdapServer>& servers, const LdapServer& server) {
    return std::ranges::any_of(servers, [&](const LdapServer& known) { return is_same_server(known, server); });
}

std::string names_of(const std::vector<LdapServer>& servers) {
    std::string names;
    for (const LdapServer& server : servers) names += (names.empty() ? "" : ", ") + server.name;
    return names;
}

}  // namespace

LdapDiscovery::LdapDiscovery(const net::any_io_executor& loop, std::shared_ptr<const LdapDirectoryOptions> options,
                             DirectoryReports reports, std::shared_ptr<LdapServers> servers,
                             std::shared_ptr<LdapServers> catalog, LdapDiscoveryTimes times)
    : loop_(loop),
      options_(std::move(options)),
      reports_(std::move(reports)),
      servers_(std::move(servers)),
      catalog_(std::move(catalog)),
      times_(times),
      next_(loop) {
    for (const std::string& configured : options_->servers) {
        Entry entry{configured, std::string(srv_domain_of(configured)), {}, {}, {}, {}};
        if (entry.domain.empty()) {
            entry.servers.push_back(ldap_server_of(configured));
        } else {
            entry.trouble = configured + ": DNS has not answered yet";
        }
        entries_.push_back(std::move(entry));
    }
}

void LdapDiscovery::start() {
    publish();
    servers_->start();
    if (catalog_ != nullptr) catalog_->start();
    const bool has_to_look = std::ranges::any_of(entries_, [](const Entry& entry) { return !entry.domain.empty(); });
    if (!has_to_look) return;
    auto ended = [](const std::exception_ptr& thrown) {
        if (thrown) report_failure("looking for domain controllers", thrown);
    };
    auto work = keep_looking(shared_from_this());
    net::co_spawn(loop_, std::move(work), std::move(ended));
}

void LdapDiscovery::stop() {
    if (std::exchange(stopped_, true)) return;
    next_.cancel();
    for (const std::string& name : std::exchange(counted_, {})) {
        if (reports_.metrics != nullptr) reports_.metrics->remove_directory(name);
    }
}

net::awaitable<void> LdapDiscovery::keep_looking(std::shared_ptr<LdapDiscovery> self) {
    while (!self->stopped_) {
        bool is_good = true;
        for (Entry& entry : entries_) {
            if (entry.domain.empty()) continue;
            SrvQuestion question{entry.domain, options_->name_servers};
            SrvOutcome outcome = co_await look_up_srv(std::move(question), std::chrono::steady_clock::now() + options_->deadline);
            if (stopped_) co_return;
            is_good = take(entry, std::move(outcome)) && is_good;
            publish();
        }
        next_.expires_after(is_good ? times_.look_again_every : times_.retry_after);
        co_await next_.async_wait(as_result);
    }
}

bool LdapDiscovery::take(Entry& entry, SrvOutcome outcome) const {
    entry.was_looked_up = true;
    const std::string why = outcome ? absence_in(*outcome) : outcome.error();
    entry.trouble = why.empty() ? why : entry.configured + ": " + why;
    if (!why.empty()) {
        tell_trouble(entry);
        return false;
    }
    entry.told.clear();
    take_records(entry, std::move(outcome->answer.records), outcome->name);
    return true;
}

/// The order stays for as long as the records do: a user's changes are seen where they were seen before.
void LdapDiscovery::take_records(Entry& entry, std::vector<SrvRecord> records, const std::string& asked) const {
    std::ranges::sort(records);
    if (records == entry.records) return;
    entry.servers.clear();
    for (const SrvRecord& record : srv_in_order(records, chance(), most_servers_found)) {
        entry.servers.push_back(ldap_server_of(record));
    }
    entry.records = std::move(records);
    say(LogLevel::info, "directory: " + entry.configured + ": DNS names for " + asked + ": " + names_of(entry.servers));
}

/// Loudly, and again every minute while it lasts.
void LdapDiscovery::tell_trouble(Entry& entry) const {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (entry.trouble == entry.told && now < entry.next_line) return;
    entry.told = entry.trouble;
    entry.next_line = now + times_.between_lines;
    say(LogLevel::error, "directory: " + entry.trouble +
                             (entry.servers.empty() ? "; no server is known by it yet" : "; those that were found before are used"));
}

std::vector<LdapServer> LdapDiscovery::servers_of_entries() const {
    std::vector<LdapServer> servers;
    for (const Entry& entry : entries_) {
        for (const LdapServer& server : entry.servers) {
            const bool is_one_too_many = !entry.domain.empty() && servers.size() >= most_servers_found;
            if (!is_one_too_many && !has(servers, server)) servers.push_back(server);
        }
    }
    return servers;
}

std::vector<LdapServer> LdapDiscovery::catalogs_of(const std::vector<LdapServer>& servers) const {
    std::vector<LdapServer> catalogs;
    for (const LdapServer& server : servers) {
        LdapServer catalog = catalog_of(server, options_->global_catalog_port);
        if (!has(catalogs, catalog)) catalogs.push_back(std::move(catalog));
    }
    return catalogs;
}

void LdapDiscovery::publish() {
    std::string missing;
    bool may_come = false;
    for (const Entry& entry : entries_) {
        if (entry.servers.empty()) missing += (missing.empty() ? "" : "; ") + entry.trouble;
        may_come = may_come || (!entry.domain.empty() && !entry.was_looked_up);
    }
    std::vector<LdapServer> servers = servers_of_entries();
    std::vector<LdapServer> catalogs = catalog_ != nullptr ? catalogs_of(servers) : std::vector<LdapServer>();
    std::vector<std::string> names;
    names.reserve(servers.size() + catalogs.size());
    for (const LdapServer& server : servers) names.push_back(server.name);
    for (const LdapServer& catalog : catalogs) names.push_back(catalog.name);
    Metrics* const metrics = reports_.metrics;
    for (const std::string& name : names) {
        if (metrics != nullptr && !contains(counted_, name)) metrics->add_directory(name);
    }
    servers_->set_servers(std::move(servers));
    servers_->set_missing(missing, may_come);
    if (catalog_ != nullptr) {
        catalog_->set_servers(std::move(catalogs));
        catalog_->set_missing(std::move(missing), may_come);
    }
    for (const std::string& name : std::exchange(counted_, names)) {
        if (metrics != nullptr && !contains(names, name)) metrics->remove_directory(name);
    }
}

void LdapDiscovery::say(LogLevel level, const std::string& text) const {
    if (reports_.say) reports_.say(level, text);
}

}  // namespace eas451
