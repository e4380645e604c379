// SPDX-License-Identifier: Apache-2.0
// Users whom the administrator has named in a list: redirect.only_users, log.trace_users. One rule for all of them.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "eas451/core/recipient.hpp"

namespace eas451 {

/// What the functions below search: lower-case, sorted, each once.
std::vector<std::string> named_users(std::vector<std::string> names);

/// One of its names is in the list: UPN, mail, primary SMTP address, or account name with or without the NetBIOS name. Where
/// the directory gives the account name plain and says nothing of its domain, any NetBIOS name is its own.
bool is_named(const Recipient& recipient, const std::vector<std::string>& users);

/// The same of a login as it was typed, for one that the directory has not accepted: as it stands, or without the
/// NetBIOS name before it.
bool is_named(std::string_view login, const std::vector<std::string>& users);

}  // namespace eas451
