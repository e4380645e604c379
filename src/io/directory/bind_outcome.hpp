// SPDX-License-Identifier: Apache-2.0
// BindOutcome: what came of trying a user's password. A rejection is an answer about the user; no answer
// is never one (law 2).
#pragma once

#include <variant>

#include "eas451/core/login_outcome.hpp"

namespace eas451 {

struct BindAccepted {
    friend bool operator==(const BindAccepted&, const BindAccepted&) = default;
};
struct BindUnavailable {
    /// The password may have been looked at, and a wrong one counted: the answer was lost, or the server
    /// failed at a point we do not know. False when it never left us, or was certainly not looked at.
    bool may_have_counted = true;
    friend bool operator==(const BindUnavailable&, const BindUnavailable&) = default;
};

using BindOutcome = std::variant<BindAccepted, Rejection, BindUnavailable>;

}  // namespace eas451
