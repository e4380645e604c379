// SPDX-License-Identifier: Apache-2.0
#include "lockout_budget.hpp"

#include <algorithm>

namespace eas451 {
namespace {

using std::chrono::milliseconds;

constexpr unsigned most_new_passwords = 3;
constexpr unsigned where_nothing_is_locked = 10;
constexpr milliseconds least_quiet = std::chrono::minutes(30);
/// The longest window that Active Directory takes is 99,999 minutes; beyond a year it is a mistake.
constexpr std::chrono::hours longest_window = std::chrono::hours(24 * 365);

unsigned for_one_process(unsigned threshold) {
    if (threshold == 0) return where_nothing_is_locked;
    return threshold <= 2 ? 1 : std::min(most_new_passwords, threshold - 2);
}

/// A thousandth longer than it is: two clocks do not run quite alike.
milliseconds with_a_margin(std::chrono::seconds window) {
    const milliseconds bounded = std::clamp<std::chrono::seconds>(window, std::chrono::seconds(0), longest_window);
    return bounded + bounded / 1000;
}

}  // namespace

TryBudget try_budget(const LockoutPolicy& policy, unsigned replicas) {
    const unsigned processes = std::clamp(replicas, 1U, 1000U);
    const auto is_safe = [&](unsigned tries) { return policy.threshold == 0 || processes * tries < policy.threshold; };
    TryBudget budget;
    budget.new_passwords = std::max(1U, for_one_process(policy.threshold) / processes);
    budget.keeps_one = is_safe(budget.new_passwords + 1);
    budget.stays_below_threshold = is_safe(budget.new_passwords);
    const unsigned of_the_others = (processes - 1) * (budget.new_passwords + (budget.keeps_one ? 1 : 0));
    const unsigned windows = policy.threshold == 0 ? 1 : of_the_others + 1;
    budget.quiet =
        std::clamp(with_a_margin(policy.observation_window) * windows, least_quiet, milliseconds(longest_window));
    return budget;
}

bool may_lock(const LockoutPolicy& policy, const TryBudget& budget) {
    return policy.threshold == 1 || policy.threshold == 2 || !budget.stays_below_threshold;
}

}  // namespace eas451
