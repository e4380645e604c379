// SPDX-License-Identifier: Apache-2.0
#include "../../../../src/io/directory/ldap/ldap_bind_outcome.hpp"

#include <gtest/gtest.h>

#include <string>

namespace eas451 {
namespace {

BindOutcome of(int code, std::string diagnostic = {}, std::optional<LdapPasswordPolicy> policy = {}) {
    return bind_outcome_of({code, std::move(diagnostic), policy});
}

std::string active_directory(const std::string& data) {
    return "80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data " + data + ", v4563";
}

std::optional<LdapPasswordPolicy> policy(std::optional<int> error, std::optional<int> grace = {}) {
    return LdapPasswordPolicy{error, grace};
}

const BindOutcome accepted = BindAccepted{};
const BindOutcome not_looked_at = BindUnavailable{false};
const BindOutcome maybe_counted = BindUnavailable{true};

TEST(LdapBindOutcome, SuccessIsAccepted) {
    EXPECT_EQ(of(0), accepted);
}

TEST(LdapBindOutcome, ActiveDirectoryNamesTheReason) {
    const struct {
        const char* data;
        Rejection why;
    } cases[] = {
        {"525", Rejection::bad_credentials},       {"52e", Rejection::bad_credentials},
        {"52E", Rejection::bad_credentials},       {"52f", Rejection::logon_restricted},
        {"530", Rejection::logon_restricted},      {"531", Rejection::logon_restricted},
        {"532", Rejection::password_expired},      {"533", Rejection::account_disabled},
        {"701", Rejection::account_expired},       {"773", Rejection::must_change_password},
        {"775", Rejection::account_locked},        {"0", Rejection::bad_credentials},
        {"57", Rejection::bad_credentials},        {"7753", Rejection::bad_credentials},
        {"775x", Rejection::bad_credentials},      {"", Rejection::bad_credentials},
        {"fffffffff", Rejection::bad_credentials},
    };
    for (const auto& one : cases) EXPECT_EQ(of(49, active_directory(one.data)), BindOutcome(one.why)) << one.data;
}

TEST(LdapBindOutcome, TheNumberMayEndTheDiagnostic) {
    EXPECT_EQ(of(49, "80090308: LdapErr: comment: AcceptSecurityContext error, data 775"),
              BindOutcome(Rejection::account_locked));
    EXPECT_EQ(of(49, "80090308: LdapErr: comment: AcceptSecurityContext error, data "),
              BindOutcome(Rejection::bad_credentials));
}

TEST(LdapBindOutcome, InvalidCredentialsWithoutMoreAreABadLogin) {
    EXPECT_EQ(of(49), BindOutcome(Rejection::bad_credentials));
    EXPECT_EQ(of(49, "wrong, and no data 775 of anything"), BindOutcome(Rejection::bad_credentials));
}

TEST(LdapBindOutcome, ADomainControllerThatReachedNobodyIsAnOutage) {
    EXPECT_EQ(of(49, "80090311: LdapErr: DSID-0C09056D, comment: AcceptSecurityContext error, data 51f, v2580"),
              not_looked_at);
}

TEST(LdapBindOutcome, TheDiagnosticOfAnotherCodeSaysNothing) {
    EXPECT_EQ(of(0, active_directory("775")), accepted);
    EXPECT_EQ(of(52, active_directory("52e")), not_looked_at);
    EXPECT_EQ(of(48, active_directory("775")), BindOutcome(Rejection::bad_credentials));
}

TEST(LdapBindOutcome, APasswordPolicyNamesTheReason) {
    EXPECT_EQ(of(49, "", policy(0)), BindOutcome(Rejection::password_expired));
    EXPECT_EQ(of(49, "", policy(1)), BindOutcome(Rejection::account_locked));
    EXPECT_EQ(of(49, "", policy(2)), BindOutcome(Rejection::must_change_password));
    EXPECT_EQ(of(19, "", policy(1)), BindOutcome(Rejection::account_locked));
    EXPECT_EQ(of(49, "", policy(8)), BindOutcome(Rejection::bad_credentials));
    EXPECT_EQ(of(49, "", policy({})), BindOutcome(Rejection::bad_credentials));
    EXPECT_EQ(of(49, "", policy({}, 3)), BindOutcome(Rejection::bad_credentials));
}

TEST(LdapBindOutcome, ASuccessThatIsGoodForAChangeOnlyIsNone) {
    EXPECT_EQ(of(0, "", policy(2)), BindOutcome(Rejection::must_change_password));
    EXPECT_EQ(of(0, "", policy(2, 1)), BindOutcome(Rejection::must_change_password));
    EXPECT_EQ(of(0, "", policy(1)), BindOutcome(Rejection::account_locked));
    EXPECT_EQ(of(0, "", policy(0)), BindOutcome(Rejection::password_expired));
}

TEST(LdapBindOutcome, AGraceLoginIsALogin) {
    EXPECT_EQ(of(0, "", policy({}, 2)), accepted);
    EXPECT_EQ(of(0, "", policy({}, 0)), accepted);
    EXPECT_EQ(of(0, "", policy(0, 2)), accepted);
    EXPECT_EQ(of(0, "", policy({})), accepted);
}

TEST(LdapBindOutcome, WhatSpeaksOfTheAccountIsARejection) {
    for (const int code : {19, 48, 49}) EXPECT_EQ(of(code), BindOutcome(Rejection::bad_credentials)) << code;
}

TEST(LdapBindOutcome, TheServersOwnTroubleIsNoAnswer) {
    for (const int code : {1, 2, 8, 10, 13, 51, 52, 53}) EXPECT_EQ(of(code), not_looked_at) << code;
    for (const int code : {3, 7, 11, 12, 14, 16, 32, 33, 34, 36, 50, 54, 64, 80, 118, 4096, -1})
        EXPECT_EQ(of(code), maybe_counted) << code;
}

TEST(LdapBindOutcome, AnOutageStaysOneWhateverThePolicySays) {
    EXPECT_EQ(of(52, "", policy(1)), not_looked_at);
}

}  // namespace
}  // namespace eas451
