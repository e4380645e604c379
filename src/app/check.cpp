// SPDX-License-Identifier: Apache-2.0
// check: every mistake in the configuration and, for type file, in the directory file, at once; and
// what serve would refuse besides.
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "check_findings.hpp"
#include "commands.hpp"
#include "deployment.hpp"
#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/policy.hpp"
#include "eas451/io/exchange/exchange_servers.hpp"
#include "online_check.hpp"
#include "privileges.hpp"
#include "relationship_notes.hpp"

namespace eas451 {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const std::vector<Prerequisite>& prerequisites) {
    Json list = Json::array();
    for (const Prerequisite& one : prerequisites) list.push_back({{"name", one.name}, {"state", to_string(one.state)}, {"text", one.text}});
    return list;
}

void print_prerequisites(const std::vector<Prerequisite>& prerequisites) {
    constexpr std::size_t width_of_state = 11;  // one more than "not-tested"
    if (!prerequisites.empty()) std::cout << "prerequisites of a redirect:\n";
    for (const Prerequisite& one : prerequisites) {
        std::string state(to_string(one.state));
        state.resize(width_of_state, ' ');
        std::cout << "  " << state << one.name << ": " << one.text << '\n';
    }
}

int report(const Findings& findings, int code, bool json) {
    if (json) {
        const Json object{{"ok", code == exit_ok},          {"errors", findings.errors}, {"warnings", findings.warnings},
                          {"facts", findings.facts}, {"prerequisites", json_of(findings.prerequisites)}};
        std::cout << object.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
        return code;
    }
    for (const std::string& fact : findings.facts) std::cout << "found: " << fact << '\n';
    for (const std::string& error : findings.errors) std::cout << error << '\n';
    for (const std::string& warning : findings.warnings) std::cout << "warning: " << warning << '\n';
    print_prerequisites(findings.prerequisites);
    if (findings.errors.empty()) std::cout << "no mistakes found\n";
    return code;
}

Policy policy_of(const Settings& settings, bool online) {
    Policy policy = settings.policy;
    // Without --online no certificate is opened for a name.
    policy.public_names = online ? public_names(settings, readable_certificates(settings)) : settings.public_names;
    return policy;
}

/// As far as no server has to be asked. Null: the directory file cannot be used.
std::shared_ptr<const RelationshipTable> look_at_relationships(const Settings& settings, const Policy& policy, Findings& findings) {
    const bool is_file = settings.directory.type == DirectoryType::file;
    const auto directory = is_file ? open_directory(settings) : Result<std::shared_ptr<Directory>, Problems>(nullptr);
    if (!directory) {
        append(findings.errors, directory.error());
        return nullptr;
    }
    auto relationships = is_file ? (*directory)->relationships() : std::make_shared<const RelationshipTable>(settings.static_relationships);
    append(findings.warnings, relationship_notes(*relationships, policy));
    return relationships;
}

void look_for_our_names(const Settings& settings, Findings& findings) {
    if (!settings.public_names.empty()) return;
    const auto certificates = readable_certificates(settings);
    for (std::size_t i = 0; i < certificates.size(); ++i) {
        if (settings.listeners[i].tls && !certificates[i]) return;  // --online says why not
    }
    append(findings.errors, mistakes_of_names(public_names(settings, certificates)));
}

/// No mistake: where DNS has two faces, the published name leads to Exchange in here, and to us out there.
void look_for_a_loop(const Settings& settings, Findings& findings) {
    const auto names = public_names(settings, readable_certificates(settings));
    const auto& servers = settings.exchange->servers;
    for (std::size_t i = 0; i < servers.size(); ++i) {
        const std::string host = ExchangeServer::at(servers[i]).host;
        if (!host_matches(host, names)) continue;
        const std::string text = "exchange.servers[" + std::to_string(i) + "]: " + servers[i];
        const bool is_one = std::ranges::find(names, host) != names.end();
        findings.warnings.push_back(is_one ? text + " has one of our own names: should that lead from here to us, requests would go round; "
                                                    "give a name that is the server's alone, unless DNS here leads to Exchange for good"
                                           : text + " is one of our own names by a wildcard; say in public_names which are ours");
    }
}

void look_at_exchange(const Settings& settings, Findings& findings) {
    if (!settings.exchange) return;
    look_for_a_loop(settings, findings);
    if (settings.directory.type == DirectoryType::file && !settings.lab) {
        findings.warnings.emplace_back(
            "directory.type: file, in front of Exchange: a password that was changed in the domain and not in the file goes to "
            "Exchange with every request, wrong, and may lock the account; have the users in LDAP");
    }
}

void look_at_the_rest(const Settings& settings, Findings& findings) {
    append(findings.errors, directory_mistakes(settings));
    append(findings.errors, mistakes_of_admin_password(settings.admin));
    look_for_our_names(settings, findings);
    look_at_exchange(settings, findings);
    if (const auto allowed = check_privileges(settings, is_root()); !allowed) findings.errors.push_back(allowed.error());
    if (settings.lab) findings.warnings.emplace_back("lab: true is not for production");
}

}  // namespace

int check(const std::filesystem::path& config, bool online, bool json) {
    Findings findings;
    const auto settings = load_settings(config);
    if (!settings) {
        for (const Mistake& mistake : settings.error()) findings.errors.push_back(to_string(mistake));
        // There is nothing to find mistakes in; a syntax error is a mistake like others, with its place.
        const bool is_unreadable = std::ranges::any_of(settings.error(), &Mistake::is_unreadable);
        return report(findings, is_unreadable ? exit_configuration : exit_findings, json);
    }
    const Policy policy = policy_of(*settings, online);
    const bool asks_servers = online && settings->directory.type == DirectoryType::ldap;
    const auto relationships = asks_servers ? nullptr : look_at_relationships(*settings, policy, findings);
    if (online) check_online(*settings, policy, relationships, findings);
    look_at_the_rest(*settings, findings);
    for (std::string& error : findings.errors) error = settings->places.with_place(std::move(error));
    return report(findings, findings.errors.empty() ? exit_ok : exit_findings, json);
}

}  // namespace eas451
