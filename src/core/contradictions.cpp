// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/contradictions.hpp"

#include <array>

#include "eas451/core/login_outcome.hpp"
#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

using Kind = ContradictionKind;
using Notes = std::vector<Contradiction>;

constexpr std::array<std::string_view, contradiction_count> words{
    "account-refused", "forwarding-address", "type-of-remote", "no-database", "type-of-local", "not-mail-enabled", "mailbox-guid-left",
    "eas-switched-off", "deprovisioned", "upn-not-primary-address",
};
static_assert(!words.back().empty(), "one word for each kind");

constexpr std::int64_t deprovision_mailbox = 8;  // msExchRemoteRecipientType bit

std::string details_text(std::int64_t value) {
    const std::string_view name = recipient_type_details_name(value);
    return std::to_string(value) + (name.empty() ? std::string{} : " (" + std::string(name) + ")");
}

/// An explanation looks at no password, so the decision says nothing of what a login is refused for.
void note_account(const Recipient& recipient, Notes& notes) {
    for (const auto& [bit, why] : account_bits) {
        if ((recipient.user_account_control & bit) == 0) continue;
        const std::string state = why == Rejection::account_disabled ? "the account is disabled"
                                  : why == Rejection::account_locked ? "the account is locked"
                                                                     : "the password has expired";
        notes.push_back({Kind::account_refused, state + ": where passwords are looked at, a device of this user is answered 401"});
    }
}

void note_local(const Recipient& recipient, Notes& notes) {
    if (!recipient.target_address.empty()) {
        notes.push_back({Kind::forwarding_address, "targetAddress is set on a local mailbox: mail is forwarded, the mailbox has not moved"});
    }
    if (recipient.recipient_type_details && is_remote_mailbox_type(*recipient.recipient_type_details)) {
        notes.push_back({Kind::type_of_remote, "msExchRecipientTypeDetails says " + details_text(*recipient.recipient_type_details) +
                        ", but homeMDB or msExchHomeServerName says that the mailbox is here"});
    }
    if (recipient.home_mdb.empty()) notes.push_back({Kind::no_database, "msExchHomeServerName is set and homeMDB is not"});
}

void note_elsewhere(const Recipient& recipient, Notes& notes) {
    if (recipient.recipient_type_details && *recipient.recipient_type_details == 1) {
        notes.push_back({Kind::type_of_local, "msExchRecipientTypeDetails says 1 (UserMailbox), but neither homeMDB nor msExchHomeServerName is set"});
    }
    if (!recipient.target_address.empty() && !recipient.is_mail_enabled()) {
        notes.push_back({Kind::not_mail_enabled, "targetAddress is set, but mailNickname is not: the entry is not mail-enabled"});
    }
    if (recipient.has_mailbox_guid) {
        notes.push_back({Kind::mailbox_guid_left, "msExchMailboxGuid is set, which proves nothing: it stays after a migration"});
    }
    if (recipient.is_eas_disabled()) {
        notes.push_back({Kind::eas_switched_off, "msExchOmaAdminWirelessEnable switches ActiveSync off here; the new server has a switch of its own"});
    }
    if (recipient.remote_recipient_type && (*recipient.remote_recipient_type & deprovision_mailbox) != 0) {
        notes.push_back({Kind::deprovisioned, "msExchRemoteRecipientType has DeprovisionMailbox: the cloud mailbox may be gone"});
    }
}

}  // namespace

std::string_view to_string(ContradictionKind kind) { return words[static_cast<std::size_t>(kind)]; }

std::vector<Contradiction> find_contradictions(const Recipient& recipient) {
    Notes notes;
    note_account(recipient, notes);
    const bool is_local = std::holds_alternative<LocalMailbox>(locate_mailbox(recipient));
    is_local ? note_local(recipient, notes) : note_elsewhere(recipient, notes);
    const std::string_view primary = recipient.primary_smtp_address();
    if (!primary.empty() && !recipient.user_principal_name.empty() && !equals_ignore_case(primary, recipient.user_principal_name)) {
        notes.push_back({Kind::upn_not_primary_address, "userPrincipalName " + recipient.user_principal_name + " is not the primary address " +
                        std::string(primary) + ": the user logs in to the cloud with the first"});
    }
    return notes;
}

std::vector<std::string> contradictions(const Recipient& recipient) {
    std::vector<std::string> texts;
    for (Contradiction& found : find_contradictions(recipient)) texts.push_back(std::move(found.text));
    return texts;
}

}  // namespace eas451
