// SPDX-License-Identifier: Apache-2.0
// The end of an explanation in whole plain sentences, for a help desk to read to a user on the telephone: why, what the
// phone is told and does now, and who has to do what. Pure and total.
#pragma once

#include <string>
#include <string_view>

#include "eas451/core/decision.hpp"

namespace eas451 {

/// One paragraph, on one line. `outcome` is what `verdict` was made from: where it says that the account is locked,
/// disabled or expired and no password was looked at, the paragraph says what that means, too.
std::string spoken_summary(const Verdict& verdict, const EasRequest& request, const LoginOutcome& outcome, const Policy& policy);

}  // namespace eas451
