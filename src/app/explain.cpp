// SPDX-License-Identifier: Apache-2.0
// explain: decide() for one login, told step by step.
#include <iostream>

#include "commands.hpp"
#include "explanation.hpp"
#include "opened_directory.hpp"

namespace eas451 {
namespace {

int usage_error(const ExplainMistake& mistake) {
    std::string option(mistake.part);
    for (char& c : option) c = c == '_' ? '-' : c;
    std::cerr << "eas451: --" << option << ": " << mistake.text << '\n';
    return exit_usage;
}

/// A name that decisions compare with, without failing where a certificate cannot be read: then a
/// redirect to ourselves cannot be told, and that is said.
Policy policy_of(const Settings& settings) {
    Policy policy = settings.policy;
    policy.public_names = settings.public_names.empty() ? public_names(settings, readable_certificates(settings)) : settings.public_names;
    if (policy.public_names.empty()) std::cerr << "eas451: no public name is known, so a loop could not be told\n";
    return policy;
}

int explain_in(OpenedDirectory& directory, const Settings& settings, const ExplainRequest& asked, EasRequest request) {
    auto name = parse_login_name(asked.login);
    const auto begin = std::chrono::steady_clock::now();
    LoginAnswer login;
    if (name) {
        login = directory.log_in(question_of(std::move(*name)));
    } else {
        tell_of_login(name.error());
        login.outcome = NotFound{};
    }
    const auto took = std::chrono::steady_clock::now() - begin;
    const Policy policy = policy_of(settings);
    const Explanation explanation(asked, std::move(request), std::move(login), took, {settings, policy, directory.relationships()});
    std::cout << (asked.json ? explanation.json() : explanation.page());
    return exit_code_of(explanation.outcome());
}

}  // namespace

int explain(const std::filesystem::path& config, const ExplainRequest& asked) {
    auto request = request_of(asked);
    if (!request) return usage_error(request.error());
    const auto settings = settings_or_mistakes(config);
    if (!settings) return exit_configuration;
    const auto directory = OpenedDirectory::open_or_tell(*settings);
    if (directory == nullptr) return exit_configuration;
    return explain_in(*directory, *settings, asked, std::move(*request));
}

}  // namespace eas451
