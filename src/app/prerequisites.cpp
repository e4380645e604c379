// SPDX-License-Identifier: Apache-2.0
#include "prerequisites.hpp"

#include <algorithm>

#include "eas451/core/exchange_online.hpp"
#include "eas451/core/redirect_target.hpp"

namespace eas451 {
namespace {

using State = PrerequisiteState;

std::string count_of(std::size_t number, const std::string& what) {
    return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
    return text;
}

Prerequisite exchange_version(const Seen& seen) {
    constexpr std::string_view name = "exchange-version";
    if (!seen.has_exchange) {
        return {name, State::ok, "none is needed: eas451 answers 451 in the place of Exchange 2010 SP3 RU9 or 2013 CU8, and passes nothing on"};
    }
    if (seen.exchange_errors != 0) {
        return {name, State::error, count_of(seen.exchange_errors, "trouble") + " with exchange.servers, named above; devices of local mailboxes depend on them"};
    }
    const std::string found = seen.exchange_versions.empty() ? "they do not say theirs without a login" : joined(seen.exchange_versions);
    return {name, State::ok, "any will do, since eas451 answers 451 in its place; for local mailboxes its own ActiveSync counts, " + found};
}

Prerequisite device_version(const Policy& policy) {
    return {"device-eas-version", State::not_tested,
            "a device has to speak EAS " + policy.minimum_protocol_version.to_string() +
                " (redirect.minimum_protocol_version); which ones speak less is in the access log (protocol_version, or the item V121 of Log= "
                "in w3c; reason client-too-old) and in eas451_moved_requests_total"};
}

Prerequisite follows_451() {
    return {"device-follows-451", State::not_tested,
            "a matter of the device: one that does not follow asks again and again after its 451 (access log, the same DeviceId); name "
            "it in redirect.skip. docs/report-mode.md tells how to find them"};
}

std::size_t from_directory(const RelationshipTable& table) {
    constexpr auto is_of_directory = [](const ResolvedRelationship& entry) {
        return entry.relationship.source == OrganizationRelationship::Source::directory;
    };
    return static_cast<std::size_t>(std::ranges::count_if(table.all(), is_of_directory));
}

Prerequisite hybrid(const Seen& seen) {
    constexpr std::string_view name = "hybrid";
    if (seen.relationships == nullptr) return {name, State::error, "the relationships that a hybrid set-up makes could not be read; see above"};
    const std::size_t found = from_directory(*seen.relationships);
    const std::size_t fixed = seen.relationships->all().size() - found;
    const std::string also = fixed == 0 ? "" : " and " + std::to_string(fixed) + " of the configuration";
    if (found != 0) return {name, State::ok, count_of(found, "organization relationship") + " of the directory" + also};
    const std::string why = seen.wants_directory ? "the directory has none (Hybrid Configuration Wizard, or rights)" : "not read from the directory";
    if (fixed == 0) return {name, State::warning, why + ", and the configuration has none: nobody is redirected"};
    return {name, State::ok, why + "; " + std::to_string(fixed) + " of the configuration " + (fixed == 1 ? "is" : "are") + " used instead"};
}

Prerequisite target_owa_url(const Seen& seen, const Policy& policy) {
    constexpr std::string_view name = "target-owa-url";
    if (seen.relationships == nullptr) return {name, State::not_tested, "the relationships could not be read"};
    std::vector<std::string> without;
    for (const ResolvedRelationship& entry : seen.relationships->all()) {
        if (!target_of(entry, policy)) without.push_back("\"" + entry.relationship.name + "\"");
    }
    const std::size_t all = seen.relationships->all().size();
    if (all == 0) return {name, State::not_tested, "there is no relationship"};
    if (without.empty()) return {name, State::ok, "each of " + count_of(all, "relationship") + " has a usable one"};
    return {name, State::warning, "none that can be used: " + joined(without) + "; set it with Set-OrganizationRelationship -TargetOwaURL, or see above"};
}

Prerequisite eas_url(const Seen& seen) {
    constexpr std::string_view name = "eas-url";
    const TargetsFound& found = seen.targets;
    const std::string of_all = " of " + count_of(found.asked, "target");
    if (found.asked == 0) return {name, State::not_tested, "there is no target that could be asked"};
    if (found.wrong != 0) return {name, State::error, std::to_string(found.wrong) + of_all + " cannot serve devices, named above"};
    if (found.doubtful != 0 || !found.left_out.empty()) {
        return {name, State::warning, std::to_string(found.doubtful + found.left_out.size()) + " of " +
                                          count_of(found.asked + found.left_out.size(), "target") + " may not serve devices, see the warnings above; `eas451 probe` from outside tells"};
    }
    return {name, State::ok, std::to_string(found.asked) + of_all + " resolved, trusted, and answering as ActiveSync; as seen from here"};
}

Prerequisite routing_address(const Seen& seen) {
    constexpr std::string_view name = "remote-routing-address";
    if (!seen.shows_moved_users) return {name, State::not_tested, "`eas451 audit` tells of each moved user whether its targetAddress leads to a relationship"};
    if (*seen.shows_moved_users) return {name, State::ok, "there are users with a targetAddress; `eas451 audit` tells of each whether it leads to a relationship"};
    return {name, State::warning, "of no user a targetAddress is visible: nobody has moved yet, or the account may not read it"};
}

Prerequisite same_login() {
    return {"same-login-and-password", State::not_tested,
            "not to be seen from here: a moved user needs the same password there (password hash synchronization, or federation), and a "
            "login that is the UPN there; `eas451 audit` names those whose UPN is not their primary SMTP address, login_form in the access "
            "log those who log in otherwise"};
}

/// By its name, whether it could be asked or not.
bool any_at_microsoft(const RelationshipTable& relationships, const Policy& policy) {
    return std::ranges::any_of(relationships.all(), [&policy](const ResolvedRelationship& entry) {
        const auto target = target_of(entry, policy);
        return target && is_exchange_online(target->host);
    });
}

Prerequisite modern_devices(const Seen& seen, const Policy& policy) {
    constexpr std::string_view name = "exchange-online";
    if (seen.relationships == nullptr) return {name, State::not_tested, "the relationships could not be read"};
    if (!any_at_microsoft(*seen.relationships, policy) && !seen.targets.any_alias_of_microsoft) return {name, State::ok, "no target is Exchange Online"};
    return {name, State::warning,
            "accepts only EAS 16.1 and no Basic authentication: devices that speak less, or have a password only, must be set up again "
            "there; eas451_moved_requests_total and the access log tell how many"};
}

}  // namespace

std::string_view to_string(PrerequisiteState state) {
    switch (state) {
        case State::ok: return "ok";
        case State::warning: return "warning";
        case State::error: return "error";
        case State::not_tested: break;
    }
    return "not-tested";
}

std::vector<Prerequisite> prerequisites(const Seen& seen, const Policy& policy) {
    return {exchange_version(seen), device_version(policy),     follows_451(),          hybrid(seen),       target_owa_url(seen, policy),
            eas_url(seen),          routing_address(seen),      same_login(),           modern_devices(seen, policy)};
}

}  // namespace eas451
