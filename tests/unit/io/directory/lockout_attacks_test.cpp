// SPDX-License-Identifier: Apache-2.0
// Phones with old passwords and strangers with new ones, against a domain that counts as Active Directory
// does. Hours pass in a faked clock.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "../../../../src/io/directory/lockout_shield.hpp"
#include "../../../../src/io/directory/wrong_passwords.hpp"

namespace eas451 {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr SteadyTime start{1000h};
const TriedAccount anna = account_of_entry("CN=Anna,DC=contoso,DC=com", "CN=Anna,DC=contoso,DC=com");
const NameDigest home = source_of("192.0.2.1");

NameDigest stranger(int number) {
    return source_of("2001:db8:" + std::to_string(number / 9999) + ":" + std::to_string(number % 9999) + "::1");
}

/// One account (badPwdCount, badPasswordTime, lockoutTime).
struct Domain {
    LockoutPolicy policy;
    unsigned bad_password_count = 0;
    SteadyTime bad_password_time{};
    bool is_locked = false;
    std::vector<SteadyTime> wrong_at{};

    BindOutcome bind(bool is_right, SteadyTime now) {
        if (is_locked) return Rejection::account_locked;
        if (is_right) {
            bad_password_count = 0;
            return BindAccepted{};
        }
        if (now > bad_password_time + policy.observation_window) bad_password_count = 0;
        ++bad_password_count;
        bad_password_time = now;
        wrong_at.push_back(now);
        is_locked = policy.threshold != 0 && bad_password_count >= policy.threshold;
        return Rejection::bad_credentials;
    }
    /// The most wrong passwords within any observation window, both ends included.
    [[nodiscard]] std::size_t most_in_a_window() const {
        std::size_t most = 0;
        for (auto first = wrong_at.begin(), last = first; last != wrong_at.end(); ++last) {
            while (*last - *first > policy.observation_window) ++first;
            most = std::max(most, static_cast<std::size_t>(last - first) + 1);
        }
        return most;
    }
};

/// Whether it was tried.
bool attempt(LockoutShield& shield, Domain& domain, bool is_right, const NameDigest& source, bool was_right,
             SteadyTime now) {
    auto answer = shield.ask(anna, source, was_right ? LockoutShield::Trust::was_right : LockoutShield::Trust::none, now);
    auto* const permit = std::get_if<LockoutShield::Permit>(&answer);
    if (permit == nullptr) return false;
    shield.tell(std::move(*permit), domain.bind(is_right, now), now);
    return true;
}

std::unique_ptr<LockoutShield> shield_for(const LockoutPolicy& policy, unsigned replicas = 1) {
    auto shield = std::make_unique<LockoutShield>();
    shield->set_policy(policy);
    shield->set_replicas(replicas);
    return shield;
}

TEST(LockoutAttacks, TenPhonesWithOneOldPasswordBindOnce) {
    for (const std::optional<WrongPasswords::LastSet> last_set : {std::optional<WrongPasswords::LastSet>(7), {}}) {
        Domain domain{{5, 30min}};
        const auto shield = shield_for(domain.policy);
        WrongPasswords wrong;
        const auto key = WrongPasswords::key_of(anna, "of last year");
        unsigned refused = 0;
        for (SteadyTime now = start; now < start + 1h; now += 30s) {
            for (int phone = 0; phone < 10; ++phone) {
                if (const auto known = wrong.recall(key, last_set, 5min, now)) {
                    EXPECT_EQ(*known, Rejection::bad_credentials_cached);
                    ++refused;
                    continue;
                }
                ASSERT_TRUE(attempt(*shield, domain, false, stranger(phone), false, now));
                wrong.remember(key, {Rejection::bad_credentials, now, last_set, false});
            }
        }
        EXPECT_EQ(domain.wrong_at.size(), 1U);
        EXPECT_EQ(refused, 1199U);
        EXPECT_EQ(domain.bad_password_count, 1U);
        // The person may still mistype the new password twice.
        EXPECT_TRUE(attempt(*shield, domain, false, home, false, start + 10min));
        EXPECT_TRUE(attempt(*shield, domain, false, home, false, start + 10min));
        EXPECT_FALSE(domain.is_locked);
    }
}

/// A stranger sends a new wrong password every `every`, as long as a day lasts, from addresses of his own
/// and, worst of all, from the user's own network.
void attack_for_a_day(const LockoutPolicy& policy, milliseconds every) {
    Domain domain{policy};
    const auto shield = shield_for(policy);
    ASSERT_TRUE(attempt(*shield, domain, true, home, false, start));
    int sent = 0;
    for (SteadyTime now = start + 1s; now < start + 24h; now += every) {
        attempt(*shield, domain, false, stranger(sent++), false, now);
        attempt(*shield, domain, false, home, false, now);
    }
    EXPECT_FALSE(domain.is_locked) << policy.threshold << " " << policy.observation_window.count() << " "
                                   << every.count();
    EXPECT_LT(domain.most_in_a_window(), policy.threshold) << policy.observation_window.count() << " " << every.count();
    const TryBudget budget = shield->budget();
    EXPECT_LE(domain.most_in_a_window(), budget.new_passwords + 1);
    EXPECT_GE(domain.wrong_at.size(), budget.new_passwords);  // it was an attack
}

TEST(LockoutAttacks, AStrangerNeverLocksAnAccount) {
    for (const unsigned threshold : {3U, 5U, 10U}) {
        for (const std::chrono::seconds window : {1min, 15min, 30min, 60min, 720min}) {
            const milliseconds quiet = try_budget({threshold, window}, 1).quiet;
            for (const milliseconds every :
                 {milliseconds(31s), milliseconds(86400ms), milliseconds(window) / 3, milliseconds(window) - 1ms,
                  milliseconds(window), milliseconds(window) + 1ms, quiet / 2, quiet / 3 + 1ms, quiet - 1ms, quiet,
                  quiet + 1ms}) {
                attack_for_a_day({threshold, window}, every);
            }
        }
    }
}

TEST(LockoutAttacks, ATryEachTimeTheWindowAllowsOneNeverLocks) {
    // The worst of all moments: whatever is permitted is sent as late as the domain's count still lives.
    for (const unsigned threshold : {3U, 5U, 10U}) {
        Domain domain{{threshold, 30min}};
        const auto shield = shield_for(domain.policy);
        SteadyTime now = start;
        attempt(*shield, domain, true, home, false, now);
        for (int i = 0; i < 1000; ++i) {
            if (!attempt(*shield, domain, false, i % 2 == 0 ? home : stranger(i), false, now)) {
                now += 1s;  // not yet
                continue;
            }
            now += 30min - 1s;
        }
        EXPECT_FALSE(domain.is_locked) << threshold;
        EXPECT_LT(domain.most_in_a_window(), threshold);
    }
}

TEST(LockoutAttacks, RandomTimesNeverLock) {
    std::mt19937 random(451);
    for (int round = 0; round < 300; ++round) {
        const unsigned threshold = 3 + random() % 8;
        Domain domain{{threshold, std::chrono::minutes(1 + random() % 60)}};
        const auto shield = shield_for(domain.policy);
        SteadyTime now = start;
        for (int i = 0; i < 500; ++i) {
            now += milliseconds(random() % (random() % 4 == 0 ? 2'400'000 : 600'000));
            attempt(*shield, domain, random() % 50 == 0, random() % 3 == 0 ? home : stranger(i), random() % 20 == 0,
                    now);
        }
        EXPECT_FALSE(domain.is_locked) << round;
    }
}

TEST(LockoutAttacks, TheOwnersPhoneIsNeverRefused) {
    Domain domain{{5, 30min}};
    const auto shield = shield_for(domain.policy);
    attempt(*shield, domain, true, home, false, start);
    int sent = 0;
    for (SteadyTime now = start; now < start + 24h; now += 5min) {
        for (int i = 0; i < 10; ++i) attempt(*shield, domain, false, stranger(sent++), false, now);
        // Its password was right a while ago, and it moves about.
        ASSERT_TRUE(attempt(*shield, domain, true, stranger(100'000 + sent), true, now + 1min));
        // A new one after a change, at home.
        for (int i = 0; i < 10; ++i) attempt(*shield, domain, false, stranger(sent++), false, now + 2min);
        ASSERT_TRUE(attempt(*shield, domain, true, home, false, now + 3min));
    }
    EXPECT_FALSE(domain.is_locked);
}

/// Several processes, each with a shield made for `told` of them; whether the account was locked.
bool locks(unsigned threshold, unsigned replicas, unsigned told, unsigned seed) {
    std::mt19937 random(seed);
    Domain domain{{threshold, 30min}};
    std::vector<std::unique_ptr<LockoutShield>> shields;
    for (unsigned i = 0; i < replicas; ++i) shields.push_back(shield_for(domain.policy, told));
    SteadyTime now = start;
    for (const auto& shield : shields) attempt(*shield, domain, true, home, false, now);
    for (int i = 0; i < 3000 && !domain.is_locked; ++i) {
        // One after the other, mostly as late as the domain still counts on.
        const auto& shield = shields[seed % 2 == 0 ? random() % replicas : static_cast<unsigned>(i) % replicas];
        if (attempt(*shield, domain, false, random() % 2 == 0 ? home : stranger(i), false, now)) {
            now += seed % 3 == 0 ? 30min - 1s : milliseconds(random() % 1'800'000);
        } else {
            now += milliseconds(random() % 60'000);
        }
    }
    return domain.is_locked;
}

TEST(LockoutAttacks, ReplicasThatKnowHowManyTheyAreNeverLock) {
    for (const unsigned threshold : {3U, 5U, 10U}) {
        for (const unsigned replicas : {2U, 3U, 4U}) {
            if (!try_budget({threshold, 30min}, replicas).stays_below_threshold) continue;
            for (unsigned seed = 0; seed < 30; ++seed)
                EXPECT_FALSE(locks(threshold, replicas, replicas, seed)) << threshold << replicas << seed;
        }
    }
    // The attack is one: those who think they are alone do lock.
    EXPECT_TRUE(locks(5, 2, 1, 0));
}

TEST(LockoutAttacks, AThousandUsersFromOneAddressFailTwentyTimesAMinute) {
    for (const bool is_six : {false, true}) {
        const auto shield = shield_for({10, 30min});
        std::vector<SteadyTime> failed;
        for (int second = 0; second < 60; ++second) {
            for (int i = 0; i < 1000; ++i) {
                const auto user = account_of_entry(std::to_string(i), "CN=" + std::to_string(i));
                const auto source = source_of(is_six ? "2001:db8:0:7::" + std::to_string(1 + i * 9) : "198.51.100.7");
                // Those who have failed have their password remembered, and do not ask again.
                if (i < static_cast<int>(failed.size())) continue;
                auto answer = shield->ask(user, source, LockoutShield::Trust::none, start + second * 1s);
                auto* const permit = std::get_if<LockoutShield::Permit>(&answer);
                if (permit == nullptr) break;
                failed.push_back(start + second * 1s);
                shield->tell(std::move(*permit), Rejection::bad_credentials, start + second * 1s);
            }
            auto elsewhere =
                shield->ask(anna, is_six ? source_of("2001:db8:0:8::1") : home, LockoutShield::Trust::none, start + second * 1s);
            auto* const permit = std::get_if<LockoutShield::Permit>(&elsewhere);
            ASSERT_NE(permit, nullptr);
            shield->tell(std::move(*permit), BindAccepted{}, start + second * 1s);
        }
        EXPECT_LE(failed.size(), 20U);
        EXPECT_GE(failed.size(), 10U);
    }
}

}  // namespace
}  // namespace eas451
