// SPDX-License-Identifier: Apache-2.0
#include "../../../../src/io/directory/tried_passwords.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace eas451 {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime start{1000h};
constexpr std::chrono::milliseconds ttl = 5min;
const TriedAccount anna = account_of_entry("CN=Anna,DC=contoso,DC=com", "CN=Anna,DC=contoso,DC=com");

/// A domain with one account, whose password has never been any that is tried unless it is set to one.
class TriedPasswordsTest : public ::testing::Test {
protected:
    TriedPasswordsTest() { tried.set_policy(asker, {5, 30min}); }

    /// What a phone is answered: the word of the outcome.
    std::string send(const std::string& password, SteadyTime now, const std::string& from = "192.0.2.1") {
        auto attempt = TriedPasswords::attempt(anna, password, from);
        attempt.set = {last_set, false};
        if (was_right == password) attempt.trust = LockoutShield::Trust::still_right;
        auto said = tried.ask(attempt, ttl, now);
        if (std::holds_alternative<TriedPasswords::Hold>(said)) return "held";
        if (std::holds_alternative<TriedPasswords::Busy>(said)) return "busy";
        if (const auto* known = std::get_if<TriedPasswords::Known>(&said)) return "known " + word(known->why);
        const BindOutcome outcome = bind(password);
        tried.tell(std::get<TriedPasswords::Permit>(std::move(said)), attempt, outcome, now);
        if (const auto* why = std::get_if<Rejection>(&outcome)) return word(*why);
        return std::holds_alternative<BindAccepted>(outcome) ? "accepted" : "outage";
    }
    static std::string word(Rejection why) { return std::string(to_string(LoginOutcome(Rejected{why}))); }

    TriedPasswords tried;
    TriedPasswords::Asker asker = tried.begin(1, {});
    std::string right = "right";
    std::string was_right;
    WrongPasswords::LastSet last_set = 1;
    BindOutcome refusal = Rejection::bad_credentials;
    unsigned binds = 0;

private:
    BindOutcome bind(const std::string& password) {
        ++binds;
        return password == right ? BindOutcome(BindAccepted{}) : refusal;
    }
};

TEST_F(TriedPasswordsTest, TenPhonesWithTheOldPasswordForAnHourAreOneBind) {
    std::map<std::string, unsigned> said;
    for (SteadyTime now = start; now < start + 1h; now += 30s) {
        for (int phone = 0; phone < 10; ++phone) ++said[send("old", now, "2001:db8:" + std::to_string(phone) + "::1")];
    }
    EXPECT_EQ(binds, 1U);
    EXPECT_EQ(said["bad-credentials"], 1U);
    EXPECT_EQ(said["known bad-credentials-cached"], 1199U);
    EXPECT_EQ(send("right", start + 1h), "accepted");
}

TEST_F(TriedPasswordsTest, AStrangerWithAThousandPasswordsShutsNobodyOut) {
    EXPECT_EQ(send("right", start), "accepted");
    was_right = "right";
    unsigned held = 0;
    for (int i = 0; i < 1000; ++i) {
        held += send("guess " + std::to_string(i), start + i * 1s, "198.51.100." + std::to_string(i % 250)) == "held" ? 1 : 0;
        if (i % 100 == 99) {
            EXPECT_EQ(send("right", start + i * 1s), "accepted") << i;
        }
    }
    EXPECT_GT(held, 900U);
    EXPECT_LE(binds, 1 + 10 + 4U * 10);
}

TEST_F(TriedPasswordsTest, APasswordThatIsSetIsTriedAgain) {
    EXPECT_EQ(send("new", start), "bad-credentials");
    EXPECT_EQ(send("new", start), "known bad-credentials-cached");
    right = "new";
    last_set = 2;
    EXPECT_EQ(send("new", start), "accepted");
    EXPECT_EQ(send("new", start), "accepted");
    EXPECT_EQ(binds, 3U);
}

TEST_F(TriedPasswordsTest, WhatIsNotThePasswordsFaultIsKnownForTheTimeOfTheCache) {
    refusal = Rejection::account_disabled;
    EXPECT_EQ(send("x", start), "account-disabled");
    EXPECT_EQ(send("x", start + ttl - 1ms), "known account-disabled");
    EXPECT_EQ(send("x", start + ttl), "account-disabled");
    EXPECT_EQ(binds, 2U);
}

TEST_F(TriedPasswordsTest, AnOutageIsRememberedAsNothingButCounts) {
    refusal = BindUnavailable{true};
    for (int i = 0; i < 3; ++i) EXPECT_EQ(send("x", start), "outage");
    EXPECT_EQ(send("x", start), "held");
    refusal = BindUnavailable{false};
    EXPECT_EQ(send("x", start + 2h), "outage");
    EXPECT_EQ(send("x", start + 2h), "outage");
}

TEST_F(TriedPasswordsTest, AnOutageCostsThoseNothingWhosePasswordIsKnown) {
    was_right = "right";
    right = "";
    refusal = BindUnavailable{true};
    for (int i = 0; i < 100; ++i) EXPECT_EQ(send("right", start + i * 30s), "outage");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(send("x", start + 1h), "outage");
    EXPECT_EQ(send("x", start + 1h), "held");
    right = "right";
    EXPECT_EQ(send("right", start + 1h), "accepted");
    // It may be wrong all the same: then it counts like any other.
    right = "another";
    refusal = Rejection::bad_credentials;
    EXPECT_EQ(send("right", start + 2h), "bad-credentials");
    for (const char* password : {"a", "b", "c"}) EXPECT_EQ(send(password, start + 2h), "bad-credentials");
    EXPECT_EQ(send("d", start + 2h), "held");
}

TEST_F(TriedPasswordsTest, ALockedAccountIsLeftAloneWhateverThePassword) {
    refusal = Rejection::account_locked;
    for (int i = 0; i < 2; ++i) {
        for (const char* password : {"x", "y", "z"}) {
            EXPECT_EQ(send(password, start + i * 1min), i == 0 ? "account-locked" : "known account-locked");
        }
    }
    EXPECT_EQ(send("another", start + 1min), "held");
    EXPECT_EQ(binds, 3U);
    // Unlocked, whoever is known gets in at once.
    was_right = "right";
    right = "";
    EXPECT_EQ(send("right", start + 1min), "account-locked");
    right = "right";
    EXPECT_EQ(send("right", start + 1min), "accepted");
}

TEST_F(TriedPasswordsTest, WhatIsAnsweredToANameDoesNotShowWhetherItIsSomebodys) {
    // By a login that may be somebody's, and one that surely is nobody's, in turn.
    std::vector<std::string> seen[2];
    for (const bool exists : {false, true}) {
        TriedPasswords fresh;
        fresh.set_policy(fresh.begin(1, {}), {5, 30min});
        const TriedAccount login = exists ? account_of_entry("anna", "CN=Anna") : account_of_nobody("anna");
        const auto answer = [&](const TriedAccount& account, const std::string& password) {
            const auto attempt = TriedPasswords::attempt(account, password, "192.0.2.1");
            auto said = fresh.ask(attempt, ttl, start);
            if (std::holds_alternative<TriedPasswords::Hold>(said)) return std::string("held");
            auto* permit = std::get_if<TriedPasswords::Permit>(&said);
            if (permit != nullptr) fresh.tell(std::move(*permit), attempt, Rejection::bad_credentials, start);
            return std::string("refused");
        };
        for (const char* password : {"a", "a", "b"}) {
            seen[exists].push_back(answer(login, password));
            seen[exists].push_back(answer(account_of_nobody("anna"), password));
        }
        for (const char* password : {"c", "d", "c"}) {
            seen[exists].push_back(answer(account_of_nobody("anna"), password));
            seen[exists].push_back(answer(login, password));
        }
    }
    EXPECT_EQ(seen[0], seen[1]);
    EXPECT_EQ(std::ranges::count(seen[0], "held"), 2);
}

TEST_F(TriedPasswordsTest, ASuccessAtAnotherServerForgivesNothing) {
    const auto at = [&](const char* server, const std::string& password) {
        auto attempt = TriedPasswords::attempt(anna, password, "192.0.2.1");
        auto said = tried.ask(attempt, ttl, start);
        if (!std::holds_alternative<TriedPasswords::Permit>(said)) return false;
        const BindOutcome outcome = password == "right" ? BindOutcome(BindAccepted{}) : Rejection::bad_credentials;
        tried.tell(std::get<TriedPasswords::Permit>(std::move(said)), attempt, outcome, start, server);
        return true;
    };
    EXPECT_TRUE(at("dc1", "a") && at("dc1", "b") && at("dc1", "right"));
    EXPECT_TRUE(at("dc1", "c") && at("dc2", "right") && at("dc1", "d"));
    // Three at the first since its last success, of four for who is known here.
    EXPECT_TRUE(at("dc2", "right") && at("dc1", "e") && at("dc1", "f"));
    EXPECT_FALSE(at("dc1", "g"));
    EXPECT_FALSE(at("dc2", "g"));
}

TEST_F(TriedPasswordsTest, OnlyTheLastWhoBeganSaysThePolicy) {
    const auto next = tried.begin(1, {});
    tried.set_policy(next, {3, 30min});
    tried.set_policy(asker, {10, 30min});
    EXPECT_EQ(tried.budget().new_passwords, 1U);
}

TEST_F(TriedPasswordsTest, SomebodyBusyIsAskedAgain) {
    const auto attempt = TriedPasswords::attempt(anna, "first", "192.0.2.1");
    auto first = tried.ask(attempt, ttl, start);
    ASSERT_TRUE(std::holds_alternative<TriedPasswords::Permit>(first));
    EXPECT_EQ(send("second", start), "busy");
    tried.tell(std::get<TriedPasswords::Permit>(std::move(first)), attempt, Rejection::bad_credentials, start);
    EXPECT_EQ(send("second", start), "bad-credentials");
    EXPECT_EQ(send("first", start), "known bad-credentials-cached");
}

}  // namespace
}  // namespace eas451
