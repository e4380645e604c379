// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/login_outcome.hpp"

#include <gtest/gtest.h>

namespace eas451 {
namespace {

TEST(LoginOutcomeTest, EveryOutcomeHasItsWord) {
    EXPECT_EQ(to_string(LoginOutcome{Accepted{}}), "accepted");
    EXPECT_EQ(to_string(LoginOutcome{NotFound{}}), "not-found");
    EXPECT_EQ(to_string(LoginOutcome{Ambiguous{}}), "ambiguous");
    EXPECT_EQ(to_string(LoginOutcome{Held{}}), "login-held");
    EXPECT_EQ(to_string(LoginOutcome{Unavailable{}}), "unavailable");
    EXPECT_EQ(to_string(LoginOutcome{NotChecked{NotChecked::Why::no_credentials}}), "not-checked");
    EXPECT_EQ(to_string(LoginOutcome{NotChecked{NotChecked::Why::bearer}}), "not-checked");
}

TEST(LoginOutcomeTest, EveryRejectionHasItsWord) {
    EXPECT_EQ(to_string(LoginOutcome{Rejected{Rejection::bad_credentials}}), "bad-credentials");
    EXPECT_EQ(to_string(LoginOutcome{Rejected{Rejection::bad_credentials_cached}}), "bad-credentials-cached");
    EXPECT_EQ(to_string(LoginOutcome{Rejected{Rejection::account_locked}}), "account-locked");
    EXPECT_EQ(to_string(LoginOutcome{Rejected{Rejection::account_disabled}}), "account-disabled");
    EXPECT_EQ(to_string(LoginOutcome{Rejected{Rejection::account_expired}}), "account-expired");
    EXPECT_EQ(to_string(LoginOutcome{Rejected{Rejection::password_expired}}), "password-expired");
    EXPECT_EQ(to_string(LoginOutcome{Rejected{Rejection::must_change_password}}), "must-change-password");
    EXPECT_EQ(to_string(LoginOutcome{Rejected{Rejection::logon_restricted}}), "logon-restricted");
}

TEST(LoginOutcomeTest, TheDefaultOutcomeAcceptsNobody) {
    EXPECT_TRUE(std::holds_alternative<NotChecked>(LoginOutcome{}));
    EXPECT_EQ(NotChecked{}.why, NotChecked::Why::no_credentials);
}

}  // namespace
}  // namespace eas451
