// SPDX-License-Identifier: Apache-2.0
#include "../../../../src/io/directory/login_memory.hpp"

#include <gtest/gtest.h>

namespace eas451 {
namespace {

using namespace std::chrono_literals;

constexpr LoginMemoryOptions options() { return {{}, 5min, 30s, 10min, 15min, 1000}; }

LoginName login(const std::string& text = "user12@contoso.com") { return *parse_login_name(text); }

LoginQuestion question(std::string password = "right", const std::string& text = "user12@contoso.com") {
    const PasswordCheck check = password.empty() ? PasswordCheck::none : PasswordCheck::password;
    return {login(text), Secret(std::move(password)), check};
}

Recipient user12(const std::string& dn = "CN=User 12,DC=contoso,DC=com") {
    Recipient recipient;
    recipient.distinguished_name = dn;
    recipient.identity = "guid/1";
    recipient.mail_nickname = "user12";
    return recipient;
}

class LoginMemoryTest : public ::testing::Test {
protected:
    void know(SteadyTime looked_up, SteadyTime tried) {
        memory.remember(login(), user12(), LoginForm::upn, looked_up);
        memory.remember_password(memory.key_of(question()), user12(), tried);
    }
    [[nodiscard]] std::optional<LoginOutcome> recall(std::chrono::milliseconds after, bool down = false,
                                                     std::string password = "right") const {
        return memory.recall(question(std::move(password)), start + after, down, nullptr);
    }
    /// "accepted", "stale" or a word of another outcome; "nothing" when it has to be asked.
    [[nodiscard]] std::string word(std::chrono::milliseconds after, bool down = false, std::string password = "right") const {
        const auto known = recall(after, down, std::move(password));
        if (!known) return "nothing";
        const auto* accepted = std::get_if<Accepted>(&*known);
        return accepted != nullptr && accepted->is_stale ? "stale" : std::string(to_string(*known));
    }

    const SteadyTime start = SteadyTime(1h);
    LoginMemory memory{options()};
};

TEST_F(LoginMemoryTest, KnowsNothingAtFirst) { EXPECT_EQ(word(0s), "nothing"); }

TEST_F(LoginMemoryTest, ARightPasswordIsGoodWhileTheRecipientIsFresh) {
    know(start, start);
    EXPECT_EQ(word(5min - 1ms), "accepted");
    EXPECT_EQ(word(5min), "nothing");
    const auto known = recall(0s);
    ASSERT_TRUE(known);
    const Accepted accepted = std::get<Accepted>(*known);
    EXPECT_EQ(accepted.recipient->mail_nickname, "user12");
    EXPECT_TRUE(accepted.password_checked);
    EXPECT_FALSE(accepted.is_stale);
}

TEST_F(LoginMemoryTest, ThePasswordIsGoodForItsOwnTime) {
    know(start + 9min, start);
    EXPECT_EQ(word(10min - 1ms), "accepted");
    EXPECT_EQ(word(10min), "nothing");
    const auto key = memory.key_of(question());
    EXPECT_TRUE(memory.knows_password(key, user12(), start + 10min - 1ms));
    EXPECT_FALSE(memory.knows_password(key, user12(), start + 10min));
}

TEST_F(LoginMemoryTest, AnotherPasswordIsNotKnown) {
    know(start, start);
    EXPECT_EQ(word(0s, false, "wrong"), "nothing");
    EXPECT_EQ(word(0s, true, "wrong"), "nothing");
}

TEST_F(LoginMemoryTest, ASuccessIsThatOfTheEntryThatWasBound) {
    know(start, start);
    memory.remember(login(), user12("CN=User 12,OU=Other,DC=contoso,DC=com"), LoginForm::upn, start);
    EXPECT_EQ(word(0s), "nothing");
    EXPECT_FALSE(memory.knows_password(memory.key_of(question()), user12("CN=User 12,OU=Other,DC=contoso,DC=com"), start));
    // Names of entries compare without regard to case.
    memory.remember(login(), user12("cn=user 12,dc=CONTOSO,dc=com"), LoginForm::upn, start);
    EXPECT_EQ(word(0s), "accepted");
}

TEST_F(LoginMemoryTest, AnEntryOfTheSameNameIsAnotherWhenItsIdentityIs) {
    know(start, start);
    Recipient again = user12();
    again.identity = "guid/2";  // made anew, or with another password
    EXPECT_FALSE(memory.knows_password(memory.key_of(question()), again, start));
    memory.remember(login(), again, LoginForm::upn, start);
    EXPECT_EQ(word(0s), "nothing");
}

TEST_F(LoginMemoryTest, WithoutIdentityAPasswordIsGoodForThatLookUpAlone) {
    Recipient bare = user12();
    bare.identity.clear();
    memory.remember(login(), bare, LoginForm::upn, start);
    memory.remember_password(memory.key_of(question()), bare, start);
    EXPECT_EQ(word(5min - 1ms), "accepted");
    EXPECT_FALSE(memory.knows_password(memory.key_of(question()), bare, start));
}

TEST_F(LoginMemoryTest, WithoutIdentityAnOlderPasswordMayBeThatOfAFormerEntry) {
    Recipient bare = user12();
    bare.identity.clear();
    memory.remember_password(memory.key_of(question()), bare, start);
    memory.remember(login(), bare, LoginForm::upn, start + 1min);  // looked up for another password
    EXPECT_EQ(word(1min), "nothing");
    memory.remember_password(memory.key_of(question("new")), bare, start + 1min);
    EXPECT_EQ(word(1min, false, "new"), "accepted");
}

TEST_F(LoginMemoryTest, OfTheAddressesThePrimaryOneIsKept) {
    Recipient many = user12();
    many.proxy_addresses = {"smtp:a@contoso.com", "SMTP:b@contoso.com", "X500:/o=c"};
    memory.remember(login(), many, LoginForm::upn, start);
    const auto known = recall(0s, false, "");
    ASSERT_TRUE(known);
    EXPECT_EQ(std::get<Accepted>(*known).recipient->proxy_addresses, std::vector<std::string>{"SMTP:b@contoso.com"});
}

TEST_F(LoginMemoryTest, OnlyWhileEveryServerIsDownIsItStale) {
    know(start, start);
    EXPECT_EQ(word(5min, true), "stale");
    EXPECT_EQ(word(5min, false), "nothing");
    EXPECT_EQ(word(20min - 1ms, true), "stale");
    EXPECT_EQ(word(20min, true), "nothing");
    EXPECT_EQ(word(4min, true), "accepted");
}

TEST_F(LoginMemoryTest, APasswordPastItsTimeIsStaleThoughTheRecipientIsFresh) {
    know(start + 9min, start);
    EXPECT_EQ(word(10min, true), "stale");
    EXPECT_EQ(word(25min - 1ms, true), "stale");
    EXPECT_EQ(word(25min, true), "nothing");
}

TEST_F(LoginMemoryTest, ALoginThatNobodyHas) {
    const auto nobody = [&](std::chrono::milliseconds after) {
        const auto known = memory.nobody(login(), start + after);
        return known ? std::string(to_string(*known)) : "nothing";
    };
    EXPECT_EQ(nobody(0s), "nothing");
    memory.remember_nobody(login(), NotFound{}, start);
    EXPECT_EQ(word(30s - 1ms, false, ""), "not-found");
    EXPECT_EQ(nobody(30s - 1ms), "not-found");
    EXPECT_EQ(word(30s, false, ""), "nothing");
    EXPECT_EQ(word(30s, true, ""), "nothing");
    EXPECT_EQ(nobody(30s), "nothing");
    // With a password it is not said at once: a stranger would see who exists.
    EXPECT_EQ(word(0s), "nothing");
    memory.remember_nobody(login(), Ambiguous{}, start);
    EXPECT_EQ(word(0s, false, ""), "ambiguous");
    EXPECT_EQ(nobody(0s), "ambiguous");
    EXPECT_EQ(word(0s), "nothing");
    know(start, start);
    EXPECT_EQ(nobody(0s), "nothing");
}

TEST_F(LoginMemoryTest, APasswordWasRightForADayUnlessItIsWrongNow) {
    const auto key = memory.key_of(question("right"));
    EXPECT_FALSE(memory.was_right(key, user12(), start));
    know(start, start);
    EXPECT_TRUE(memory.was_right(key, user12(), start + 24h - 1ms));
    EXPECT_FALSE(memory.was_right(key, user12(), start + 24h));
    EXPECT_FALSE(memory.was_right(memory.key_of(question("other")), user12(), start));
    memory.forget_password(key);
    EXPECT_FALSE(memory.was_right(key, user12(), start));
    EXPECT_EQ(word(0s), "nothing");
}

TEST_F(LoginMemoryTest, AnAccountThatIsDisabledIsRefusedThoughItsPasswordIsKnown) {
    know(start, start);
    Recipient disabled = user12();
    disabled.user_account_control = 0x202;
    memory.remember(login(), disabled, LoginForm::upn, start);
    EXPECT_EQ(word(0s), "account-disabled");
    EXPECT_EQ(word(4min, true), "account-disabled");
    EXPECT_EQ(word(5min, true), "nothing");
    EXPECT_EQ(word(0s, false, ""), "accepted");  // authentication off: nobody asks who it is
}

TEST_F(LoginMemoryTest, WithoutPasswordCheckTheRecipientIsEnough) {
    memory.remember(login(), user12(), LoginForm::upn, start);
    const auto known = recall(0s, false, "");
    ASSERT_TRUE(known);
    EXPECT_FALSE(std::get<Accepted>(*known).password_checked);
    EXPECT_EQ(word(5min, false, ""), "nothing");
    EXPECT_EQ(word(5min, true, ""), "stale");
}

TEST_F(LoginMemoryTest, KeysDifferByEverythingInThem) {
    const auto key = memory.key_of(question());
    EXPECT_EQ(key, memory.key_of(question()));
    EXPECT_NE(key, memory.key_of(question("")));
    EXPECT_NE(key, memory.key_of(question("right", "user1@contoso.com")));
    LoginMemoryOptions other = options();
    other.realm = "elsewhere";
    EXPECT_NE(key, LoginMemory(other).key_of(question()));
}

TEST_F(LoginMemoryTest, ForgetsEverythingAtOnce) {
    know(start, start);
    memory.remember_nobody(login("nobody@contoso.com"), NotFound{}, start);
    EXPECT_EQ(memory.looked_up(login()), start);
    const ForgottenLogins forgotten = memory.forget_all(start + 1s);
    EXPECT_EQ(forgotten.recipients, 2U);
    EXPECT_EQ(forgotten.passwords, 1U);
    EXPECT_EQ(word(1s), "nothing");
    EXPECT_EQ(word(1s, true), "nothing");
    EXPECT_EQ(memory.looked_up(login()), std::nullopt);
    EXPECT_EQ(memory.nobody(login("nobody@contoso.com"), start + 1s), std::nullopt);
    EXPECT_EQ(memory.forget_all(start + 2s).recipients, 0U);
}

TEST_F(LoginMemoryTest, WhatWasAskedBeforeItForgotIsNotRememberedAfterwards) {
    memory.forget_all(start);
    know(start, start);
    memory.remember_nobody(login("nobody@contoso.com"), NotFound{}, start);
    EXPECT_EQ(word(0s), "nothing");
    EXPECT_EQ(memory.nobody(login("nobody@contoso.com"), start), std::nullopt);
    know(start + 1ms, start);
    EXPECT_EQ(word(1ms), "nothing");
    know(start + 1ms, start + 1ms);
    EXPECT_EQ(word(1ms), "accepted");
}

TEST_F(LoginMemoryTest, AQuestionThatIsAskedAnewIsAnotherOne) {
    LoginQuestion anew = question("");
    anew.anew = true;
    EXPECT_NE(memory.key_of(anew), memory.key_of(question("")));
    EXPECT_EQ(memory.key_of(question("")), memory.key_of(question("")));
}

}  // namespace
}  // namespace eas451
