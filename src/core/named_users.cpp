// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/named_users.hpp"

#include <algorithm>

#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

bool less_ignore_case(std::string_view a, std::string_view b) {
    const auto letter = [](char c) { return static_cast<unsigned char>(ascii_lower(c)); };
    return std::ranges::lexicographical_compare(a, b, std::ranges::less{}, letter, letter);
}

bool is_listed(std::string_view name, const std::vector<std::string>& sorted) {
    const auto place = std::ranges::lower_bound(sorted, name, less_ignore_case);
    return !name.empty() && place != sorted.end() && equals_ignore_case(*place, name);
}

}  // namespace

std::vector<std::string> named_users(std::vector<std::string> names) {
    for (std::string& name : names) name = ascii_lower(name);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

bool is_named(const Recipient& recipient, const std::vector<std::string>& users) {
    return is_listed(recipient.user_principal_name, users) || is_listed(recipient.mail, users) ||
           is_listed(recipient.primary_smtp_address(), users) || is_named(recipient.sam_account_name, users);
}

bool is_named(std::string_view login, const std::vector<std::string>& users) {
    return is_listed(login, users) || is_listed(login.substr(login.find('\\') + 1), users);
}

}  // namespace eas451
