// SPDX-License-Identifier: Apache-2.0
// check: every mistake in the configuration and, for type file, in the directory file, at once; and
// what serve would refuse besides.
#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "deployment.hpp"
#include "eas451/core/organization_relationship.hpp"
#include "relationship_notes.hpp"

namespace eas451 {
namespace {

struct Findings {
    std::vector<std::string> errors;
    std::vector<std::string> warnings;
};

int report(const Findings& findings, int code, bool json) {
    if (json) {
        const nlohmann::ordered_json object{{"ok", code == exit_ok}, {"errors", findings.errors}, {"warnings", findings.warnings}};
        std::cout << object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
        return code;
    }
    for (const std::string& error : findings.errors) std::cout << error << '\n';
    for (const std::string& warning : findings.warnings) std::cout << "warning: " << warning << '\n';
    if (findings.errors.empty()) std::cout << "no mistakes found\n";
    return code;
}

/// There is nothing to find mistakes in; a syntax error is a mistake like others, with its place.
bool is_unreadable(const std::filesystem::path& config) {
    std::error_code ignored;
    return !std::filesystem::is_regular_file(config, ignored) || ::access(config.c_str(), R_OK) != 0;
}

void look_at_relationships(const Settings& settings, Findings& findings) {
    const auto directory = settings.directory.type == DirectoryType::file ? open_directory(settings)
                                                                           : Result<std::shared_ptr<Directory>, Problems>(nullptr);
    if (!directory) {
        for (const Problem& problem : directory.error()) findings.errors.push_back(problem.text);
        return;
    }
    Policy policy = settings.policy;
    policy.public_names = settings.public_names;  // those of certificates are known once these are opened
    findings.warnings = *directory != nullptr
                            ? relationship_notes(*(*directory)->relationships(), policy)
                            : relationship_notes(RelationshipTable(settings.static_relationships), policy);
}

void look_at_the_rest(const Settings& settings, Findings& findings) {
    for (const Problem& problem : not_served_yet(settings)) findings.errors.push_back(problem.text);
    if (settings.lab) findings.warnings.emplace_back("lab: true is not for production");
}

}  // namespace

int check(const std::filesystem::path& config, bool json) {
    Findings findings;
    const auto settings = load_settings(config);
    if (!settings) {
        for (const Mistake& mistake : settings.error()) findings.errors.push_back(to_string(mistake));
        return report(findings, is_unreadable(config) ? exit_configuration : exit_findings, json);
    }
    look_at_relationships(*settings, findings);
    look_at_the_rest(*settings, findings);
    return report(findings, findings.errors.empty() ? exit_ok : exit_findings, json);
}

}  // namespace eas451
