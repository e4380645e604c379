// SPDX-License-Identifier: Apache-2.0
#include "tried_passwords.hpp"

#include <utility>

namespace eas451 {

TriedPasswords::Attempt TriedPasswords::attempt(const TriedAccount& account, std::string_view password,
                                                std::string_view client_address) {
    Attempt made;
    made.account = account;
    made.source = source_of(client_address);
    made.key = WrongPasswords::key_of(account, password);
    made.name_key = WrongPasswords::key_of_name(account, password);
    return made;
}

TriedPasswords::Asker TriedPasswords::begin(unsigned replicas, const FailingAddressesOptions& addresses) {
    shield_.set_replicas(replicas);
    shield_.set_addresses(addresses);
    return ++last_asker_;
}

void TriedPasswords::set_policy(Asker asker, const LockoutPolicy& policy) {
    if (asker == last_asker_) shield_.set_policy(policy);
}

TriedPasswords::Answer TriedPasswords::ask(const Attempt& attempt, std::chrono::milliseconds ttl, SteadyTime now) {
    const auto known = wrong_.recall(attempt.key, attempt.set.value, ttl, now);
    // A lock ends by itself or by an administrator's word, and the right password is not kept waiting for it.
    const bool may_be_unlocked =
        known == Rejection::account_locked && attempt.trust == LockoutShield::Trust::still_right;
    if (known && !may_be_unlocked) return Known{*known};
    const bool was_charged = attempt.account.entry && wrong_.recall(attempt.name_key, {}, ttl, now).has_value();
    auto answer = shield_.ask(attempt.account, attempt.source, attempt.trust, now, !was_charged);
    if (auto* const permit = std::get_if<Permit>(&answer)) return std::move(*permit);
    if (const auto* const hold = std::get_if<Hold>(&answer)) return *hold;
    return std::get<Busy>(answer);
}

void TriedPasswords::tell(Permit permit, const Attempt& attempt, const BindOutcome& outcome, SteadyTime now,
                          std::string_view server) {
    shield_.tell(std::move(permit), outcome, now, server);
    if (const auto* const why = std::get_if<Rejection>(&outcome)) {
        wrong_.remember(attempt.key, {*why, now, attempt.set.value, attempt.set.is_lately});
        const bool is_guess = *why == Rejection::bad_credentials || *why == Rejection::account_locked;
        if (attempt.account.entry && is_guess) wrong_.remember(attempt.name_key, {Rejection::bad_credentials, now, {}, false});
    } else if (std::holds_alternative<BindAccepted>(outcome)) {
        wrong_.forget(attempt.key);
        wrong_.forget(attempt.name_key);
    }
}

}  // namespace eas451
