// SPDX-License-Identifier: Apache-2.0
// LockoutShield: whether a password that is not known to be right may be tried on the directory (law 4).
// What is known to be wrong does not come here (wrong_passwords.hpp), so the same wrong password again
// costs nothing.
//
// Per user: the budget of lockout_budget.hpp, and one try at a time. One more try is kept for a source
// address where this very user succeeded in the last 24 hours, and for a password that was right within
// them: strangers who spend the budget cannot shut the user out. Per source address: failing_addresses.hpp.
//
// A stranger tries passwords on names, not on entries. So what he is told depends on the name alone: each try
// that nothing speaks for is charged to the name that was given, too, its domain left out, whether an entry
// has it or not, and by names users are counted at an address. Otherwise `anna@else.where`, which is nobody's,
// would show by its own fresh budget whether there is an `anna@contoso.com`.
//
// A try is charged when it is permitted, and what is never told stays charged. What the outcomes do to
// the user's count, as Active Directory counts:
//   accepted                             all of it is forgotten, as that domain controller forgets badPwdCount:
//                                        each counts for itself, so not what was spent at another
//   wrong password                       counted
//   locked                               counted, though the domain does not: else its never being held would
//                                        show who is locked
//   disabled, expired, must change, …    neither counted nor forgotten: the password was right
//   no answer that may have counted      counted, and as late as a server may still work on it
//   no answer, surely not looked at      as if it had not been tried
// At the address only wrong and locked count.
//
// Bounded, and forgetting never gives tries back: a user whose tries count is not given up. Without room
// for one more, that one is held. Names give up each other: they alone lock nobody.
//
// One thread, the directory loop's. Time is a value. Outlives its permits.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "bind_outcome.hpp"
#include "digest_table.hpp"
#include "failing_addresses.hpp"
#include "lockout_budget.hpp"
#include "sharded_lru.hpp"
#include "tried_account.hpp"

namespace eas451 {

struct LockoutShieldOptions {
    std::size_t max_users = 65536;  // whose tries count at once; as many names; as many who succeeded
    FailingAddressesOptions addresses;
};

class LockoutShield {
public:
    /// What speaks for a password before it is tried. `still_right`: right within 24 hours, and no other was set
    /// since then: it costs no try, and an answer that was lost counts nothing, so that an outage does not use
    /// up the budgets of those whom it hits. `was_right`: the same, where nobody can tell when it was set.
    enum class Trust : std::uint8_t { none, was_right, still_right };

    /// One try. It ends by tell(), or counts as a wrong password.
    class Permit {
    public:
        Permit(Permit&& other) noexcept;
        Permit& operator=(Permit&&) = delete;
        ~Permit();

    private:
        friend class LockoutShield;
        Permit(LockoutShield& shield, const TriedAccount& account, const NameDigest& source, SteadyTime asked)
            : shield_(&shield), account_(account), source_(source), asked_(asked) {}

        LockoutShield* shield_;  // null: told
        TriedAccount account_;
        NameDigest source_;
        SteadyTime asked_;
        unsigned tries_before_ = 0;  // of the entry
        SteadyTime last_before_{};
        bool has_charged_name_ = false;
        bool has_place_ = false;  // at the source
        bool is_sure_ = false;    // still_right
    };
    /// Not now: to be answered as a temporary failure, never as a wrong password.
    struct Hold {
        enum class Why : std::uint8_t { user, address, no_room } why = Why::user;
    };
    /// The answer depends on a try that is under way: to be asked again when one has been told.
    struct Busy {
        enum class With : std::uint8_t { user, address } with = With::user;
    };
    using Answer = std::variant<Permit, Hold, Busy>;

    /// As careful as with a threshold of 3, until set_policy().
    explicit LockoutShield(const LockoutShieldOptions& options = {});
    LockoutShield(const LockoutShield&) = delete;
    LockoutShield& operator=(const LockoutShield&) = delete;

    void set_policy(const LockoutPolicy& policy) {
        policy_ = policy;
        budget_ = try_budget(policy_, replicas_);
    }
    /// Processes like this one before the same domain.
    void set_replicas(unsigned replicas) {
        replicas_ = replicas;
        budget_ = try_budget(policy_, replicas_);
    }
    void set_addresses(const FailingAddressesOptions& options) { addresses_.set_options(options); }
    [[nodiscard]] const TryBudget& budget() const { return budget_; }

    /// The source's limit is asked only where nothing says that it is the user.
    /// `charges_name`: false for a password that was charged to that name before, with another entry or none.
    [[nodiscard]] Answer ask(const TriedAccount& account, const NameDigest& source, Trust trust, SteadyTime now,
                             bool charges_name = true);
    /// `server`: at which it was tried; all are one where it is empty.
    void tell(Permit permit, const BindOutcome& outcome, SteadyTime now, std::string_view server = {});

    [[nodiscard]] std::size_t users() const { return users_.size(); }
    [[nodiscard]] std::size_t names() const { return names_.size(); }
    [[nodiscard]] std::size_t addresses() const { return addresses_.size(); }

private:
    enum class Effect : std::uint8_t { forgotten, counted, maybe_counted, none };
    static Effect effect_of(const BindOutcome& outcome);

    struct Tries {
        unsigned spent = 0;
        bool is_busy = false;
        SteadyTime last{};  // of the last one spent
        NameDigest server{};  // at which all of them were
        bool is_at_several = false;
    };
    struct Success {
        NameDigest source{};
        SteadyTime at{};
        bool is_one = false;
    };
    /// The last one first. A phone has its owner's home, his office and a network or two on the way.
    using Successes = std::array<Success, 4>;
    using Table = DigestTable<Tries>;

    [[nodiscard]] bool is_quiet(const Tries& tries, SteadyTime now) const { return now > tries.last + budget_.quiet; }
    [[nodiscard]] bool counts(const Tries& tries, SteadyTime now) const;
    [[nodiscard]] unsigned spent(const Tries* tries, SteadyTime now) const;
    [[nodiscard]] bool make_room(SteadyTime now);
    void charge_name(Permit& permit, SteadyTime now);
    void charge_entry(Permit& permit, SteadyTime now);
    void settle_name(const Permit& permit, Effect effect, SteadyTime now);
    void settle_entry(const Permit& permit, Effect effect, const NameDigest& server, SteadyTime now);
    [[nodiscard]] bool succeeded_lately(const TriedAccount& account, const NameDigest& source, SteadyTime now) const;
    void remember_success(const Permit& permit, SteadyTime now);
    void settle_address(const Permit& permit, bool failed, SteadyTime now);

    LockoutShieldOptions options_;
    LockoutPolicy policy_;
    unsigned replicas_ = 1;
    TryBudget budget_;
    Table users_;
    Table names_;
    FailingAddresses addresses_;
    ShardedLru<NameDigest, Successes> successes_;
};

}  // namespace eas451
