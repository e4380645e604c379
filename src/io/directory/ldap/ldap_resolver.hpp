// SPDX-License-Identifier: Apache-2.0
// LdapResolver: answers logins by one search and one bind, and keeps what it learns in the LoginMemory.
// The same question asked twice at once is asked once.
//
// Lives on the directory loop's thread, held by its own coroutines until stop() or the end of the loop.
// What was tried of passwords (TriedPasswords) is the loop's own and stays when this one ends.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "eas451/io/directory/ldap_directory.hpp"
#include "eas451/io/metrics/metrics.hpp"
#include "eas451/io/runtime/repeated_line.hpp"
#include "eas451/io/runtime/waiters.hpp"
#include "../tried_passwords.hpp"
#include "ldap_discovery.hpp"
#include "ldap_knowledge.hpp"
#include "ldap_lockout.hpp"
#include "ldap_organization.hpp"
#include "ldap_schema.hpp"
#include "ldap_servers.hpp"

namespace eas451 {

class LdapResolver : public std::enable_shared_from_this<LdapResolver> {
public:
    using Done = std::function<void(LoginAnswer)>;

    LdapResolver(boost::asio::any_io_executor loop, std::shared_ptr<const LdapDirectoryOptions> options,
                 std::shared_ptr<LdapKnowledge> knowledge, DirectoryReports reports, TriedPasswords& tried);

    /// Once.
    void start();
    /// Questions under way end as outages, and nothing begins any more.
    void stop();
    /// Calls `done` exactly once, on the loop.
    void log_in(LoginQuestion question, SteadyTime deadline, Done done);

    [[nodiscard]] const boost::asio::any_io_executor& executor() const { return loop_; }

private:
    using Key = LoginCache::Key;

    // One question, from start to answer.
    boost::asio::awaitable<void> answer_all(std::shared_ptr<LdapResolver> self, Key key, LoginQuestion question,
                                            SteadyTime deadline);
    boost::asio::awaitable<void> answer(const LoginQuestion& question, const Key& key, SteadyTime deadline, LoginAnswer& answer);
    struct FoundEntry {
        Recipient recipient;
        PasswordSet password_set;
    };
    boost::asio::awaitable<std::optional<FoundEntry>> find_entry(const LoginName& login, SteadyTime deadline, LoginAnswer& answer);
    boost::asio::awaitable<std::optional<FoundEntry>> complete(Recipient found, SteadyTime deadline, LoginAnswer& answer);
    void fall_back_on_memory(const LoginQuestion& question, LoginAnswer& answer) const;
    void finish(const Key& key, const LoginAnswer& answer);
    void fail(LoginAnswer& answer, std::string trouble);

    // Passwords.
    boost::asio::awaitable<bool> check_password(const LoginQuestion& question, const Key& key, const FoundEntry& found,
                                                SteadyTime deadline, LoginAnswer& answer);
    boost::asio::awaitable<void> refuse_nobody(const LoginQuestion& question, SteadyTime deadline, LoginAnswer& answer);
    boost::asio::awaitable<std::optional<TriedPasswords::Permit>> may_try(const TriedPasswords::Attempt& attempt,
                                                                          SteadyTime deadline, LoginAnswer& answer);
    [[nodiscard]] LockoutShield::Trust trust_in(const Key& key, const FoundEntry& found) const;
    boost::asio::awaitable<BindOutcome> bind_user(const LoginQuestion& question, const Recipient& recipient,
                                                  SteadyTime deadline, LoginAnswer& answer);
    void tell(TriedPasswords::Permit permit, const TriedPasswords::Attempt& attempt, const BindOutcome& outcome,
              const std::string& server);

    // The organization, again and again.
    boost::asio::awaitable<void> keep_reading(std::shared_ptr<LdapResolver> self);
    void count_reading(bool is_good, SteadyTime begun) const;
    void take(Result<LdapOrganization, std::string> read, SteadyTime read_at);
    void tell_of_reading(const std::string& trouble, const std::string& consequence, SteadyTime now);
    void take_relationships(LdapOrganization& read, SteadyTime read_at);
    void take_lockout(const KnownLockout& known);
    boost::asio::awaitable<void> wait_for_first_reading(SteadyTime deadline);

    // The global catalog, where there is one to ask.
    void start_catalog(LdapLinkEvents events);
    /// Where users are searched.
    [[nodiscard]] const std::shared_ptr<LdapServers>& user_servers() const { return catalog_ != nullptr ? catalog_ : servers_; }
    /// None is up, or no catalog is: a login needs both.
    [[nodiscard]] bool cannot_log_in() const;

    void server_is_up(const LdapServer& server);
    void server_is_down(const LdapServer& server, const std::string& why);
    void server_is_gone(const LdapServer& server);

    void count(DirectoryOperation operation, const LdapAsked& asked, SteadyTime begun);
    void say(LogLevel level, const std::string& text) const;

    boost::asio::any_io_executor loop_;
    std::shared_ptr<const LdapDirectoryOptions> options_;
    std::shared_ptr<LdapKnowledge> knowledge_;
    DirectoryReports reports_;
    TriedPasswords& tried_;
    TriedPasswords::Asker asker_ = 0;
    Waiters told_;  // questions that wait for the end of a try
    LdapSchema schema_;
    std::shared_ptr<LdapServers> servers_;
    std::shared_ptr<LdapServers> catalog_;  // null: users are searched at the servers
    std::shared_ptr<LdapDiscovery> discovery_;
    std::map<Key, std::vector<Done>> asked_;  // who waits for the answer to each question
    std::optional<LdapNaming> naming_;
    std::string naming_trouble_ = "the directory was not reached yet";
    std::size_t relationships_read_ = 0;
    SteadyTime relationships_good_until_{};
    std::string reading_trouble_;  // the line as it was told
    SteadyTime next_reading_line_{};
    bool has_read_ = false;  // successfully or not
    Waiters first_reading_;
    boost::asio::steady_timer next_reading_;
    std::string lockout_text_;  // as it was told
    SteadyTime answered_{};  // when a search was, the last time
    RepeatedLine failed_;
    RepeatedLine held_;
    bool stopped_ = false;
};

}  // namespace eas451
