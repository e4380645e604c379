// SPDX-License-Identifier: Apache-2.0
// LdapDiscovery: makes the list of LdapServers out of directory.ldap.servers: those that are named as they
// stand, and in the place of each srv:DOMAIN those that DNS names, looked up again and again. While DNS has no
// answer, or says that there is nobody, those that were found before stay: a list is only ever followed by
// another one. Each server of the list has its series directory_up. Where there is a global catalog to ask, it is that
// of each of them.
//
// On the directory loop's thread, held by its own coroutine until stop() or the end of the loop. After stop()
// that ends by itself, at the latest with the deadline of what is being looked up.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "eas451/io/directory/ldap_directory.hpp"
#include "ldap_servers.hpp"
#include "srv_lookup.hpp"

namespace eas451 {

struct LdapDiscoveryTimes {
    std::chrono::milliseconds look_again_every = std::chrono::minutes(5);
    std::chrono::milliseconds retry_after = std::chrono::seconds(5);
    /// The same trouble is told once in so long.
    std::chrono::milliseconds between_lines = std::chrono::minutes(1);
};

class LdapDiscovery : public std::enable_shared_from_this<LdapDiscovery> {
public:
    /// The servers are started by start(), and stopped by whoever else has them. `catalog` is null where none is
    /// to be asked.
    LdapDiscovery(const boost::asio::any_io_executor& loop, std::shared_ptr<const LdapDirectoryOptions> options,
                  DirectoryReports reports, std::shared_ptr<LdapServers> servers, std::shared_ptr<LdapServers> catalog,
                  LdapDiscoveryTimes times = {});

    /// Once.
    void start();
    void stop();

private:
    /// One of directory.ldap.servers.
    struct Entry {
        std::string configured;
        std::string domain;              // empty: it is named, and never looked up
        std::vector<LdapServer> servers;  // in order of preference
        std::vector<SrvRecord> records;   // that they were made of, sorted
        std::string trouble;              // why there are none, or none newer
        std::string told;                 // the trouble that was told
        SteadyTime next_line{};
        bool was_looked_up = false;
    };

    boost::asio::awaitable<void> keep_looking(std::shared_ptr<LdapDiscovery> self);
    /// False when there is a trouble.
    bool take(Entry& entry, SrvOutcome outcome) const;
    void take_records(Entry& entry, std::vector<SrvRecord> records, const std::string& asked) const;
    void tell_trouble(Entry& entry) const;
    /// Makes the servers what the entries say now.
    void publish();
    [[nodiscard]] std::vector<LdapServer> servers_of_entries() const;
    [[nodiscard]] std::vector<LdapServer> catalogs_of(const std::vector<LdapServer>& servers) const;
    void say(LogLevel level, const std::string& text) const;

    boost::asio::any_io_executor loop_;
    std::shared_ptr<const LdapDirectoryOptions> options_;
    DirectoryReports reports_;
    std::shared_ptr<LdapServers> servers_;
    std::shared_ptr<LdapServers> catalog_;
    LdapDiscoveryTimes times_;
    std::vector<Entry> entries_;
    std::vector<std::string> counted_;  // names that have a series
    boost::asio::steady_timer next_;
    bool stopped_ = false;
};

}  // namespace eas451
