// SPDX-License-Identifier: Apache-2.0
// Policy: what the administrator has laid down for decisions. Built once from the settings, then
// immutable and shared by all threads; a reload makes a new one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "eas451/core/eas_request.hpp"

namespace eas451 {

enum class RedirectMode : std::uint8_t { on, off, report };
std::string_view to_string(RedirectMode mode);
enum class RedirectLocation : std::uint8_t { eas_url, target_owa_url };

struct Policy {
    bool authentication = true;               // authentication.basic is `directory`, not `off`
    RedirectMode mode = RedirectMode::on;
    std::vector<std::string> only_users;      // lower-case, sorted; empty: everyone (the canary is off)
    ProtocolVersion minimum_protocol_version = first_version_with_status;
    std::vector<std::string> skip_user_agents;   // prefixes, compared case-insensitively
    std::vector<std::string> skip_device_types;  // prefixes, compared case-insensitively
    RedirectLocation location = RedirectLocation::eas_url;
    std::vector<std::string> allowed_hosts;   // lower-case; empty: every host
    std::vector<std::string> public_names;    // lower-case; a redirect to one of them is a loop
    bool has_exchange = false;                // local mailboxes can be passed on
};

/// "mail.contoso.com" is matched by itself and by "*.contoso.com" (one label, as in certificates).
/// Both sides lower-case.
bool host_matches(std::string_view host, const std::vector<std::string>& patterns);

}  // namespace eas451
