// SPDX-License-Identifier: Apache-2.0
#include "tried_passwords.hpp"

#include <utility>

namespace eas451 {

TriedPasswords::Attempt TriedPasswords::attempt(const TriedAccount& account, std::string_view password,
                                                std::string_view client_address) {
    return {account, source_of(client_address), WrongPasswords::key_of(account, password), {}, false};
}

TriedPasswords::Answer TriedPasswords::ask(const Attempt& attempt, std::chrono::milliseconds ttl, SteadyTime now) {
    if (const auto known = wrong_.recall(attempt.key, attempt.set.value, ttl, now)) return Known{*known};
    using Trust = LockoutShield::Trust;
    const Trust if_right = attempt.set.value ? Trust::still_right : Trust::was_right;
    auto answer = shield_.ask(attempt.account, attempt.source, attempt.was_right ? if_right : Trust::none, now);
    if (auto* const permit = std::get_if<Permit>(&answer)) return std::move(*permit);
    if (const auto* const hold = std::get_if<Hold>(&answer)) return *hold;
    if (const auto* const busy = std::get_if<Busy>(&answer)) return *busy;
    return Known{Rejection::account_locked};
}

void TriedPasswords::tell(Permit permit, const Attempt& attempt, const BindOutcome& outcome, SteadyTime now) {
    shield_.tell(std::move(permit), outcome, now);
    if (const auto* const why = std::get_if<Rejection>(&outcome)) {
        wrong_.remember(attempt.key, {*why, now, attempt.set.value, attempt.set.is_lately});
    } else if (std::holds_alternative<BindAccepted>(outcome)) {
        wrong_.forget(attempt.key);
    }
}

}  // namespace eas451
