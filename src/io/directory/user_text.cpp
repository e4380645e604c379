// SPDX-License-Identifier: Apache-2.0
#include "user_text.hpp"

#include <algorithm>
#include <utility>

#include "eas451/core/text.hpp"
#include "eas451/io/document/nearest_name.hpp"

namespace eas451 {
namespace {

using A = UserAttribute;

// In the order of the enumeration; then the second names.
constexpr std::array<std::pair<std::string_view, A>, 18> attribute_names{{
    {"userPrincipalName", A::user_principal_name},
    {"sAMAccountName", A::sam_account_name},
    {"mail", A::mail},
    {"proxyAddresses", A::proxy_addresses},
    {"targetAddress", A::target_address},
    {"msExchRecipientTypeDetails", A::recipient_type_details},
    {"msExchRemoteRecipientType", A::remote_recipient_type},
    {"homeMDB", A::home_mdb},
    {"msExchHomeServerName", A::home_server_name},
    {"mailNickname", A::mail_nickname},
    {"userAccountControl", A::user_account_control},
    {"msExchOmaAdminWirelessEnable", A::mobile_features},
    {"msExchMailboxGuid", A::mailbox_guid},
    {"distinguishedName", A::distinguished_name},
    {"displayName", A::display_name},
    {"password", A::password},
    {"password_hash", A::password_hash},
    {"dn", A::distinguished_name},
}};

}  // namespace

std::string_view to_string(UserAttribute attribute) {
    return attribute_names[static_cast<std::size_t>(attribute)].first;
}

std::optional<UserAttribute> user_attribute(std::string_view name) {
    const auto found = std::find_if(attribute_names.begin(), attribute_names.end(),
                                    [&](const auto& row) {
                                        // The length first: this is asked for every line of an LDIF file.
                                        return row.first.size() == name.size() && equals_ignore_case(row.first, name);
                                    });
    if (found == attribute_names.end()) return std::nullopt;
    return found->second;
}

std::string nearest_attribute_hint(std::string_view name) {
    NearestName nearest(name);
    for (const auto& [known, attribute] : attribute_names) nearest.consider(known);
    return nearest.hint();
}

void UserText::begin(Position at) {
    at_ = at;
    present_.fill(false);
    values_.fill({});
    proxy_addresses_.clear();
}

bool UserText::set(UserAttribute attribute, Value value) {
    const auto i = static_cast<std::size_t>(attribute);
    if (value.text.empty() && attribute != A::password && attribute != A::password_hash) return true;
    const bool first = !std::exchange(present_[i], true);
    if (attribute == A::proxy_addresses) {
        proxy_addresses_.push_back(value);
        return true;
    }
    if (first) values_[i] = value;
    return first;
}

}  // namespace eas451
