// SPDX-License-Identifier: Apache-2.0
#include "ldap_bind_outcome.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

#include "ldap_result_code.hpp"

namespace eas451 {
namespace {

constexpr int invalid_credentials = 49;

/// Those that speak of the password or the account.
constexpr int rejections[]{
    19,  // constraintViolation: a password policy
    48,  // inappropriateAuthentication: an account without a password
    invalid_credentials,
};

/// Those with which a server refuses a bind without a look at the password.
constexpr int refusals_unseen[]{
    1,   // operationsError
    2,   // protocolError
    8,   // strongerAuthRequired
    10,  // referral
    13,  // confidentialityRequired
    51,  // busy
    52,  // unavailable
    53,  // unwillingToPerform
};

template <std::size_t Count>
bool is_one_of(const int (&codes)[Count], int code) {
    return std::ranges::find(codes, code) != std::end(codes);
}

/// ERROR_NO_LOGON_SERVERS: the domain controller reached nobody who could have judged, such as a
/// read-only one whose line is cut. An outage, although it comes as invalidCredentials.
constexpr std::uint32_t no_logon_servers = 0x51f;

struct ActiveDirectoryWord {
    std::uint32_t data;
    Rejection why;
};
/// Any other, 525 (no such user) and 52e (wrong password) among them, is a bad login.
constexpr ActiveDirectoryWord active_directory_words[]{
    {0x52f, Rejection::logon_restricted},      // ERROR_ACCOUNT_RESTRICTION
    {0x530, Rejection::logon_restricted},      // ERROR_INVALID_LOGON_HOURS
    {0x531, Rejection::logon_restricted},      // ERROR_INVALID_WORKSTATION
    {0x532, Rejection::password_expired},      // ERROR_PASSWORD_EXPIRED
    {0x533, Rejection::account_disabled},      // ERROR_ACCOUNT_DISABLED
    {0x701, Rejection::account_expired},       // ERROR_ACCOUNT_EXPIRED
    {0x773, Rejection::must_change_password},  // ERROR_PASSWORD_MUST_CHANGE
    {0x775, Rejection::account_locked},        // ERROR_ACCOUNT_LOCKED_OUT
};

/// The number of "… error, data 52e, v4563".
std::optional<std::uint32_t> data_of(std::string_view diagnostic) {
    constexpr std::string_view before = ", data ";
    const std::size_t at = diagnostic.find(before);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view rest = diagnostic.substr(at + before.size());
    std::uint32_t data = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), data, 16);
    const bool is_whole = end == rest.data() + rest.size() || *end == ',' || *end == ' ' || *end == '\0';
    return error == std::errc{} && is_whole ? std::optional(data) : std::nullopt;
}

BindOutcome outcome_of_active_directory(std::string_view diagnostic) {
    const auto data = data_of(diagnostic);
    if (data == no_logon_servers) return BindUnavailable{false};
    const auto* const word =
        std::ranges::find_if(active_directory_words, [&](const auto& one) { return one.data == data; });
    return word == std::end(active_directory_words) ? Rejection::bad_credentials : word->why;
}

std::optional<Rejection> refusal_of(const std::optional<LdapPasswordPolicy>& policy) {
    if (!policy || !policy->error) return std::nullopt;
    switch (*policy->error) {
        case LdapPasswordPolicy::password_expired:
            return Rejection::password_expired;
        case LdapPasswordPolicy::account_locked:
            return Rejection::account_locked;
        case LdapPasswordPolicy::change_after_reset:
            return Rejection::must_change_password;
        default:
            return std::nullopt;
    }
}

}  // namespace

BindOutcome bind_outcome_of(const LdapResult& result) {
    const auto refusal = refusal_of(result.password_policy);
    if (result.code == ldap_code::success) {
        // Bound, but good for nothing except a change of the password; unless it is good once more.
        const bool has_grace = result.password_policy && result.password_policy->grace_binds_left;
        const bool expired_with_grace = has_grace && refusal == Rejection::password_expired;
        if (refusal && !expired_with_grace) return *refusal;
        return BindAccepted{};
    }
    if (is_one_of(rejections, result.code)) {
        if (refusal) return *refusal;
        return result.code == invalid_credentials ? outcome_of_active_directory(result.diagnostic)
                                                  : Rejection::bad_credentials;
    }
    return BindUnavailable{!is_one_of(refusals_unseen, result.code)};
}

}  // namespace eas451
