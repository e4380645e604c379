// SPDX-License-Identifier: Apache-2.0
// The part of LdapResolver that reads the organization, again and again.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "eas451/io/metrics/metrics.hpp"
#include "ldap_resolver.hpp"
#include "ldap_result_code.hpp"
#include "organization_watch.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;

constexpr auto as_result = net::as_tuple(net::use_awaitable);
/// After it could not be read.
constexpr std::chrono::seconds retry_after{5};
constexpr std::chrono::minutes between_lines{1};

}  // namespace

net::awaitable<void> LdapResolver::keep_reading(std::shared_ptr<LdapResolver> self) {
    const LdapNamingOptions wanted{options_->base, options_->relationships_base, options_->netbios_domains,
                                   options_->relationships_from_directory, options_->global_catalog};
    const std::weak_ptr<LdapResolver> weak = self;
    auto wake = [weak] {
        const auto resolver = weak.lock();
        // While nobody can be asked, whoever comes up is read at once anyway.
        if (resolver != nullptr && !resolver->servers_->are_all_down()) resolver->next_reading_.cancel();
    };
    auto tell = [weak](const std::string& line) {
        const auto resolver = weak.lock();
        if (resolver != nullptr && !resolver->stopped_) resolver->say(LogLevel::info, line);
    };
    const auto watch = std::make_shared<OrganizationWatch>(loop_, std::move(wake), std::move(tell));
    while (!self->stopped_) {
        const SteadyTime begun = std::chrono::steady_clock::now();
        watch->reading_begins(begun);
        auto read = co_await read_organization(*servers_, wanted, begun + options_->deadline + time_for_the_reason);
        if (stopped_) break;
        const bool is_good = read && read->trouble.empty();
        count_reading(is_good, begun);
        if (read) {
            const auto lockout = co_await read_lockout(*servers_, read->naming, options_->lockout, std::chrono::steady_clock::now() + options_->deadline);
            if (stopped_) break;
            if (lockout) take_lockout(*lockout);
        }
        if (is_good) watch->follow(*servers_, *read);
        take(std::move(read), begun);
        if (watch->wants_reading()) continue;
        next_reading_.expires_after(is_good ? options_->relationships_refresh : retry_after);
        co_await next_reading_.async_wait(as_result);
    }
    watch->stop();
}

void LdapResolver::count_reading(bool is_good, SteadyTime begun) const {
    if (reports_.metrics == nullptr) return;
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun);
    reports_.metrics->count_directory_request(DirectoryOperation::relationships,
                                              is_good ? OperationOutcome::ok : OperationOutcome::failed, took);
}

void LdapResolver::take(Result<LdapOrganization, std::string> read, SteadyTime read_at) {
    if (!read) {
        naming_trouble_ = read.error();
        tell_of_reading(naming_trouble_, naming_ ? "what was read before is used" : "nobody can be looked up", read_at);
    } else {
        const auto known_domains = naming_ ? naming_->domains : std::vector<LdapNaming::Domain>{};
        naming_ = read->naming;
        if (!naming_->domains_are_known && !known_domains.empty()) {
            naming_->domains = known_domains;  // once good; they hardly ever change
            naming_->domains_are_known = true;
        }
        take_relationships(*read, read_at);
        if (read->trouble.empty()) {
            reading_trouble_.clear();
        } else {
            const bool has_some = read_at < relationships_good_until_;
            tell_of_reading("organization relationships: " + read->trouble,
                            has_some ? "those read before are used until organization_relationships.max_age"
                                     : "moved users are told to come back later",
                            read_at);
        }
    }
    has_read_ = true;
    first_reading_.wake_all();
}

/// Loudly, and again every minute while it lasts.
void LdapResolver::tell_of_reading(const std::string& trouble, const std::string& consequence, SteadyTime now) {
    std::string line = "directory: " + trouble + "; " + consequence;
    if (line == reading_trouble_ && now < next_reading_line_) return;
    next_reading_line_ = now + between_lines;
    say(LogLevel::error, line);
    reading_trouble_ = std::move(line);
}

/// Told when it is another than before.
void LdapResolver::take_lockout(const KnownLockout& known) {
    tried_.set_policy(asker_, known.policy);
    const TryBudget& budget = tried_.budget();
    std::string text = words_of(known, budget);
    if (text == lockout_text_) return;
    const LogLevel level = known.is_a_worry ? LogLevel::warning : LogLevel::info;
    say(may_lock(known.policy, budget) ? LogLevel::error : level, "directory: lockout policy: " + text);
    lockout_text_ = std::move(text);
}

/// Those that were read stay good until their max_age, whatever happens to the next reading.
void LdapResolver::take_relationships(LdapOrganization& read, SteadyTime read_at) {
    if (!read.trouble.empty()) return;
    if (!cannot_log_in()) knowledge_->was_ready = true;
    if (!options_->relationships_from_directory) return;
    if (read.relationships.size() != relationships_read_) {
        relationships_read_ = read.relationships.size();
        say(LogLevel::info, "organization relationships: " + std::to_string(relationships_read_) + " read below " +
                                read.naming.relationships_base);
    }
    relationships_good_until_ = read_at + options_->relationships_max_age;
    RelationshipTable::DirectoryPart part{std::move(read.relationships), relationships_good_until_};
    knowledge_->set_relationships(std::make_shared<const RelationshipTable>(options_->static_relationships, std::move(part)), read_at,
                                  relationships_good_until_);
}

}  // namespace eas451
