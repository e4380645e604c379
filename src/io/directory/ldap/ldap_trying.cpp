// SPDX-License-Identifier: Apache-2.0
// The part of LdapResolver that tries passwords, behind the shield (law 4). A login that is nobody's is
// asked about like any other: what strangers are answered must not show who exists.
#include <algorithm>

#include "eas451/io/metrics/metrics.hpp"
#include "ldap_bind_outcome.hpp"
#include "ldap_resolver.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using Hold = TriedPasswords::Hold;

/// A try of the directory before a reload ends without a word to this one.
constexpr std::chrono::milliseconds longest_pause{250};

SteadyTime now() { return std::chrono::steady_clock::now(); }

std::string_view words_of(Hold::Why why) {
    switch (why) {
        case Hold::Why::address:
            return "too many users failed at its address";
        case Hold::Why::no_room:
            return "too many users fail";
        case Hold::Why::user:
            break;
    }
    return "this user's budget of wrong passwords is spent";
}

/// Of an entry that may be renamed or moved: objectGUID or entryUUID where they can be read.
std::string_view lasting_name_of(const Recipient& recipient) {
    const std::string_view identity = recipient.identity;
    const std::size_t end = identity.find('/', identity.find('/') + 1);
    return identity.empty() ? std::string_view(recipient.distinguished_name) : identity.substr(0, end);
}

}  // namespace

/// Nothing with the outcome in the answer, when this password is not to be tried now.
net::awaitable<std::optional<TriedPasswords::Permit>> LdapResolver::may_try(const TriedPasswords::Attempt& attempt,
                                                                            SteadyTime deadline, LoginAnswer& answer) {
    for (;;) {
        auto said = tried_.ask(attempt, options_->ttl, now());
        if (auto* permit = std::get_if<TriedPasswords::Permit>(&said)) co_return std::move(*permit);
        if (const auto* known = std::get_if<TriedPasswords::Known>(&said)) {
            answer.outcome = Rejected{known->why};
            co_return std::nullopt;
        }
        if (const auto* hold = std::get_if<Hold>(&said)) {
            answer.outcome = Held{};
            answer.trouble = words_of(hold->why);
            held_.tell(answer.trouble, now());
            co_return std::nullopt;
        }
        if (stopped_ || now() >= deadline) break;
        co_await told_.wait(std::min(deadline, now() + longest_pause));
    }
    fail(answer, stopped_ ? "the directory is being replaced" : "another password of the same user was being tried all the time");
    co_return std::nullopt;
}

void LdapResolver::tell(TriedPasswords::Permit permit, const TriedPasswords::Attempt& attempt, const BindOutcome& outcome,
                        const std::string& server) {
    tried_.tell(std::move(permit), attempt, outcome, now(), server);
    told_.wake_all();
}

/// Only where the entry says when its password was set, and with it which one, was the same one right.
LockoutShield::Trust LdapResolver::trust_in(const Key& key, const FoundEntry& found) const {
    if (!knowledge_->logins.was_right(key, found.recipient, now())) return LockoutShield::Trust::none;
    const bool can_tell = found.password_set.value && !found.recipient.identity.empty();
    return can_tell ? LockoutShield::Trust::still_right : LockoutShield::Trust::was_right;
}

/// The outcome is in the answer unless the password is right.
net::awaitable<bool> LdapResolver::check_password(const LoginQuestion& question, const Key& key, const FoundEntry& found,
                                                  SteadyTime deadline, LoginAnswer& answer) {
    const TriedAccount account = account_of_entry(question.login.name, lasting_name_of(found.recipient));
    auto attempt = TriedPasswords::attempt(account, question.password.reveal(), question.client_address);
    attempt.set = found.password_set;
    attempt.trust = trust_in(key, found);
    auto permit = co_await may_try(attempt, deadline, answer);
    if (!permit) {
        const bool is_outage = std::holds_alternative<Unavailable>(answer.outcome);
        if (reports_.metrics != nullptr && !is_outage) reports_.metrics->count_suppressed_bind();
        co_return false;
    }
    const BindOutcome outcome = co_await bind_user(question, found.recipient, deadline, answer);
    tell(std::move(*permit), attempt, outcome, answer.server);
    if (std::holds_alternative<BindAccepted>(outcome)) co_return true;
    if (const auto* why = std::get_if<Rejection>(&outcome)) {
        answer.outcome = Rejected{*why};
        knowledge_->logins.forget_password(key);
    }
    co_return false;
}

/// One bind by the name of the entry that was found. An outage is in the answer.
net::awaitable<BindOutcome> LdapResolver::bind_user(const LoginQuestion& question, const Recipient& recipient,
                                                    SteadyTime deadline, LoginAnswer& answer) {
    const SteadyTime begun = now();
    Secret password(std::string(question.password.reveal()));
    const LdapAsked asked = co_await servers_->bind(recipient.distinguished_name, std::move(password), deadline);
    count(DirectoryOperation::bind, asked, begun);
    answer.server = asked.server;
    answer.requests += asked.requests;
    BindOutcome outcome = BindUnavailable{asked.requests != 0};
    if (asked.replied) outcome = bind_outcome_of(asked.replied->result);
    if (std::holds_alternative<BindUnavailable>(outcome)) fail(answer, text_of(asked));
    co_return outcome;
}

/// The outcome that is in the answer is kept, unless it must not be told now. Counted by the name without its
/// domain: all logins of a user are counted together, too.
net::awaitable<void> LdapResolver::refuse_nobody(const LoginQuestion& question, SteadyTime deadline, LoginAnswer& answer) {
    const LoginOutcome nobody = answer.outcome;
    const TriedAccount account = account_of_nobody(question.login.name);
    const auto attempt = TriedPasswords::attempt(account, question.password.reveal(), question.client_address);
    auto permit = co_await may_try(attempt, deadline, answer);
    if (permit) {
        tell(std::move(*permit), attempt, Rejection::bad_credentials, {});
    } else if (!std::holds_alternative<Rejected>(answer.outcome)) {
        co_return;
    }
    answer.outcome = nobody;
}

}  // namespace eas451
