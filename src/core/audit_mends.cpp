// SPDX-License-Identifier: Apache-2.0
// What mends what audit finds: the one table. A reason without a text is one that no recipient of an audit can have
// (nobody logs in there), or one with which nothing is wrong.
#include "eas451/core/audit.hpp"

namespace eas451 {

std::string_view mend_of(Reason reason) {
    switch (reason) {
        case Reason::no_mailbox:
            return "targetAddress: Enable-RemoteMailbox -RemoteRoutingAddress or Set-MailUser -ExternalEmailAddress; if there is to be no "
                   "mailbox: Disable-MailUser";
        case Reason::no_relationship:
            return "Set-OrganizationRelationship -DomainNames with the domain in exactly one relationship, or another targetAddress: "
                   "Set-RemoteMailbox -RemoteRoutingAddress";
        case Reason::no_target:
            return "Set-OrganizationRelationship -TargetOwaURL, or eas_url of a static relationship; where its host is not allowed: "
                   "redirect.allowed_hosts";
        case Reason::self_redirect:
            return "Set-OrganizationRelationship -TargetOwaURL with the other organization's host; or public_names, if the host is not ours";
        case Reason::client_too_old:
            return "redirect.minimum_protocol_version, or that of the relationship: it is above the newest version, 16.1";
        case Reason::client_unsupported: return "redirect.skip: it has a prefix that every client begins with";
        case Reason::relationships_unreadable:
            return "let the service account read the relationships, or give the domain a static one; check --online says why";
        case Reason::directory_down: return "the attribute that is named: it has to be a number";
        case Reason::eas_disabled: return "Set-CASMailbox -ActiveSyncEnabled $true";
        case Reason::no_exchange_server: return "exchange.servers, where Exchange is to get the requests of local mailboxes through us";
        case Reason::redirect_off: return "redirect.mode: on; where only_users is given, the user in it";
        case Reason::would_redirect: return "redirect.mode: on";
        case Reason::bad_request:
        case Reason::no_credentials:
        case Reason::bad_credentials:
        case Reason::bad_credentials_cached:
        case Reason::not_found:
        case Reason::ambiguous:
        case Reason::account_locked:
        case Reason::account_disabled:
        case Reason::account_expired:
        case Reason::password_expired:
        case Reason::must_change_password:
        case Reason::logon_restricted:
        case Reason::login_held:
        case Reason::proxied:
        case Reason::bearer:
        case Reason::exchange_down:
        case Reason::redirected:
        case Reason::body_too_large:
        case Reason::body_too_slow:
        case Reason::client_gone:
        case Reason::health:
        case Reason::unknown_path: break;
    }
    return {};
}

std::string_view mend_of(ContradictionKind kind) {
    switch (kind) {
        case ContradictionKind::account_refused:
            return "userAccountControl: Enable-ADAccount, Unlock-ADAccount, or a new password, if a phone is to log in";
        case ContradictionKind::forwarding_address: return "targetAddress: clear it, or finish the move";
        case ContradictionKind::type_of_remote:
            return "homeMDB and msExchHomeServerName: clear them if the mailbox has moved; else msExchRecipientTypeDetails: 1";
        case ContradictionKind::no_database: return "homeMDB; or clear msExchHomeServerName if the mailbox has moved";
        case ContradictionKind::type_of_local: return "homeMDB if the mailbox is here; else Enable-RemoteMailbox";
        case ContradictionKind::not_mail_enabled: return "mailNickname: Enable-MailUser or Enable-RemoteMailbox";
        case ContradictionKind::eas_switched_off: return "Set-CASMailbox -ActiveSyncEnabled at the new place, which alone decides";
        case ContradictionKind::deprovisioned: return "Enable-RemoteMailbox, if there is to be a mailbox in the cloud";
        case ContradictionKind::upn_not_primary_address:
            return "Set-ADUser -UserPrincipalName with the primary address, or the phone's account set up with the userPrincipalName";
        case ContradictionKind::mailbox_guid_left: break;
    }
    return {};
}

std::string_view mend_of_relationship() { return "Set-OrganizationRelationship -TargetOwaURL, -DomainNames; or organization_relationships.static"; }

}  // namespace eas451
