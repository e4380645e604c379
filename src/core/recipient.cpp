// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/recipient.hpp"

#include <algorithm>
#include <array>

#include "eas451/core/smtp_address.hpp"
#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

struct DetailsName {
    std::int64_t value;
    std::string_view name;
};

// One bit each; RemoteUserMailbox and everything after it is beyond 32 bits.
constexpr std::array details_names{
    DetailsName{std::int64_t{1} << 0, "UserMailbox"},
    DetailsName{std::int64_t{1} << 1, "LinkedMailbox"},
    DetailsName{std::int64_t{1} << 2, "SharedMailbox"},
    DetailsName{std::int64_t{1} << 3, "LegacyMailbox"},
    DetailsName{std::int64_t{1} << 4, "RoomMailbox"},
    DetailsName{std::int64_t{1} << 5, "EquipmentMailbox"},
    DetailsName{std::int64_t{1} << 6, "MailContact"},
    DetailsName{std::int64_t{1} << 7, "MailUser"},
    DetailsName{std::int64_t{1} << 8, "MailUniversalDistributionGroup"},
    DetailsName{std::int64_t{1} << 9, "MailNonUniversalGroup"},
    DetailsName{std::int64_t{1} << 10, "MailUniversalSecurityGroup"},
    DetailsName{std::int64_t{1} << 11, "DynamicDistributionGroup"},
    DetailsName{std::int64_t{1} << 12, "PublicFolder"},
    DetailsName{std::int64_t{1} << 13, "SystemAttendantMailbox"},
    DetailsName{std::int64_t{1} << 14, "SystemMailbox"},
    DetailsName{std::int64_t{1} << 15, "MailForestContact"},
    DetailsName{std::int64_t{1} << 16, "User"},
    DetailsName{std::int64_t{1} << 17, "Contact"},
    DetailsName{std::int64_t{1} << 18, "UniversalDistributionGroup"},
    DetailsName{std::int64_t{1} << 19, "UniversalSecurityGroup"},
    DetailsName{std::int64_t{1} << 20, "NonUniversalGroup"},
    DetailsName{std::int64_t{1} << 21, "DisabledUser"},
    DetailsName{std::int64_t{1} << 22, "MicrosoftExchange"},
    DetailsName{std::int64_t{1} << 23, "ArbitrationMailbox"},
    DetailsName{std::int64_t{1} << 24, "MailboxPlan"},
    DetailsName{std::int64_t{1} << 25, "LinkedUser"},
    DetailsName{std::int64_t{1} << 28, "RoomList"},
    DetailsName{std::int64_t{1} << 29, "DiscoveryMailbox"},
    DetailsName{std::int64_t{1} << 30, "RoleGroup"},
    DetailsName{std::int64_t{1} << 31, "RemoteUserMailbox"},
    DetailsName{std::int64_t{1} << 32, "Computer"},
    DetailsName{std::int64_t{1} << 33, "RemoteRoomMailbox"},
    DetailsName{std::int64_t{1} << 34, "RemoteEquipmentMailbox"},
    DetailsName{std::int64_t{1} << 35, "RemoteSharedMailbox"},
    DetailsName{std::int64_t{1} << 36, "PublicFolderMailbox"},
    DetailsName{std::int64_t{1} << 37, "TeamMailbox"},
    DetailsName{std::int64_t{1} << 38, "RemoteTeamMailbox"},
    DetailsName{std::int64_t{1} << 39, "MonitoringMailbox"},
    DetailsName{std::int64_t{1} << 40, "GroupMailbox"},
    DetailsName{std::int64_t{1} << 41, "LinkedRoomMailbox"},
    DetailsName{std::int64_t{1} << 42, "AuditLogMailbox"},
    DetailsName{std::int64_t{1} << 43, "RemoteGroupMailbox"},
    DetailsName{std::int64_t{1} << 44, "SchedulingMailbox"},
    DetailsName{std::int64_t{1} << 45, "GuestMailUser"},
    DetailsName{std::int64_t{1} << 46, "AuxAuditLogMailbox"},
    DetailsName{std::int64_t{1} << 47, "SupervisoryReviewPolicyMailbox"},
};

static_assert(std::ranges::is_sorted(details_names, {}, &DetailsName::value));

constexpr std::array<std::string_view, 5> remote_mailbox_names{
    "RemoteUserMailbox", "RemoteRoomMailbox", "RemoteEquipmentMailbox", "RemoteSharedMailbox", "RemoteTeamMailbox",
};

std::string_view local_home(const Recipient& recipient) {
    return recipient.home_mdb.empty() ? std::string_view(recipient.home_server_name) : recipient.home_mdb;
}

/// Of one without a local home.
bool is_moved(const Recipient& recipient) {
    return recipient.is_mail_enabled() && !recipient.target_address.empty();
}

}  // namespace

std::string_view Recipient::primary_smtp_address() const {
    constexpr std::string_view primary_prefix = "SMTP:";
    for (const std::string& address : proxy_addresses) {
        if (address.starts_with(primary_prefix)) return std::string_view(address).substr(primary_prefix.size());
    }
    return mail;
}

std::string_view Recipient::display_name() const {
    for (const std::string* name : {&distinguished_name, &user_principal_name, &sam_account_name}) {
        if (!name->empty()) return *name;
    }
    return mail;
}

std::string_view to_string(RecipientType type) {
    switch (type) {
        case RecipientType::user_mailbox: return "UserMailbox";
        case RecipientType::mail_user: return "MailUser";
        case RecipientType::user: break;
    }
    return "User";
}

RecipientType recipient_type(const Recipient& recipient) {
    if (!local_home(recipient).empty()) return RecipientType::user_mailbox;
    return is_moved(recipient) ? RecipientType::mail_user : RecipientType::user;
}

std::string_view recipient_type_details_name(std::int64_t value) {
    const auto* found = std::ranges::lower_bound(details_names, value, {}, &DetailsName::value);
    return found == details_names.end() || found->value != value ? std::string_view{} : found->name;
}

std::string remote_recipient_type_text(std::int64_t value) {
    struct Part {
        std::int64_t mask;
        std::int64_t bits;  // of the mask
        std::string_view name;
    };
    constexpr Part parts[] = {{1, 1, "ProvisionMailbox"}, {2, 2, "ProvisionArchive"}, {4, 4, "Migrated"}, {8, 8, "DeprovisionMailbox"},
                              {16, 16, "DeprovisionArchive"}, {96, 32, "RoomMailbox"}, {96, 64, "EquipmentMailbox"}, {96, 96, "SharedMailbox"}};
    std::string names;
    for (const Part& part : parts) {
        if ((value & part.mask) == part.bits) names.append(names.empty() ? "" : ", ").append(part.name);
    }
    return std::to_string(value) + (names.empty() ? "" : " (" + names + ")");
}

std::optional<std::int64_t> recipient_type_details_value(std::string_view name) {
    for (const DetailsName& details : details_names) {
        if (equals_ignore_case(details.name, name)) return details.value;
    }
    return std::nullopt;
}

bool is_remote_mailbox_type(std::int64_t value) {
    return std::ranges::find(remote_mailbox_names, recipient_type_details_name(value)) != remote_mailbox_names.end();
}

MailboxLocation locate_mailbox(const Recipient& recipient) {
    const std::string_view home = local_home(recipient);
    if (!home.empty()) return LocalMailbox{home};
    if (!is_moved(recipient)) {
        return NoMailbox{recipient.is_mail_enabled() ? NoMailboxCause::no_target_address
                                                     : NoMailboxCause::not_mail_enabled};
    }
    return RemoteMailbox{recipient.target_address, remote_routing_domain(recipient.target_address)};
}

}  // namespace eas451
