// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/login_outcome.hpp"

#include <array>

namespace eas451 {
namespace {

constexpr std::array<std::string_view, 8> rejection_words{
    "bad-credentials", "bad-credentials-cached", "account-locked", "account-disabled",
    "account-expired", "password-expired", "must-change-password", "logon-restricted",
};

struct OutcomeWord {
    std::string_view operator()(NotChecked) const { return "not-checked"; }
    std::string_view operator()(const Accepted&) const { return "accepted"; }
    std::string_view operator()(Rejected rejected) const { return rejection_words[static_cast<std::size_t>(rejected.why)]; }
    std::string_view operator()(NotFound) const { return "not-found"; }
    std::string_view operator()(Ambiguous) const { return "ambiguous"; }
    std::string_view operator()(Held) const { return "login-held"; }
    std::string_view operator()(Unavailable) const { return "unavailable"; }
};

}  // namespace

std::string_view to_string(const LoginOutcome& outcome) { return std::visit(OutcomeWord{}, outcome); }

}  // namespace eas451
