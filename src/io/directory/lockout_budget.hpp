// SPDX-License-Identifier: Apache-2.0
// How many wrong passwords of one user may reach the directory, so that ours alone never lock an account.
// Pure; any thread.
//
// A domain controller counts the wrong passwords of an account (badPwdCount) and forgets them when none
// came for lockOutObservationWindow: measured from the LAST wrong one (badPasswordTime), each of which
// starts it anew. So a window that slides over single tries would not do: one try each time an old one
// has left it is a count that never ends. What is spent here comes back all at once, after a time without
// a try.
#pragma once

#include <chrono>

namespace eas451 {

/// What the domain says.
struct LockoutPolicy {
    unsigned threshold = 0;                     // lockoutThreshold; 0: no account is ever locked
    std::chrono::seconds observation_window{};  // lockOutObservationWindow

    friend bool operator==(const LockoutPolicy&, const LockoutPolicy&) = default;
};

/// Of one process, for each user.
struct TryBudget {
    unsigned new_passwords = 1;  // that may turn out wrong
    /// Whether there is one more for those who are likely the user.
    bool keeps_one = false;
    /// Spent tries come back when none was spent for longer than this.
    std::chrono::milliseconds quiet{};
    /// All processes together never lock an account. False: the threshold is too low for so many of them.
    bool stays_below_threshold = false;
};

/// min(3, threshold - 2), shared out among the replicas, at least 1; one more is kept where that stays
/// below the threshold. Where nothing is ever locked: ten, more than one person has old passwords, and
/// few enough that nobody is guessed.
///
/// One replica is quiet for max(30 min, observation window). Several know nothing of each other, and
/// each other's tries keep the domain's count alive. So each is quiet for as many windows as the others
/// together have tries, and one: they cannot bridge that, and so nobody begins anew before the domain has.
TryBudget try_budget(const LockoutPolicy& policy, unsigned replicas);

/// Whether accounts may be locked in spite of the budget. With a threshold of 1 or 2, one password of ours and
/// one that the user mistypes elsewhere are enough.
bool may_lock(const LockoutPolicy& policy, const TryBudget& budget);

}  // namespace eas451
