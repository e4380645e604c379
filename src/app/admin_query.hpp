// SPDX-License-Identifier: Apache-2.0
// The parameters of a request to the admin listener.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "commands.hpp"
#include "eas451/core/result.hpp"

namespace eas451 {

/// Names to values, as browsers and curl write a form: '+' is a blank, %XX a byte. The error is one sentence: a broken
/// escape, a name twice, a value that is not UTF-8 or has a control byte.
Result<std::map<std::string, std::string>, std::string> parse_admin_query(std::string_view query);

/// What /api/v1/explain is asked; the same words as on the command line, with '_' for '-'.
Result<ExplainRequest, std::string> explain_request_of(std::string_view query);

}  // namespace eas451
