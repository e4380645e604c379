// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/reason.hpp"

#include <gtest/gtest.h>

#include <array>

namespace eas451 {
namespace {

// The contract's words, in the order of the enumerators.
constexpr std::array<std::string_view, reason_count> words{
    "bad-request",
    "no-credentials",
    "directory-down",
    "relationships-unreadable",
    "bad-credentials",
    "bad-credentials-cached",
    "not-found",
    "ambiguous",
    "account-locked",
    "account-disabled",
    "account-expired",
    "password-expired",
    "must-change-password",
    "logon-restricted",
    "login-held",
    "proxied",
    "bearer",
    "exchange-down",
    "eas-disabled",
    "no-exchange-server",
    "no-mailbox",
    "redirect-off",
    "client-unsupported",
    "no-relationship",
    "no-target",
    "self-redirect",
    "client-too-old",
    "would-redirect",
    "redirected",
    "body-too-large", "body-too-slow", "client-gone",
        "health",
    "unknown-path",
};

TEST(ReasonTest, EveryWord) {
    for (std::size_t i = 0; i < words.size(); ++i) EXPECT_EQ(to_string(static_cast<Reason>(i)), words[i]);
}

TEST(ReasonTest, EnumeratorsStandAtTheirWords) {
    EXPECT_EQ(to_string(Reason::bad_request), "bad-request");
    EXPECT_EQ(to_string(Reason::logon_restricted), "logon-restricted");
    EXPECT_EQ(to_string(Reason::exchange_down), "exchange-down");
    EXPECT_EQ(to_string(Reason::no_mailbox), "no-mailbox");
    EXPECT_EQ(to_string(Reason::redirected), "redirected");
    EXPECT_EQ(to_string(Reason::unknown_path), "unknown-path");
}

TEST(ReasonTest, NoTwoAlikeAndOnlySmallLettersAndHyphens) {
    for (std::size_t i = 0; i < reason_count; ++i) {
        const std::string_view word = to_string(static_cast<Reason>(i));
        EXPECT_EQ(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"), std::string_view::npos) << word;
        for (std::size_t j = i + 1; j < reason_count; ++j) EXPECT_NE(word, to_string(static_cast<Reason>(j)));
    }
}

}  // namespace
}  // namespace eas451
