// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/redirect_target.hpp"

namespace eas451 {

std::string_view to_string(const TargetFault& fault) {
    switch (fault.kind) {
        case TargetFault::Kind::bad_url: return to_string(fault.url_fault);
        case TargetFault::Kind::not_https: return "sent verbatim, and so it has to be an https URL";
        case TargetFault::Kind::host_not_allowed: return "its host is not in allowed_hosts";
        case TargetFault::Kind::ourselves: break;
    }
    return "that is ourselves: the device would come back";
}

Result<RedirectTarget, TargetFault> target_of(const ResolvedRelationship& entry, const Policy& policy) {
    using Kind = TargetFault::Kind;
    const bool verbatim = policy.location == RedirectLocation::target_owa_url;
    if (verbatim && entry.owa_host.empty()) return TargetFault{Kind::not_https, {}, {}};
    if (!verbatim && !entry.target) return TargetFault{Kind::bad_url, entry.target.error(), {}};
    const RedirectTarget target = verbatim ? RedirectTarget{entry.relationship.target_owa_url, entry.owa_host}
                                           : RedirectTarget{entry.target->url, entry.target->host};
    if (!policy.allowed_hosts.empty() && !host_matches(target.host, policy.allowed_hosts)) {
        return TargetFault{Kind::host_not_allowed, {}, target};
    }
    if (host_matches(target.host, policy.public_names)) return TargetFault{Kind::ourselves, {}, target};
    return target;
}

}  // namespace eas451
