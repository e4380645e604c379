// SPDX-License-Identifier: Apache-2.0
#include "admin_json.hpp"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "eas451/core/redirect_target.hpp"
#include "relationship_notes.hpp"

namespace eas451 {
namespace {

using Json = nlohmann::ordered_json;

/// As many as a directory gives (ldap_organization.cpp); of mistakes nobody reads more.
constexpr std::size_t most_relationships = 1000;
constexpr std::size_t most_domains = 1000;
constexpr std::size_t most_notes = 20;
constexpr std::size_t most_mistakes = 50;

std::string text_of(const Json& object) { return object.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n"; }

/// "2026-11-23T09:42:27Z"
std::string utc(std::time_t time) {
    std::tm parts{};
    gmtime_r(&time, &parts);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string utc(std::chrono::system_clock::time_point time) { return utc(std::chrono::system_clock::to_time_t(time)); }

std::int64_t seconds(std::chrono::steady_clock::duration time) { return std::chrono::duration_cast<std::chrono::seconds>(time).count(); }

Json first_of(const std::vector<std::string>& texts, std::size_t most) {
    Json list = Json::array();
    for (std::size_t i = 0; i < std::min(texts.size(), most); ++i) list.push_back(texts[i]);
    return list;
}

Json or_null(std::string_view text) { return text.empty() ? Json() : Json(text); }

Json directory_of(const Settings& settings, const DirectoryState& state) {
    Json servers = Json::array();
    for (const auto& server : state.servers) servers.push_back({{"server", server.name}, {"up", server.is_up}});
    const bool is_file = settings.directory.type == DirectoryType::file;
    return {{"type", is_file ? "file" : "ldap"},
            {"file", is_file ? Json(settings.directory.file.string()) : Json()},
            {"servers", std::move(servers)}};
}

Json exchange_of(const ExchangeServers* exchange) {
    if (exchange == nullptr) return {};
    Json servers = Json::array();
    for (const ExchangeServer& server : exchange->servers) {
        servers.push_back({{"server", server.url},
                           {"up", server.was_checked ? Json(server.is_up) : Json()},
                           {"why_down", or_null(server.why_down)}});
    }
    return {{"servers", std::move(servers)}};
}

Json readability_of(const DirectoryState& state, std::size_t count) {
    const SteadyTime now = std::chrono::steady_clock::now();
    const bool is_good = !state.reads_relationships || (state.relationships_good_until && now < *state.relationships_good_until);
    return {{"count", count},
            {"from_servers", state.reads_relationships},
            {"age_seconds", state.relationships_read ? Json(seconds(now - *state.relationships_read)) : Json()},
            {"readable", is_good}};
}

void add_certificates(Json& list, const std::string& listener, const std::optional<ServerTls>& tls) {
    if (!tls) return;
    for (const CertificateFacts& certificate : tls->certificates) {
        list.push_back({{"listener", listener},
                        {"file", certificate.file.string()},
                        {"names", certificate.names},
                        {"expires", utc(static_cast<std::time_t>(certificate.not_after))}});
    }
}

Json certificates_of(const Deployment& deployment) {
    Json list = Json::array();
    for (std::size_t i = 0; i < deployment.certificates.size(); ++i) {
        add_certificates(list, deployment.settings.listeners[i].bind.to_string(), deployment.certificates[i]);
    }
    add_certificates(list, "admin", deployment.admin_certificate);
    return list;
}

Json report_of(const ReloadReport& report) {
    return {{"outcome", report.mistakes.empty() ? "applied" : "refused"},
            {"time", utc(report.ended)},
            {"mistakes", first_of(report.mistakes, most_mistakes)},
            {"mistakes_count", report.mistakes.size()},
            {"needs_restart", report.needs_restart}};
}

Json relationship_of(const RelationshipTable& table, const ResolvedRelationship& entry, const Policy& policy) {
    const OrganizationRelationship& relationship = entry.relationship;
    const bool is_static = relationship.source == OrganizationRelationship::Source::static_configuration;
    const auto target = target_of(entry, policy);
    const auto& minimum = relationship.minimum_protocol_version;
    const std::vector<std::string> notes = relationship_notes(table, entry, policy);
    return {{"name", relationship.name},
            {"source", is_static ? "configuration" : "directory"},
            {"enabled", relationship.enabled},
            {"domains", first_of(relationship.domain_names, most_domains)},
            {"domains_count", relationship.domain_names.size()},
            {"target_owa_url", or_null(relationship.target_owa_url)},
            {"location", target ? Json(target->url) : Json()},
            {"why_no_location", target ? Json() : Json(eas451::text_of(target.error()))},
            {"minimum_protocol_version", minimum.value_or(policy.minimum_protocol_version).to_string()},
            {"notes", first_of(notes, most_notes)},
            {"notes_count", notes.size()}};
}

}  // namespace

std::string error_json(std::string_view error) { return text_of({{"error", error}}); }

std::string status_json(const Deployment& deployment, const ServerStatus& status, bool ready, std::uint64_t dropped_log_lines,
                        std::string_view version) {
    const Settings& settings = deployment.settings;
    const DirectoryState directory = deployment.directory->state();
    Json object;
    object["version"] = version;
    object["started"] = utc(status.started);
    object["uptime_seconds"] = seconds(status.uptime);
    object["ready"] = ready;
    object["draining"] = status.draining;
    object["redirect"] = {{"mode", to_string(settings.policy.mode)}, {"only_users", settings.policy.only_users.size()}};
    object["workers"] = status.workers;
    object["connections"] = status.connections;
    object["directory"] = directory_of(settings, directory);
    object["exchange"] = exchange_of(status.exchange.get());
    object["organization_relationships"] = readability_of(directory, deployment.directory->relationships()->all().size());
    object["certificates"] = certificates_of(deployment);
    object["dropped_log_lines"] = dropped_log_lines;
    object["last_reload"] = status.last_reload ? report_of(*status.last_reload) : Json();
    return text_of(object);
}

std::string relationships_json(const Deployment& deployment) {
    const auto table = deployment.directory->relationships();
    const auto& all = table->all();
    Json object = readability_of(deployment.directory->state(), all.size());
    Json list = Json::array();
    for (std::size_t i = 0; i < std::min(all.size(), most_relationships); ++i) {
        list.push_back(relationship_of(*table, all[i], deployment.policy));
    }
    object["relationships"] = std::move(list);
    return text_of(object);
}

std::string reload_json(const ReloadReport& report, const Deployment& deployment) {
    Json object = report_of(report);
    object["redirect_mode"] = to_string(deployment.settings.policy.mode);
    return text_of(object);
}

std::string reload_json(std::string_view outcome) { return text_of({{"outcome", outcome}}); }

std::string flush_json(const ForgottenLogins& forgotten) {
    return text_of({{"recipients", forgotten.recipients}, {"passwords", forgotten.passwords}});
}

}  // namespace eas451
