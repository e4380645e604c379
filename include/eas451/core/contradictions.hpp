// SPDX-License-Identifier: Apache-2.0
// What in a directory entry does not go together, or keeps its user out. Nothing here changes a
// decision: it is for explain and audit, where an administrator asks why.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "eas451/core/recipient.hpp"

namespace eas451 {

enum class ContradictionKind : std::uint8_t {
    account_refused, forwarding_address, type_of_remote, no_database, type_of_local, not_mail_enabled, mailbox_guid_left,
    eas_switched_off, deprovisioned, upn_not_primary_address,
};
inline constexpr std::size_t contradiction_count = static_cast<std::size_t>(ContradictionKind::upn_not_primary_address) + 1;
/// "upn-not-primary-address": as fixed as a reason's word.
std::string_view to_string(ContradictionKind kind);

struct Contradiction {
    ContradictionKind kind;
    std::string text;  // one sentence, with the attributes' directory names
};
std::vector<Contradiction> find_contradictions(const Recipient& recipient);

/// The sentences alone.
std::vector<std::string> contradictions(const Recipient& recipient);

}  // namespace eas451
