// SPDX-License-Identifier: Apache-2.0
#include "../../../../src/io/directory/wrong_passwords.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace eas451 {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime start{1000h};
constexpr WrongPasswords::LastSet set_once = 133'000'000'000'000'000;

const TriedAccount anna = account_of_entry("CN=Anna,DC=contoso,DC=com", "CN=Anna,DC=contoso,DC=com");

WrongPasswords::Key key(std::string_view password = "old", const TriedAccount& account = anna) {
    return WrongPasswords::key_of(account, password);
}

class WrongPasswordsTest : public ::testing::Test {
protected:
    /// The word of what is known, or "nothing".
    [[nodiscard]] std::string word(std::optional<WrongPasswords::LastSet> last_set,
                                   std::chrono::milliseconds after) const {
        const auto known = wrong.recall(key(), last_set, 5min, start + after);
        return known ? std::string(to_string(LoginOutcome(Rejected{*known}))) : "nothing";
    }
    WrongPasswords wrong{1000};
};

TEST_F(WrongPasswordsTest, KnowsNothingAtFirst) {
    EXPECT_EQ(word(set_once, 0s), "nothing");
}

TEST_F(WrongPasswordsTest, AWrongPasswordIsWrongUntilTheNextIsSet) {
    wrong.remember(key(), {Rejection::bad_credentials, start, set_once, false});
    EXPECT_EQ(word(set_once, 0s), "bad-credentials-cached");
    EXPECT_EQ(word(set_once, 24h * 30), "bad-credentials-cached");
    EXPECT_EQ(word(set_once + 1, 0s), "nothing");
    EXPECT_EQ(word(set_once - 1, 0s), "nothing");
    EXPECT_EQ(word(0, 0s), "nothing");
}

TEST_F(WrongPasswordsTest, ForTwelveHoursWhereThatCannotBeRead) {
    wrong.remember(key(), {Rejection::bad_credentials, start, {}, false});
    for (const std::optional<WrongPasswords::LastSet> now_read :
         {std::optional<WrongPasswords::LastSet>(), std::optional(set_once)}) {
        EXPECT_EQ(word(now_read, 12h - 1ms), "bad-credentials-cached");
        EXPECT_EQ(word(now_read, 12h), "nothing");
    }
    wrong.remember(key(), {Rejection::bad_credentials, start, set_once, false});
    EXPECT_EQ(word({}, 12h - 1ms), "bad-credentials-cached");
    EXPECT_EQ(word({}, 12h), "nothing");
}

TEST_F(WrongPasswordsTest, ForTwelveHoursWhereThePasswordWasJustSet) {
    wrong.remember(key(), {Rejection::bad_credentials, start, set_once, true});
    EXPECT_EQ(word(set_once, 12h - 1ms), "bad-credentials-cached");
    EXPECT_EQ(word(set_once, 12h), "nothing");
    EXPECT_EQ(word(set_once + 1, 0s), "nothing");
}

TEST_F(WrongPasswordsTest, AStateOfTheAccountIsKnownForTheTimeOfTheCache) {
    const struct {
        Rejection why;
        const char* word;
    } cases[] = {
        {Rejection::account_disabled, "account-disabled"}, {Rejection::account_expired, "account-expired"},
        {Rejection::password_expired, "password-expired"}, {Rejection::must_change_password, "must-change-password"},
        {Rejection::logon_restricted, "logon-restricted"}, {Rejection::account_locked, "account-locked"},
    };
    for (const auto& one : cases) {
        wrong.remember(key(), {one.why, start, set_once, false});
        EXPECT_EQ(word(set_once, 5min - 1ms), one.word);
        EXPECT_EQ(word({}, 5min - 1ms), one.word);
        EXPECT_EQ(word(set_once, 5min), "nothing") << one.word;
        EXPECT_EQ(word(set_once + 1, 0s), "nothing") << one.word;
    }
}

TEST_F(WrongPasswordsTest, OfANameItIsAnotherThanOfAnEntry) {
    const TriedAccount entry = account_of_entry("anna", "CN=Anna,DC=contoso,DC=com");
    const auto of_name = WrongPasswords::key_of_name(entry, "old");
    EXPECT_NE(of_name.digest, WrongPasswords::key_of(entry, "old").digest);
    EXPECT_EQ(of_name.digest, WrongPasswords::key_of(account_of_nobody("ANNA"), "old").digest);
    EXPECT_FALSE(of_name.exists);
}

TEST_F(WrongPasswordsTest, IsOfThatAccountAndThatPassword) {
    wrong.remember(key("old"), {Rejection::bad_credentials, start, {}, false});
    const TriedAccount nobody = account_of_nobody("CN=Anna,DC=contoso,DC=com");
    for (const auto& other :
         {key("Old"), key("old "), key("ol"), key("old", account_of_entry("CN=Lars", "CN=Lars")), key("old", nobody)}) {
        EXPECT_FALSE(wrong.recall(other, {}, 5min, start));
    }
    EXPECT_TRUE(wrong.recall(key("old", account_of_entry("cn=ANNA,dc=contoso,dc=com", "cn=ANNA,dc=contoso,dc=com")), {}, 5min, start));
}

TEST_F(WrongPasswordsTest, TheLastTryCounts) {
    wrong.remember(key(), {Rejection::bad_credentials, start, {}, false});
    wrong.remember(key(), {Rejection::bad_credentials, start + 12h, {}, false});
    EXPECT_EQ(word({}, 24h - 1ms), "bad-credentials-cached");
    wrong.forget(key());
    EXPECT_EQ(word({}, 12h), "nothing");
}

TEST_F(WrongPasswordsTest, StrangersWithoutAnAccountCrowdOutOnlyEachOther) {
    WrongPasswords few(40);
    few.remember(key(), {Rejection::bad_credentials, start, {}, false});
    for (int i = 0; i < 1000; ++i) {
        few.remember(key("x", account_of_nobody(std::to_string(i))), {Rejection::bad_credentials, start, {}, false});
    }
    EXPECT_EQ(few.size(), 11U);
    EXPECT_TRUE(few.recall(key(), {}, 5min, start));
    for (int i = 0; i < 1000; ++i) few.remember(key(std::to_string(i)), {Rejection::bad_credentials, start, {}, false});
    EXPECT_EQ(few.size(), 50U);
}

TEST_F(WrongPasswordsTest, ManyThreadsMayAsk) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([this, t] {
            for (int i = 0; i < 500; ++i) {
                const auto mine = key(std::to_string(t) + "." + std::to_string(i));
                wrong.remember(mine, {Rejection::bad_credentials, start, set_once, false});
                if (i % 2 == 0) wrong.forget(mine);
                static_cast<void>(wrong.recall(key(std::to_string(i)), set_once, 5min, start));
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrong.size(), 1000U);
}

}  // namespace
}  // namespace eas451
