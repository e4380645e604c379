// SPDX-License-Identifier: Apache-2.0
// LdapSchema: how a login is looked for, and what an entry says, in Active Directory's schema or in
// one whose attributes have other names. Pure; any thread.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "eas451/core/credentials.hpp"
#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/recipient.hpp"
#include "eas451/core/result.hpp"
#include "../tried_passwords.hpp"
#include "ldap_codec.hpp"

namespace eas451 {

/// By what a name with '@' is looked for besides its userPrincipalName.
struct LoginWays {
    bool account_name = false;  // what stands before the '@' is a sAMAccountName: the domain is one of ours
    bool address = false;       // it is a mail address
};

class LdapSchema {
public:
    /// `user_filter` is what an entry has to be to be a user; `attributes` names some of
    /// recipient_attributes otherwise.
    LdapSchema(std::string user_filter, const std::map<std::string, std::string>& attributes);

    /// userPrincipalName for a name with '@', and in which `ways` else; sAMAccountName for any other. Every
    /// foreign byte is escaped. Active Directory compares the type of a proxyAddresses value in any case.
    [[nodiscard]] std::string login_filter(const LoginName& login, LoginWays ways = {}) const;
    [[nodiscard]] const std::string& user_filter() const { return user_filter_; }
    /// To ask for, explicitly: nothing else of an entry is our business.
    [[nodiscard]] const std::vector<std::string>& attributes() const { return names_; }
    /// Whether the entry has this login letter by letter, A-Z taken as a-z. A directory may find it by more
    /// spellings than that: without accents, in full width.
    [[nodiscard]] static bool has_login(const Recipient& recipient, const LoginName& login);
    /// When the password was last set: pwdLastSet, or OpenLDAP's pwdChangedTime. While OpenLDAP shows that the
    /// account is locked it is another, and lately: what is refused then may be right.
    [[nodiscard]] static PasswordSet password_set_of(const LdapEntry& entry, std::chrono::system_clock::time_point now);
    /// `mail`, or a value of proxyAddresses of type SMTP.
    [[nodiscard]] static bool has_address(const Recipient& recipient, std::string_view address);
    /// The error names the attribute that is no number though it has to be one.
    [[nodiscard]] Result<Recipient, std::string> recipient_of(const LdapEntry& entry) const;

    /// What this schema calls one of recipient_attributes.
    [[nodiscard]] const std::string& name_of(std::string_view attribute) const;

private:
    std::string user_filter_;
    std::vector<std::string> names_;  // in the order of recipient_attributes, then those of the identity
};

/// An entry of class msExchFedSharingRelationship, with these attributes of it.
extern const std::array<std::string_view, 4> relationship_attributes;
OrganizationRelationship relationship_of(const LdapEntry& entry);

}  // namespace eas451
