// SPDX-License-Identifier: Apache-2.0
#include "relationship_notes.hpp"

#include <utility>

#include "eas451/core/exchange_online.hpp"

namespace eas451 {
namespace {

/// The domains of this relationship by which find() answers with none.
void note_lost_domains(const RelationshipTable& table, const ResolvedRelationship& entry, std::vector<std::string>& notes) {
    const std::string name = "relationship \"" + entry.relationship.name + "\": ";
    if (entry.relationship.domain_names.empty()) notes.push_back(name + "it names no domain");
    for (const std::string& domain : entry.relationship.domain_names) {
        const auto lookup = table.find(domain, SteadyTime::min());
        const auto* twice = std::get_if<RelationshipTable::Duplicate>(&lookup);
        if (twice == nullptr) continue;
        const ResolvedRelationship& other = &twice->first == &entry ? twice->second : twice->first;
        std::string note = name;
        note.append("its domain ").append(domain).append(" is also in \"").append(other.relationship.name);
        notes.push_back(note.append("\"; a domain in two relationships is in none"));
    }
}

/// And those with which it answers with a static one, as the administrator wanted.
void note_taken_domains(const RelationshipTable& table, const ResolvedRelationship& entry, std::vector<std::string>& notes) {
    for (const std::string& domain : entry.relationship.domain_names) {
        const auto lookup = table.find(domain, SteadyTime::min());
        const auto* found = std::get_if<RelationshipTable::Found>(&lookup);
        if (found == nullptr || &found->entry == &entry) continue;
        std::string note = "relationship \"";
        note.append(entry.relationship.name).append("\": its domain ").append(domain);
        notes.push_back(note.append(" is taken by the static relationship \"").append(found->entry.relationship.name).append("\""));
    }
}

void note_target(const ResolvedRelationship& entry, const Policy& policy, std::vector<std::string>& notes) {
    const std::string name = "relationship \"" + entry.relationship.name + "\": ";
    if (!entry.relationship.enabled) {
        notes.push_back(name + "disabled, which governs federated sharing; its users are redirected all the same");
    }
    const auto target = target_of(entry, policy);
    if (!target) return notes.push_back(name + text_of(target.error()));
    if (policy.location == RedirectLocation::eas_url && entry.target->has_port) {
        notes.push_back(name + "eas_url names a port; devices that read only the host of a redirect will not follow");
    }
    if (is_exchange_online(target->host)) {
        notes.push_back(name + "Exchange Online accepts only EAS 16.1 and no Basic authentication; devices that speak less "
                               "must be set up again");
    }
}

}  // namespace

std::string text_of(const TargetFault& fault) {
    const std::string host(fault.target.host);
    switch (fault.kind) {
        case TargetFault::Kind::host_not_allowed: return "its host " + host + " is not in redirect.allowed_hosts";
        case TargetFault::Kind::ourselves: return "its host " + host + " is ourselves";
        case TargetFault::Kind::not_https:
            return "target_owa_url has to be an https URL, since redirect.location sends it verbatim";
        case TargetFault::Kind::bad_url: break;
    }
    return "no usable target_owa_url (" + std::string(to_string(fault)) +
           "); its users are answered as having no mailbox";
}

std::vector<std::string> relationship_notes(const RelationshipTable& table, const ResolvedRelationship& entry, const Policy& policy) {
    std::vector<std::string> notes;
    note_lost_domains(table, entry, notes);
    note_taken_domains(table, entry, notes);
    note_target(entry, policy, notes);
    return notes;
}

std::vector<std::string> relationship_notes(const RelationshipTable& table, const Policy& policy) {
    std::vector<std::string> notes;
    for (const ResolvedRelationship& entry : table.all()) {
        for (std::string& note : relationship_notes(table, entry, policy)) notes.push_back(std::move(note));
    }
    if (policy.location == RedirectLocation::target_owa_url) {
        notes.emplace_back("redirect.location: target_owa_url is sent as it stands; devices expect an EAS URL");
    }
    return notes;
}

std::vector<std::string> relationship_faults(const RelationshipTable& table, const Policy& policy) {
    std::vector<std::string> faults;
    for (const ResolvedRelationship& entry : table.all()) {
        note_lost_domains(table, entry, faults);
        const auto target = target_of(entry, policy);
        if (!target) faults.push_back("relationship \"" + entry.relationship.name + "\": " + text_of(target.error()));
    }
    return faults;
}

}  // namespace eas451
