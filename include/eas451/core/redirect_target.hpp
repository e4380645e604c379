// SPDX-License-Identifier: Apache-2.0
// RedirectTarget: where the devices of a relationship are sent, or why nowhere (rows 12 and 13 of the
// answer table). decide() and check ask the same function.
#pragma once

#include <cstdint>
#include <string_view>

#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/policy.hpp"
#include "eas451/core/result.hpp"

namespace eas451 {

/// Views into the relationship.
struct RedirectTarget {
    std::string_view url;   // what X-MS-Location carries
    std::string_view host;  // lower-case, without port
};

struct TargetFault {
    enum class Kind : std::uint8_t {
        bad_url,           // no EAS URL can be made: `url_fault` says why
        not_https,         // sent verbatim, a target_owa_url has to be https
        host_not_allowed,  // outside redirect.allowed_hosts
        ourselves,         // the device would come back
    } kind;
    UrlFault url_fault = UrlFault::missing;
    RedirectTarget target;  // the one that was refused; of host_not_allowed and ourselves
};
/// "its host is not in allowed_hosts"
std::string_view to_string(const TargetFault& fault);

/// Pure; allocates nothing.
Result<RedirectTarget, TargetFault> target_of(const ResolvedRelationship& entry, const Policy& policy);

}  // namespace eas451
