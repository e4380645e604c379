// SPDX-License-Identifier: Apache-2.0
// TriedPasswords: whether a password is tried on the directory, and what came of those that were: what is
// known to be wrong (wrong_passwords.hpp) in front of what may still be tried (lockout_shield.hpp).
// docs/lockout.md tells administrators how it decides.
//
// The directory loop has one, which a reload does not replace: its counts must not begin anew while those
// of the domain go on. One thread, the directory loop's. Time is a value.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <variant>

#include "lockout_shield.hpp"
#include "wrong_passwords.hpp"

namespace eas451 {

/// When an account's password was last set, as the latest search says it.
struct PasswordSet {
    std::optional<WrongPasswords::LastSet> value;  // nothing where that cannot be read
    bool is_lately = false;                        // within WrongPasswords::without_last_set
};

class TriedPasswords {
public:
    /// One password, and whose it is said to be.
    struct Attempt {
        TriedAccount account;
        NameDigest source{};
        WrongPasswords::Key key;
        WrongPasswords::Key name_key;
        PasswordSet set;
        LockoutShield::Trust trust = LockoutShield::Trust::none;
    };
    static Attempt attempt(const TriedAccount& account, std::string_view password, std::string_view client_address);

    using Permit = LockoutShield::Permit;
    using Hold = LockoutShield::Hold;
    using Busy = LockoutShield::Busy;
    /// To be refused with this, and not tried.
    struct Known {
        Rejection why = Rejection::bad_credentials_cached;
    };
    using Answer = std::variant<Permit, Known, Hold, Busy>;

    /// `ttl`: of refusals that are not the password's fault.
    [[nodiscard]] Answer ask(const Attempt& attempt, std::chrono::milliseconds ttl, SteadyTime now);
    /// Of every permit, once.
    void tell(Permit permit, const Attempt& attempt, const BindOutcome& outcome, SteadyTime now, std::string_view server = {});

    /// A directory begins to ask. What it says of itself is taken until the next one begins, though it may
    /// still be asked then by requests that began with it.
    using Asker = unsigned;
    Asker begin(unsigned replicas, const FailingAddressesOptions& addresses);
    void set_policy(Asker asker, const LockoutPolicy& policy);
    [[nodiscard]] const TryBudget& budget() const { return shield_.budget(); }

private:
    Asker last_asker_ = 0;
    WrongPasswords wrong_;
    LockoutShield shield_;
};

}  // namespace eas451
