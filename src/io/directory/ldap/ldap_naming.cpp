// SPDX-License-Identifier: Apache-2.0
// The part of LdapOrganization that is asked of every login.
#include "eas451/core/text.hpp"
#include "ldap_dn.hpp"
#include "ldap_organization.hpp"

namespace eas451 {

std::optional<std::string> LdapNaming::base_of(const LoginName& login) const {
    if (login.form == LoginForm::bare && !bare_base.empty()) return bare_base;
    if (login.form != LoginForm::netbios) return base;
    const Domain* const domain = domain_of_login(login);
    return domain == nullptr ? std::nullopt : std::optional(domain->base);
}

const LdapNaming::Domain* LdapNaming::domain_of_login(const LoginName& login) const {
    if (login.form == LoginForm::bare) return domain_of_entry(bare_base.empty() ? base : bare_base);
    const std::string name = ascii_lower(login.domain);
    for (const Domain& domain : domains) {
        // Behind an '@' Active Directory takes a domain's DNS name alone.
        const bool is_netbios_name = login.form == LoginForm::netbios && domain.netbios_name == name;
        if (is_netbios_name || domain.dns_name == name) return &domain;
    }
    return nullptr;
}

const LdapNaming::Domain* LdapNaming::domain_of_entry(std::string_view distinguished_name) const {
    const std::string dn = plain_dn(distinguished_name);
    const Domain* deepest = nullptr;
    std::size_t depth = 0;
    for (const Domain& domain : domains) {
        const std::string domain_dn = plain_dn(domain.base);
        if (domain_dn.size() <= depth || !is_at_or_below(dn, domain_dn)) continue;
        deepest = &domain;
        depth = domain_dn.size();
    }
    return deepest;
}

std::string LdapNaming::netbios_name_of(std::string_view distinguished_name) const {
    const Domain* const domain = domain_of_entry(distinguished_name);
    return domain == nullptr ? std::string() : domain->netbios_name;
}

bool LdapNaming::is_in_domain_of(const LoginName& login, std::string_view distinguished_name) const {
    const Domain* const domain = domain_of_login(login);
    if (is_forest) {
        // Also of domains whose names are not known.
        const bool is_bare = login.form == LoginForm::bare;
        if (domain == nullptr && !is_bare) return true;
        return domain_part(distinguished_name) == domain_part(is_bare ? *base_of(login) : domain->base);
    }
    if (domain == nullptr) return true;
    // Two names of one domain have the same place.
    const Domain* const around = domain_of_entry(distinguished_name);
    return around != nullptr && equals_ignore_case(domain->base, around->base);
}

}  // namespace eas451
