// SPDX-License-Identifier: Apache-2.0
#include "relationship_notes.hpp"

#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

constexpr std::string_view microsoft_host = "outlook.office365.com";

/// The domains of this relationship that find() does not answer with it.
void note_domains(const RelationshipTable& table, const ResolvedRelationship& entry, std::vector<std::string>& notes) {
    const std::string name = "relationship \"" + entry.relationship.name + "\": ";
    if (entry.relationship.domain_names.empty()) notes.push_back(name + "it names no domain");
    for (const std::string& domain : entry.relationship.domain_names) {
        const auto lookup = table.find(domain, SteadyTime::min());
        if (const auto* twice = std::get_if<RelationshipTable::Duplicate>(&lookup)) {
            notes.push_back(name + "its domain " + domain + " is also in \"" +
                            (&twice->first == &entry ? twice->second : twice->first).relationship.name +
                            "\"; a domain in two relationships is in none");
        }
        const auto* found = std::get_if<RelationshipTable::Found>(&lookup);
        if (found != nullptr && &found->entry != &entry) {
            notes.push_back(name + "its domain " + domain + " is taken by the static relationship \"" +
                            found->entry.relationship.name + "\"");
        }
    }
}

void note_target(const ResolvedRelationship& entry, const Policy& policy, std::vector<std::string>& notes) {
    const std::string name = "relationship \"" + entry.relationship.name + "\": ";
    if (!entry.relationship.enabled) {
        notes.push_back(name + "disabled, which governs federated sharing; its users are redirected all the same");
    }
    const bool verbatim = policy.location == RedirectLocation::target_owa_url;
    if (verbatim && entry.owa_host.empty()) {
        notes.push_back(name + "target_owa_url has to be an https URL, since redirect.location sends it verbatim");
        return;
    }
    if (!verbatim && !entry.target) {
        notes.push_back(name + "no usable target_owa_url (" + std::string(to_string(entry.target.error())) +
                        "); its users are answered as having no mailbox");
        return;
    }
    const std::string_view host = verbatim ? entry.owa_host : entry.target->host;
    if (!policy.allowed_hosts.empty() && !host_matches(host, policy.allowed_hosts)) {
        notes.push_back(name + "its host " + std::string(host) + " is not in redirect.allowed_hosts");
    }
    if (host_matches(host, policy.public_names)) notes.push_back(name + "its host " + std::string(host) + " is ourselves");
    if (!verbatim && entry.target->has_port) {
        notes.push_back(name + "eas_url names a port; devices that read only the host of a redirect will not follow");
    }
    if (host == microsoft_host) {
        notes.push_back(name + "Exchange Online accepts only EAS 16.1 and no Basic authentication; devices that speak less "
                               "must be set up again");
    }
}

}  // namespace

std::vector<std::string> relationship_notes(const RelationshipTable& table, const Policy& policy) {
    std::vector<std::string> notes;
    for (const ResolvedRelationship& entry : table.all()) {
        note_domains(table, entry, notes);
        note_target(entry, policy, notes);
    }
    if (policy.location == RedirectLocation::target_owa_url) {
        notes.emplace_back("redirect.location: target_owa_url is sent as it stands; devices expect an EAS URL");
    }
    return notes;
}

}  // namespace eas451
