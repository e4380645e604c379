// SPDX-License-Identifier: Apache-2.0
#include "login_memory.hpp"

#include <utility>

#include "eas451/io/metrics/metrics.hpp"

namespace eas451 {
namespace {

void count(Metrics* metrics, CacheName cache, CacheOutcome outcome) {
    if (metrics != nullptr) metrics->count_cache_lookup(cache, outcome);
}

using Freshness = LoginMemory::Freshness;

constexpr std::chrono::hours success_vouches_for{24};

Freshness freshness_of(SteadyTime since, SteadyTime now, std::chrono::milliseconds good_for, std::chrono::milliseconds stale_for) {
    if (now < since + good_for) return Freshness::fresh;
    return now < since + good_for + stale_for ? Freshness::stale : Freshness::gone;
}

LoginOutcome outcome_of_nobody(const decltype(CachedLookup::said)& said) {
    if (std::holds_alternative<Ambiguous>(said)) return Ambiguous{};
    return NotFound{};
}

/// Which entry it is: its name alone may be another's by now.
LoginCache::Account account_of(const Recipient& recipient) {
    return LoginCache::account_of(recipient.distinguished_name + '\0' + recipient.identity);
}

CacheOutcome outcome_of(Freshness freshness) {
    if (freshness == Freshness::gone) return CacheOutcome::miss;
    return freshness == Freshness::fresh ? CacheOutcome::hit : CacheOutcome::stale;
}

}  // namespace

LoginMemory::LoginMemory(LoginMemoryOptions options)
    : options_(std::move(options)), recipients_(options_.max_entries), logins_(options_.max_entries) {}

LoginCache::Key LoginMemory::key_of(const LoginQuestion& question) const {
    // A password is never empty, so a question without one has a key of its own.
    // And one that is asked anew is not answered together with one that may be answered from memory; no password that is
    // sent holds a NUL.
    constexpr std::string_view anew("\0", 1);
    return LoginCache::key_of(options_.realm, question.login.text, question.anew ? anew : question.password.reveal());
}

std::optional<LoginOutcome> LoginMemory::recall(const LoginQuestion& question, SteadyTime now, bool every_server_is_down,
                                                Metrics* metrics) const {
    const bool checks_password = question.check == PasswordCheck::password;
    const auto found = recipients_.find(question.login);
    if (!found) {
        count(metrics, CacheName::recipient, CacheOutcome::miss);
        return std::nullopt;
    }
    const auto* entry = std::get_if<CachedLookup::Found>(&found->said);
    if (entry == nullptr) {
        const bool is_good = now < found->looked_up + options_.negative_ttl;
        count(metrics, CacheName::recipient, is_good ? CacheOutcome::negative_hit : CacheOutcome::miss);
        return is_good && !checks_password ? std::optional(outcome_of_nobody(found->said)) : std::nullopt;
    }
    const std::chrono::milliseconds beyond = every_server_is_down ? options_.stale_local : std::chrono::milliseconds(0);
    Freshness freshness = freshness_of(found->looked_up, now, options_.ttl, beyond);
    count(metrics, CacheName::recipient, outcome_of(freshness));
    if (freshness == Freshness::gone) return std::nullopt;
    std::optional<RememberedLogin> remembered;
    if (checks_password) {
        remembered = key_of(question);
        const Freshness password = freshness_of_password(*remembered, *entry->recipient, found->looked_up, now, beyond);
        count(metrics, CacheName::login, outcome_of(password));
        if (password == Freshness::gone) return std::nullopt;
        if (password == Freshness::stale) freshness = password;
        if (const auto refusal = refusal_by_account(entry->recipient->user_account_control)) {
            if (freshness == Freshness::stale) return std::nullopt;  // nobody is refused from what is stale
            return Rejected{*refusal};
        }
    }
    return Accepted{entry->recipient, entry->matched, checks_password, freshness == Freshness::stale, remembered};
}

Freshness LoginMemory::freshness_of_password(const LoginCache::Key& key, const Recipient& recipient,
                                             SteadyTime looked_up, SteadyTime now, std::chrono::milliseconds beyond) const {
    const auto success = logins_.find(key);
    if (!success || success->account != account_of(recipient)) return Freshness::gone;
    // Without identity it may have been right for a former entry of that name.
    if (recipient.identity.empty() && success->accepted < looked_up) return Freshness::gone;
    return freshness_of(success->accepted, now, options_.login_ttl, beyond);
}

bool LoginMemory::knows_password(const LoginCache::Key& key, const Recipient& recipient, SteadyTime now) const {
    if (recipient.identity.empty()) return false;
    const auto success = logins_.find(key);
    return success && success->account == account_of(recipient) &&
           now < success->accepted + options_.login_ttl;
}

bool LoginMemory::was_right(const LoginCache::Key& key, const Recipient& recipient, SteadyTime now) const {
    const auto success = logins_.find(key);
    return success && success->account == account_of(recipient) && now < success->accepted + success_vouches_for;
}

std::optional<LoginOutcome> LoginMemory::nobody(const LoginName& login, SteadyTime now) const {
    const auto found = recipients_.find(login);
    const bool is_known = found && !std::holds_alternative<CachedLookup::Found>(found->said) &&
                          now < found->looked_up + options_.negative_ttl;
    return is_known ? std::optional(outcome_of_nobody(found->said)) : std::nullopt;
}

void LoginMemory::remember(const LoginName& login, Recipient recipient, LoginForm matched, SteadyTime looked_up) {
    std::erase_if(recipient.proxy_addresses, [](const std::string& address) { return !address.starts_with("SMTP:"); });
    recipients_.put(login, recipient, matched, looked_up);
    if (is_forgotten(looked_up)) recipients_.forget(login);
}

void LoginMemory::remember_nobody(const LoginName& login, const LoginOutcome& nobody, SteadyTime looked_up) {
    if (std::holds_alternative<Ambiguous>(nobody)) {
        recipients_.put_nobody(login, Ambiguous{}, looked_up);
    } else {
        recipients_.put_nobody(login, NotFound{}, looked_up);
    }
    if (is_forgotten(looked_up)) recipients_.forget(login);
}

void LoginMemory::remember_password(const LoginCache::Key& key, const Recipient& recipient, SteadyTime tried) {
    logins_.remember(key, account_of(recipient), tried);
    if (is_forgotten(tried)) logins_.forget(key);
}

void LoginMemory::forget_password(const LoginCache::Key& key) const { logins_.forget(key); }

std::optional<SteadyTime> LoginMemory::looked_up(const LoginName& login) const {
    const auto found = recipients_.find(login);
    return found ? std::optional(found->looked_up) : std::nullopt;
}

ForgottenLogins LoginMemory::forget_all(SteadyTime now) {
    forgotten_before_ = now.time_since_epoch().count();
    const ForgottenLogins forgotten{recipients_.size(), logins_.size()};
    recipients_.clear();
    logins_.clear();
    return forgotten;
}

}  // namespace eas451
