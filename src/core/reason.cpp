// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/reason.hpp"

#include <array>

namespace eas451 {
namespace {

constexpr std::array<std::string_view, reason_count> words{
    "bad-request", "no-credentials", "directory-down", "relationships-unreadable",
    "bad-credentials", "bad-credentials-cached", "not-found", "ambiguous", "account-locked", "account-disabled",
    "account-expired", "password-expired", "must-change-password", "logon-restricted",
    "login-held", "proxied", "bearer", "exchange-down", "eas-disabled", "no-exchange-server", "no-mailbox",
    "redirect-off", "client-unsupported", "no-relationship", "no-target", "self-redirect", "client-too-old",
    "would-redirect", "redirected",
    "body-too-large", "body-too-slow", "client-gone",
    "health", "unknown-path",
};
static_assert(!words.back().empty(), "one word for each reason");

}  // namespace

std::string_view to_string(Reason reason) { return words[static_cast<std::size_t>(reason)]; }

}  // namespace eas451
