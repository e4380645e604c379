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

/// A plain name is that of any domain where the directory does not say of which.
bool is_plain_account_listed(const Recipient& recipient, const std::vector<std::string>& sorted) {
    const std::string_view account = recipient.sam_account_name;
    if (account.empty() || account.find('\\') != std::string_view::npos) return false;
    if (!recipient.netbios_name.empty()) return is_listed(recipient.netbios_name + "\\" + recipient.sam_account_name, sorted);
    return std::ranges::any_of(sorted, [account](std::string_view listed) {
        const std::size_t domain_end = listed.find('\\');
        return domain_end != std::string_view::npos && equals_ignore_case(listed.substr(domain_end + 1), account);
    });
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
           is_listed(recipient.primary_smtp_address(), users) || is_named(recipient.sam_account_name, users) ||
           is_plain_account_listed(recipient, users);
}

bool is_named(std::string_view login, const std::vector<std::string>& users) {
    return is_listed(login, users) || is_listed(login.substr(login.find('\\') + 1), users);
}

}  // namespace eas451
