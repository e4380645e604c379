// SPDX-License-Identifier: Apache-2.0
// Recipient: one directory entry as Exchange sees it. A plain value with the directory's own
// attributes; where they came from is the directory's business. Any thread once it is built.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace eas451 {

/// The attributes of an entry that are looked at, by the names Active Directory gives them.
inline constexpr std::string_view recipient_attributes[] = {
    "userPrincipalName", "sAMAccountName", "mail", "proxyAddresses", "mailNickname", "homeMDB", "msExchHomeServerName",
    "targetAddress", "msExchRecipientTypeDetails", "msExchRemoteRecipientType", "userAccountControl",
    "msExchOmaAdminWirelessEnable", "msExchMailboxGuid",
};

struct Recipient {
    std::string distinguished_name;      // what names the entry in explain; a file directory may leave it empty
    /// Tells the entry from a later one of the same name, and from itself with another password: of
    /// objectGUID or entryUUID, and pwdLastSet. Only compared; empty where the directory has neither.
    std::string identity;
    std::string user_principal_name;
    std::string sam_account_name;        // plain, or NETBIOS\name in a file directory
    std::string mail;
    std::vector<std::string> proxy_addresses;  // "SMTP:primary", "smtp:alias", "X500:…"
    std::string mail_nickname;           // present: mail-enabled
    std::string home_mdb;                // present: the mailbox is local
    std::string home_server_name;        // msExchHomeServerName; present: the mailbox is local
    std::string target_address;          // RemoteRoutingAddress or ExternalEmailAddress, with its type prefix
    std::optional<std::int64_t> recipient_type_details;  // msExchRecipientTypeDetails, 64 bit
    std::optional<std::int64_t> remote_recipient_type;   // msExchRemoteRecipientType
    std::uint32_t user_account_control = 0;
    std::int32_t mobile_features = 0;    // msExchOmaAdminWirelessEnable
    bool has_mailbox_guid = false;       // msExchMailboxGuid stays after a migration: it proves nothing
    /// Of its domain, where sam_account_name is plain and the directory says; lower-case. Empty: not known.
    std::string netbios_name{};

    [[nodiscard]] bool is_mail_enabled() const { return !mail_nickname.empty(); }
    /// userAccountControl ACCOUNTDISABLE.
    [[nodiscard]] bool is_disabled() const { return (user_account_control & 0x2U) != 0; }
    /// MobileFeaturesEnabled bit 4, the only one that counts (MS-ADA2; 5 and 7 occur).
    [[nodiscard]] bool is_eas_disabled() const { return (mobile_features & 0x4) != 0; }
    /// The address with the upper-case SMTP prefix, without it; else `mail`.
    [[nodiscard]] std::string_view primary_smtp_address() const;
    /// What logs and reports call it: the first there is of distinguished name, UPN, account name, mail.
    [[nodiscard]] std::string_view display_name() const;
};

/// Exchange's RecipientType, decided by which attributes are there, not by the details number:
/// a mailbox home makes a UserMailbox; mail-enabled with a targetAddress and no home a MailUser
/// (a RemoteMailbox is one of them, as the seed's log says: UserInfo:MailUser); else a User.
enum class RecipientType : std::uint8_t { user_mailbox, mail_user, user };
std::string_view to_string(RecipientType type);
RecipientType recipient_type(const Recipient& recipient);

/// The name of a msExchRecipientTypeDetails value ("RemoteUserMailbox"), empty for one we do not
/// know; and the value of a name, case-insensitive.
std::string_view recipient_type_details_name(std::int64_t value);
/// A msExchRemoteRecipientType by the names of its bits: "4 (Migrated)", "100 (Migrated, SharedMailbox)".
std::string remote_recipient_type_text(std::int64_t value);
std::optional<std::int64_t> recipient_type_details_value(std::string_view name);
/// True for the five Remote…Mailbox values.
bool is_remote_mailbox_type(std::int64_t value);

/// The mailbox is on the local Exchange: homeMDB or msExchHomeServerName says so, whatever else the
/// entry says. A targetAddress on such an entry is a forwarding address.
struct LocalMailbox { std::string_view home; };
/// Mail-enabled, no local home, a targetAddress. `domain` is absent when that is no SMTP address.
struct RemoteMailbox { std::string_view routing_address; std::optional<std::string_view> domain; };
enum class NoMailboxCause : std::uint8_t { not_mail_enabled, no_target_address };
struct NoMailbox { NoMailboxCause cause; };

/// Views into the recipient; valid while it is.
using MailboxLocation = std::variant<LocalMailbox, RemoteMailbox, NoMailbox>;
MailboxLocation locate_mailbox(const Recipient& recipient);

}  // namespace eas451
