// SPDX-License-Identifier: Apache-2.0
#include "ldap_lockout.hpp"

#include <algorithm>
#include <charconv>

#include "eas451/core/text.hpp"
#include "ldap_result_code.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using std::chrono::seconds;

/// A domain that shows nothing is taken for a strict one; other directories lock nobody by themselves, and
/// where they do, five is what their documentation has.
constexpr LockoutPolicy of_a_hidden_domain{3, std::chrono::minutes(30)};
constexpr LockoutPolicy of_another_directory{5, std::chrono::minutes(30)};
/// For policies that never forget a wrong password until a right one comes: tries do not come back otherwise.
constexpr seconds never_forgotten = std::chrono::hours(24 * 365);
constexpr int most_policies = 1000;

std::optional<std::int64_t> number_of(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return number;
}

/// Without the margin that a quiet time has; but a short time is not none.
std::string minutes_of(std::chrono::milliseconds time) {
    const auto least = std::chrono::minutes(time.count() > 0 ? 1 : 0);
    return std::to_string(std::max(least, std::chrono::round<std::chrono::minutes>(time)).count());
}

std::string words_of(const LockoutPolicy& policy) {
    if (policy.threshold == 0) return "lockoutThreshold 0: accounts are never locked";
    const std::string window = policy.observation_window >= never_forgotten
                                   ? "without end, until a right password comes"
                                   : minutes_of(policy.observation_window) + " min";
    return "lockoutThreshold " + std::to_string(policy.threshold) + ", lockOutObservationWindow " + window;
}

/// Intervals are negative counts of 100 ns; the lowest number is for ever.
seconds window_of(std::int64_t interval) {
    if (interval == INT64_MIN) return never_forgotten;
    return seconds((interval < 0 ? -interval : interval) / 10'000'000);
}

std::optional<LockoutPolicy> policy_of_domain(const LdapReply& reply) {
    if (reply.entries.empty()) return std::nullopt;
    const LdapEntry& head = reply.entries.front();
    const auto threshold = number_of(head.value("lockoutThreshold"));
    const auto window = number_of(head.value("lockOutObservationWindow"));
    if (!threshold || *threshold < 0 || *threshold > UINT16_MAX) return std::nullopt;
    if (!window && *threshold != 0) return std::nullopt;
    return LockoutPolicy{static_cast<unsigned>(*threshold), window_of(window.value_or(0))};
}

/// The strictest of all of them, since any may be a user's.
std::optional<LockoutPolicy> strictest_of(const LdapReply& reply) {
    std::optional<LockoutPolicy> strictest;
    for (const LdapEntry& entry : reply.entries) {
        const auto most = number_of(entry.value("pwdMaxFailure"));
        if (!most || *most <= 0 || !equals_ignore_case(entry.value("pwdLockout"), "TRUE")) continue;
        const std::int64_t interval = number_of(entry.value("pwdFailureCountInterval")).value_or(0);
        const seconds window = interval <= 0 ? never_forgotten : seconds(interval);
        const auto threshold = static_cast<unsigned>(std::min<std::int64_t>(*most, UINT16_MAX));
        if (!strictest) strictest = LockoutPolicy{threshold, window};
        strictest->threshold = std::min(strictest->threshold, threshold);
        strictest->observation_window = std::max(strictest->observation_window, window);
    }
    return strictest;
}

LdapSearch domain_head_search(const std::string& domain) {
    return {domain, LdapScope::base, "(objectClass=*)", {"lockoutThreshold", "lockOutObservationWindow"}, 1, ldap_time_limit_seconds};
}

LdapSearch policy_search(const std::string& base) {
    return {base, LdapScope::subtree, "(objectClass=pwdPolicy)", {"pwdLockout", "pwdMaxFailure", "pwdFailureCountInterval"},
            most_policies, ldap_time_limit_seconds};
}

std::string assumed(const LockoutPolicy& policy, const std::string& why) {
    return why + "; taken as " + words_of(policy) + " (give directory.lockout where it is otherwise)";
}

/// What it is, or that there is nothing to see. Any other answer is an outage, and what was known before holds.
bool says_something(const LdapAsked& asked) {
    if (!asked.replied) return false;
    const int code = asked.replied->result.code;
    return code == ldap_code::success || code == ldap_code::no_such_object || code == ldap_code::insufficient_access_rights;
}

KnownLockout of_domain(const LdapReply& reply, const std::string& domain) {
    if (const auto policy = policy_of_domain(reply)) return {*policy, words_of(*policy) + " of " + domain, false};
    return {of_a_hidden_domain, assumed(of_a_hidden_domain, domain + " shows no lockoutThreshold"), true};
}

KnownLockout of_another(const std::optional<LockoutPolicy>& policy, const std::string& base) {
    if (policy) return {*policy, words_of(*policy) + " (pwdMaxFailure and pwdFailureCountInterval, the strictest of the policies)", false};
    return {of_another_directory, assumed(of_another_directory, "no password policy is visible below " + base), false};
}

net::awaitable<std::optional<KnownLockout>> read_from_domain(LdapServers& servers, const LdapNaming& naming, SteadyTime deadline) {
    const LdapAsked asked = co_await servers.search(domain_head_search(naming.own_domain), deadline);
    if (!says_something(asked)) co_return std::nullopt;
    co_return of_domain(*asked.replied, naming.own_domain);
}

/// The policies are hardly ever where the users are, but beside them.
net::awaitable<std::optional<KnownLockout>> read_from_policies(LdapServers& servers, const LdapNaming& naming, SteadyTime deadline) {
    const std::string& base = naming.base.empty() ? naming.own_domain : naming.base;
    const std::string& around = naming.context.empty() ? base : naming.context;
    const LdapAsked asked = co_await servers.search(policy_search(around), deadline);
    if (!says_something(asked)) co_return std::nullopt;
    const auto policy = strictest_of(*asked.replied);
    if (policy || around == base) co_return of_another(policy, around);
    // Whoever may see nothing of the head of a directory is told that there is no such object.
    const LdapAsked below = co_await servers.search(policy_search(base), deadline);
    if (!says_something(below)) co_return std::nullopt;
    co_return of_another(strictest_of(*below.replied), around);
}

}  // namespace

std::string words_of(const KnownLockout& known, const TryBudget& budget) {
    std::string text = known.text + "; " + std::to_string(budget.new_passwords) + " new wrong password" +
                       (budget.new_passwords == 1 ? "" : "s") + " of a user may be tried";
    text += known.policy.observation_window >= never_forgotten && known.policy.threshold != 0
                ? " until a right one comes"
                : " within " + minutes_of(budget.quiet) + " min";
    if (may_lock(known.policy, budget)) {
        text += ", which can lock accounts: no number is low enough for this threshold and so many replicas; raise the "
                "threshold";
    }
    return text;
}

net::awaitable<std::optional<KnownLockout>> read_lockout(LdapServers& servers, const LdapNaming& naming,
                                                         const LockoutOptions& given, SteadyTime deadline) {
    KnownLockout known;
    if (!given.threshold || !given.observation_window) {
        auto reading = naming.is_active_directory ? read_from_domain(servers, naming, deadline) : read_from_policies(servers, naming, deadline);
        auto read = co_await std::move(reading);
        if (!read) co_return std::nullopt;
        known = std::move(*read);
    }
    if (!given.threshold && !given.observation_window) co_return known;
    known.policy.threshold = given.threshold.value_or(known.policy.threshold);
    known.policy.observation_window = given.observation_window.value_or(known.policy.observation_window);
    known.text = words_of(known.policy) + " with what directory.lockout says";
    known.is_a_worry = false;
    co_return known;
}

}  // namespace eas451
