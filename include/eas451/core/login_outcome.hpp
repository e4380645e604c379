// SPDX-License-Identifier: Apache-2.0
// LoginOutcome: what the directory says of one login. "Not found" and "could not look" are
// different types (law 2), so that an outage can never be taken for an answer.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>

#include "eas451/core/credentials.hpp"
#include "eas451/core/recipient.hpp"

namespace eas451 {

/// Why a login is refused although it was looked up. Outside, all of them look alike.
enum class Rejection : std::uint8_t {
    bad_credentials, bad_credentials_cached, account_locked, account_disabled, account_expired,
    password_expired, must_change_password, logon_restricted,
};

/// The bits of userAccountControl (MS-ADTS 2.2.16) that refuse a login, in the order they are looked
/// at. Active Directory itself keeps the last two only in a computed attribute; a file may say them.
struct AccountBit {
    std::uint32_t bit;
    Rejection why;
};
inline constexpr AccountBit account_bits[] = {
    {0x2, Rejection::account_disabled},
    {0x10, Rejection::account_locked},
    {0x800000, Rejection::password_expired},
};
/// Why an account with these bits may not log in, though its password may be right.
constexpr std::optional<Rejection> refusal_by_account(std::uint32_t user_account_control) {
    for (const AccountBit& refusing : account_bits) {
        if ((user_account_control & refusing.bit) != 0) return refusing.why;
    }
    return std::nullopt;
}

/// The entry, found exactly once; its password is right, or was not looked at (authentication off,
/// explain).
/// What a directory knows a password by that it remembers; nothing can be found out from it.
using RememberedLogin = std::array<std::uint8_t, 32>;

struct Accepted {
    std::shared_ptr<const Recipient> recipient;
    LoginForm matched = LoginForm::upn;  // what the login turned out to be
    bool password_checked = true;
    /// Remembered from before the directory was lost, and older than it may be: good enough to pass the
    /// request on to Exchange, which judges for itself, and for nothing else.
    bool is_stale = false;
    std::optional<RememberedLogin> remembered{};  // where the password was not tried, but known
};
struct Rejected { Rejection why; };
struct NotFound {};
struct Ambiguous {};
/// The failure budget is spent, and this password is not known to be right or wrong.
struct Held {};
/// Could not look, or not in time.
struct Unavailable {};
/// There was nothing to check here.
struct NotChecked {
    enum class Why : std::uint8_t { no_credentials, bearer } why = Why::no_credentials;
};

using LoginOutcome = std::variant<NotChecked, Accepted, Rejected, NotFound, Ambiguous, Held, Unavailable>;

/// accepted, bad-credentials, … not-checked: the word of logs, `auth` and metrics.
std::string_view to_string(const LoginOutcome& outcome);

}  // namespace eas451
