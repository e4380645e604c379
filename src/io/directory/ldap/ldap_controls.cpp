// SPDX-License-Identifier: Apache-2.0
#include "ldap_controls.hpp"

#include <cstring>

namespace eas451 {
namespace {

/// At most two small numbers and their tags.
constexpr ber_len_t largest_password_policy = 64;

}  // namespace

LdapControl make_page_control(LDAP* ldap, const LdapPage& page) {
    berval cookie{page.cookie.size(), const_cast<char*>(page.cookie.data())};
    LDAPControl* made = nullptr;
    const int result = ldap_create_page_control(ldap, page.size, &cookie, 1, &made);
    return LdapControl(result == LDAP_SUCCESS ? made : nullptr);
}

std::optional<std::string> read_next_page(LDAP* ldap, LDAPControl** controls) {
    LDAPControl* const control = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, nullptr);
    if (control == nullptr || control->ldctl_value.bv_val == nullptr) return std::nullopt;
    ber_int_t estimate = 0;
    berval cookie{};
    const int parsed = ldap_parse_pageresponse_control(ldap, control, &estimate, &cookie);
    const LdapText owner(cookie.bv_val);
    if (parsed != LDAP_SUCCESS) return std::nullopt;
    return cookie.bv_val == nullptr ? std::string() : std::string(cookie.bv_val, cookie.bv_len);
}

std::optional<LdapPasswordPolicy> read_password_policy(LDAP* ldap, LDAPControl** controls) {
    LDAPControl* const control = ldap_control_find(LDAP_CONTROL_PASSWORDPOLICYRESPONSE, controls, nullptr);
    if (control == nullptr || control->ldctl_value.bv_val == nullptr) return std::nullopt;
    if (control->ldctl_value.bv_len > largest_password_policy) return std::nullopt;
    ber_int_t expires = -1;
    ber_int_t grace = -1;
    LDAPPasswordPolicyError error = PP_noError;
    const int parsed = ldap_parse_passwordpolicy_control(ldap, control, &expires, &grace, &error);
    if (parsed != LDAP_SUCCESS) return std::nullopt;
    // libldap writes whatever number came; as a value of the enumeration it may not be looked at.
    int number = 0;
    static_assert(sizeof number == sizeof error);
    std::memcpy(&number, &error, sizeof number);
    LdapPasswordPolicy policy;
    if (number != static_cast<int>(PP_noError)) policy.error = number;
    if (grace >= 0) policy.grace_binds_left = grace;
    return policy;
}

}  // namespace eas451
