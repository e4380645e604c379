// SPDX-License-Identifier: Apache-2.0
#include "../../../../src/io/directory/lockout_shield.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

namespace eas451 {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime start{1000h};
constexpr LockoutPolicy five{5, 30min};  // three new passwords, and one is kept
constexpr auto quiet = 30min + 1800ms;

const TriedAccount anna = account_of_entry("CN=Anna,DC=contoso,DC=com", "CN=Anna,DC=contoso,DC=com");
const TriedAccount lars = account_of_entry("CN=Lars,DC=contoso,DC=com", "CN=Lars,DC=contoso,DC=com");
const NameDigest home = source_of("192.0.2.1");

TriedAccount user(int number) {
    return account_of_entry(std::to_string(number), "CN=" + std::to_string(number));
}
NameDigest stranger(int number = 0) {
    return source_of("2001:db8:" + std::to_string(number / 10000) + ":" + std::to_string(number % 10000) + "::1");
}

std::string word_of(const LockoutShield::Answer& answer) {
    if (std::holds_alternative<LockoutShield::Permit>(answer)) return "permit";
    if (const auto* busy = std::get_if<LockoutShield::Busy>(&answer)) {
        return busy->with == LockoutShield::Busy::With::user ? "busy user" : "busy address";
    }
    switch (std::get<LockoutShield::Hold>(answer).why) {
        case LockoutShield::Hold::Why::user:
            return "hold user";
        case LockoutShield::Hold::Why::address:
            return "hold address";
        case LockoutShield::Hold::Why::no_room:
            break;
    }
    return "hold no room";
}

class LockoutShieldTest : public ::testing::Test {
protected:
    LockoutShieldTest() : LockoutShieldTest(LockoutShieldOptions{}) {}
    explicit LockoutShieldTest(const LockoutShieldOptions& options) : shield(options) { shield.set_policy(five); }

    /// Asks, and tells that at once. What was asked came to this.
    std::string try_it(const TriedAccount& account, const BindOutcome& outcome, SteadyTime now,
                       const NameDigest& source, bool was_right = false) {
        auto answer = shield.ask(account, source, was_right ? LockoutShield::Trust::was_right : LockoutShield::Trust::none, now);
        std::string word = word_of(answer);
        if (auto* permit = std::get_if<LockoutShield::Permit>(&answer)) shield.tell(std::move(*permit), outcome, now);
        return word;
    }
    std::string wrong(SteadyTime now, const NameDigest& source) {
        return try_it(anna, Rejection::bad_credentials, now, source);
    }
    std::string right(SteadyTime now, const NameDigest& source) { return try_it(anna, BindAccepted{}, now, source); }
    /// How many of a hundred strangers get a try.
    unsigned tries_left(SteadyTime now) {
        unsigned permitted = 0;
        for (int i = 0; i < 100; ++i) permitted += wrong(now, stranger(i)) == "permit" ? 1 : 0;
        return permitted;
    }

    LockoutShield shield;
};

TEST_F(LockoutShieldTest, ThreeNewPasswordsMayBeWrong) {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(wrong(start, stranger(i)), "permit") << i;
    EXPECT_EQ(wrong(start, stranger(3)), "hold user");
    EXPECT_EQ(try_it(lars, Rejection::bad_credentials, start, stranger(3)), "permit");
}

TEST_F(LockoutShieldTest, TheyComeBackTogetherAfterAQuietTime) {
    wrong(start, home);
    wrong(start + 20min, home);
    wrong(start + 29min, home);
    EXPECT_EQ(wrong(start + quiet + 1ms, home), "hold user");  // the first alone is long ago
    EXPECT_EQ(wrong(start + 29min + quiet, home), "hold user");
    EXPECT_EQ(tries_left(start + 29min + quiet + 1ms), 3U);
}

TEST_F(LockoutShieldTest, WhatIsHeldDoesNotProlongIt) {
    EXPECT_EQ(tries_left(start), 3U);
    EXPECT_EQ(tries_left(start + 29min), 0U);
    EXPECT_EQ(tries_left(start + quiet + 1ms), 3U);
}

TEST_F(LockoutShieldTest, ARightPasswordGivesThemBack) {
    wrong(start, home);
    wrong(start, home);
    EXPECT_EQ(right(start + 1min, home), "permit");
    EXPECT_EQ(shield.users(), 0U);
    EXPECT_EQ(tries_left(start + 1min), 3U);
}

TEST_F(LockoutShieldTest, OneTryIsKeptForWhereTheUserSucceeded) {
    right(start, home);
    EXPECT_EQ(tries_left(start + 1h), 3U);
    EXPECT_EQ(wrong(start + 1h, home), "permit");
    EXPECT_EQ(wrong(start + 1h, home), "hold user");
    EXPECT_EQ(tries_left(start + 1h + quiet), 0U);
    EXPECT_EQ(tries_left(start + 1h + quiet + 1ms), 3U);
    EXPECT_EQ(right(start + 1h + quiet + 1ms, home), "permit");
    EXPECT_EQ(tries_left(start + 1h + quiet + 1ms), 3U);
}

TEST_F(LockoutShieldTest, ForADayAndForThatUserAndThatSource) {
    right(start, home);
    tries_left(start + 23h + 59min);
    EXPECT_EQ(right(start + 24h, home), "hold user");
    EXPECT_EQ(right(start + 24h - 1ms, source_of("192.0.2.2")), "hold user");
    EXPECT_EQ(right(start + 24h - 1ms, home), "permit");
    for (int i = 0; i < 3; ++i) try_it(lars, Rejection::bad_credentials, start + 24h, stranger(i));
    EXPECT_EQ(try_it(lars, BindAccepted{}, start + 24h, home), "hold user");
}

TEST_F(LockoutShieldTest, FourSourcesOfAUserAreRemembered) {
    const auto source = [](int number) { return source_of("203.0.113." + std::to_string(number)); };
    for (const int i : {1, 2, 3, 4, 1, 5}) right(start, source(i));
    for (const auto& [number, word] :
         {std::pair(1, "permit"), {2, "hold user"}, {3, "permit"}, {4, "permit"}, {5, "permit"}}) {
        EXPECT_EQ(tries_left(start + 1h), 3U);
        EXPECT_EQ(try_it(anna, BindUnavailable{false}, start + 1h, source(number)), word) << number;
        EXPECT_EQ(try_it(anna, BindAccepted{}, start + 1h, source(1)), "permit");
    }
}

TEST_F(LockoutShieldTest, OneTryIsKeptForAPasswordThatWasRight) {
    tries_left(start);
    EXPECT_EQ(try_it(anna, BindAccepted{}, start, stranger(), true), "permit");
    tries_left(start);
    EXPECT_EQ(try_it(anna, Rejection::bad_credentials, start, stranger(), true), "permit");
    EXPECT_EQ(try_it(anna, BindAccepted{}, start, stranger(), true), "hold user");
}

TEST_F(LockoutShieldTest, NoTryIsKeptWhereItCouldLock) {
    shield.set_policy({2, 30min});
    right(start, home);
    EXPECT_EQ(tries_left(start), 1U);
    EXPECT_EQ(right(start, home), "hold user");
}

TEST_F(LockoutShieldTest, IsCarefulUntilItKnowsThePolicy) {
    LockoutShield fresh(LockoutShieldOptions{});
    EXPECT_EQ(fresh.budget().new_passwords, 1U);
    EXPECT_TRUE(fresh.budget().keeps_one);
    fresh.set_replicas(2);
    EXPECT_FALSE(fresh.budget().keeps_one);
    fresh.set_policy({10, 30min});
    EXPECT_EQ(fresh.budget().new_passwords, 1U);
    EXPECT_TRUE(fresh.budget().keeps_one);
}

TEST_F(LockoutShieldTest, AStricterPolicyHoldsAtOnce) {
    wrong(start, home);
    shield.set_policy({3, 2h});
    EXPECT_EQ(wrong(start + 1h, home), "hold user");
    shield.set_policy(five);
    EXPECT_EQ(wrong(start + 1h, home), "permit");
}

TEST_F(LockoutShieldTest, OneUserIsTriedOnceAtATime) {
    auto first = shield.ask(anna, home, LockoutShield::Trust::none, start);
    ASSERT_EQ(word_of(first), "permit");
    EXPECT_EQ(wrong(start, stranger()), "busy user");
    EXPECT_EQ(try_it(anna, BindAccepted{}, start, stranger(), true), "busy user");
    EXPECT_EQ(try_it(lars, Rejection::bad_credentials, start, home), "permit");
    shield.tell(std::get<LockoutShield::Permit>(std::move(first)), BindAccepted{}, start + 1s);
    EXPECT_EQ(wrong(start + 1s, home), "permit");
}

TEST_F(LockoutShieldTest, APermitThatIsNeverToldCountsAsWrong) {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(word_of(shield.ask(anna, home, LockoutShield::Trust::none, start)), "permit");
    EXPECT_EQ(word_of(shield.ask(anna, home, LockoutShield::Trust::none, start)), "hold user");
}

TEST_F(LockoutShieldTest, APermitMayMove) {
    auto answer = shield.ask(anna, home, LockoutShield::Trust::none, start);
    {
        const LockoutShield::Permit moved = std::get<LockoutShield::Permit>(std::move(answer));
        EXPECT_EQ(wrong(start, home), "busy user");
    }
    EXPECT_EQ(tries_left(start), 2U);
}

TEST_F(LockoutShieldTest, AnswersThatNeedARightPasswordAreNotCounted) {
    for (const Rejection why : {Rejection::account_disabled, Rejection::account_expired, Rejection::password_expired,
                                Rejection::must_change_password, Rejection::logon_restricted}) {
        wrong(start, home);
        for (int i = 0; i < 20; ++i) EXPECT_EQ(try_it(anna, why, start, home), "permit");
        EXPECT_EQ(tries_left(start), 2U);  // nor forgotten
        right(start, home);
        try_it(anna, BindAccepted{}, start, stranger(), true);
    }
    EXPECT_EQ(shield.users(), 0U);
}

TEST_F(LockoutShieldTest, ALockedAccountIsHeldLikeAnother) {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(try_it(anna, Rejection::account_locked, start, stranger(i)), "permit");
    EXPECT_EQ(wrong(start, stranger()), "hold user");
}

TEST_F(LockoutShieldTest, ANameIsHeldWhoeverHasIt) {
    const TriedAccount nobody = account_of_nobody("anna");
    const TriedAccount here = account_of_entry("anna", "CN=Anna,OU=Here");
    // By the real login, by one that is nobody's, and by another entry's: each time the same.
    for (const TriedAccount& first : {here, nobody}) {
        LockoutShield fresh;
        fresh.set_policy(five);
        const auto wrong_one = [&](const TriedAccount& account, bool charges_name) {
            auto answer = fresh.ask(account, home, LockoutShield::Trust::none, start, charges_name);
            const std::string word = word_of(answer);
            if (word == "permit") fresh.tell(std::get<LockoutShield::Permit>(std::move(answer)), Rejection::bad_credentials, start);
            return word;
        };
        for (int i = 0; i < 3; ++i) EXPECT_EQ(wrong_one(first, true), "permit");
        EXPECT_EQ(wrong_one(nobody, true), "hold user");
        EXPECT_EQ(wrong_one(account_of_entry("anna", "CN=Anna,OU=There"), true), "hold user");
        // The password was charged before, with another login of that name.
        EXPECT_EQ(wrong_one(account_of_entry("anna", "CN=Anna,OU=There"), false), "permit");
        EXPECT_EQ(fresh.addresses(), 1U);
        // Who is likely the user is not held for what strangers did to the name.
        EXPECT_EQ(word_of(fresh.ask(account_of_entry("anna", "CN=Anna,OU=Elsewhere"), home, LockoutShield::Trust::was_right, start)), "permit");
    }
}

TEST_F(LockoutShieldTest, ASuccessForgivesTheName) {
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(wrong(start, home), "permit");
        EXPECT_EQ(wrong(start, home), "permit");
        EXPECT_EQ(right(start, home), "permit");
    }
    EXPECT_EQ(shield.names(), 0U);
}

TEST_F(LockoutShieldTest, ALostAnswerCountsAndForAsLongAsItMayStillDo) {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(try_it(anna, BindUnavailable{true}, start, home), "permit");
    EXPECT_EQ(wrong(start + 15min + quiet, home), "hold user");
    EXPECT_EQ(wrong(start + 15min + quiet + 1ms, home), "permit");
}

TEST_F(LockoutShieldTest, WhatWasNeverLookedAtDoesNotCount) {
    wrong(start, home);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(try_it(anna, BindUnavailable{false}, start + 20min, home), "permit");
    EXPECT_EQ(tries_left(start + 20min), 2U);
    EXPECT_EQ(tries_left(start + 20min + quiet + 1ms), 3U);
    EXPECT_EQ(try_it(lars, BindUnavailable{false}, start, home), "permit");
    EXPECT_EQ(shield.users(), 1U);
}

TEST_F(LockoutShieldTest, NobodysLoginIsAnsweredLikeAUsers) {
    const TriedAccount nobody = account_of_nobody("nobody@contoso.com");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(try_it(nobody, Rejection::bad_credentials, start, stranger(i)), "permit");
    EXPECT_EQ(try_it(nobody, Rejection::bad_credentials, start, stranger(3)), "hold user");
    EXPECT_EQ(try_it(nobody, Rejection::bad_credentials, start + quiet + 1ms, stranger(3)), "permit");
    EXPECT_EQ(shield.users(), 0U);
    EXPECT_EQ(shield.names(), 1U);
}

TEST_F(LockoutShieldTest, OneAddressFailsForTenUsers) {
    for (int i = 0; i < 10; ++i) EXPECT_EQ(try_it(user(i), Rejection::bad_credentials, start, home), "permit");
    EXPECT_EQ(try_it(user(10), BindAccepted{}, start, home), "hold address");
    EXPECT_EQ(try_it(account_of_nobody("x"), Rejection::bad_credentials, start, home), "hold address");
    EXPECT_EQ(try_it(user(0), Rejection::bad_credentials, start, home), "permit");
    EXPECT_EQ(try_it(user(10), BindAccepted{}, start, stranger()), "permit");
    EXPECT_EQ(try_it(user(10), BindAccepted{}, start, home, true), "permit");  // strangers do not know it
}

TEST_F(LockoutShieldTest, RightPasswordsDoNotUseAnAddressUp) {
    for (int i = 0; i < 500; ++i) EXPECT_EQ(try_it(user(i), BindAccepted{}, start, home), "permit");
    for (int i = 0; i < 500; ++i) EXPECT_EQ(try_it(user(i), Rejection::password_expired, start, home), "permit");
    for (int i = 0; i < 500; ++i) EXPECT_EQ(try_it(user(i), BindUnavailable{true}, start, home), "permit");
    EXPECT_EQ(shield.addresses(), 0U);
}

TEST_F(LockoutShieldTest, ARightPasswordDoesNotGiveTheAddressItsPlaceBack) {
    for (int i = 0; i < 10; ++i) try_it(user(i), Rejection::bad_credentials, start, home);
    EXPECT_EQ(try_it(user(0), BindAccepted{}, start, home), "permit");
    EXPECT_EQ(try_it(user(10), Rejection::bad_credentials, start, home), "hold address");
}

TEST_F(LockoutShieldTest, TenUsersOfOneAddressAreTriedAtOnce) {
    std::vector<LockoutShield::Answer> permits;
    for (int i = 0; i < 10; ++i) permits.push_back(shield.ask(user(i), home, LockoutShield::Trust::none, start));
    EXPECT_EQ(try_it(user(10), BindAccepted{}, start, home), "busy address");
    shield.tell(std::get<LockoutShield::Permit>(std::move(permits[0])), BindAccepted{}, start);
    EXPECT_EQ(try_it(user(10), BindAccepted{}, start, home), "permit");
    permits.clear();
    EXPECT_EQ(try_it(user(10), Rejection::bad_credentials, start, home), "permit");
    EXPECT_EQ(try_it(user(11), Rejection::bad_credentials, start, home), "hold address");
}

class SmallLockoutShieldTest : public LockoutShieldTest {
protected:
    SmallLockoutShieldTest() : LockoutShieldTest(LockoutShieldOptions{20, {30, 10, 6s}}) {}
};

TEST_F(SmallLockoutShieldTest, ASpentBudgetIsNeverPushedOut) {
    EXPECT_EQ(tries_left(start), 3U);
    for (int i = 0; i < 1000; ++i) {
        const std::string word = try_it(user(i), Rejection::bad_credentials, start + 1s, stranger(1000 + i));
        EXPECT_EQ(word, i < 19 ? "permit" : "hold no room") << i;
    }
    EXPECT_EQ(tries_left(start + 1s), 0U);
    EXPECT_EQ(shield.users(), 20U);
    // When it has come back it makes room.
    EXPECT_EQ(try_it(user(999), Rejection::bad_credentials, start + quiet, stranger(5000)), "hold no room");
    EXPECT_EQ(try_it(user(999), Rejection::bad_credentials, start + quiet + 1ms, stranger(5000)), "permit");
    EXPECT_EQ(shield.users(), 20U);
}

TEST_F(SmallLockoutShieldTest, LoginsOfNobodyPushOutOnlyEachOther) {
    EXPECT_EQ(tries_left(start), 3U);
    for (int i = 0; i < 1000; ++i) {
        const auto nobody = account_of_nobody(std::to_string(i));
        EXPECT_EQ(try_it(nobody, Rejection::bad_credentials, start, stranger(i)), "permit");
    }
    EXPECT_EQ(shield.names(), 20U);
    EXPECT_EQ(tries_left(start), 0U);
}

TEST_F(SmallLockoutShieldTest, MemoryIsBoundedWhateverComes) {
    for (int i = 0; i < 10'000; ++i) {
        const SteadyTime now = start + i * 1s;
        try_it(user(i), i % 3 == 0 ? BindOutcome(BindAccepted{}) : Rejection::bad_credentials, now, stranger(i));
        try_it(user(i), Rejection::account_locked, now, stranger(i));
        try_it(account_of_nobody(std::to_string(i)), Rejection::bad_credentials, now, stranger(i));
        ASSERT_LE(shield.users(), 20U);
        ASSERT_LE(shield.names(), 20U);
        ASSERT_LE(shield.addresses(), 30U);
    }
}

TEST_F(SmallLockoutShieldTest, AForgottenSuccessKeepsNoTry) {
    right(start, home);
    for (int i = 0; i < 20; ++i) try_it(user(i), BindAccepted{}, start, stranger(i));
    tries_left(start);
    EXPECT_EQ(right(start, home), "hold user");
}

}  // namespace
}  // namespace eas451
