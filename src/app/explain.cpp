// SPDX-License-Identifier: Apache-2.0
// explain: decide() for one login, told step by step as in the seed article.
#include <iostream>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "eas451/core/answer.hpp"
#include "eas451/core/contradictions.hpp"
#include "eas451/core/decision.hpp"
#include "opened_directory.hpp"

namespace eas451 {
namespace {

using Json = nlohmann::ordered_json;

int usage_error(const std::string& text) {
    std::cerr << "eas451: " << text << '\n';
    return exit_usage;
}

/// The device that is asked about: well-formed in all that is not given.
Result<EasRequest, std::string> make_request(const ExplainRequest& asked) {
    EasRequest request;
    request.method = asked.method == "OPTIONS" ? EasMethod::options : EasMethod::post;
    // A device asks OPTIONS before it knows which version to speak.
    if (request.method == EasMethod::post) request.version = ProtocolVersion(14, 1);
    if (asked.protocol_version) {
        request.version = ProtocolVersion::parse(*asked.protocol_version);
        if (!request.version) return {boost::system::in_place_error, "--protocol-version: not N.N, such as 14.1"};
    }
    if (!is_command_name(asked.command)) return {boost::system::in_place_error, "--command: not 1 to 32 letters"};
    request.command = eas_command_from_name(asked.command);
    request.command_name = asked.command;
    request.device_id = "explain";
    request.device_type = asked.device_type;
    request.device_id_valid = true;
    request.device_type_valid = is_device_type(asked.device_type);
    return request;
}

/// "HTTP 451", "HTTP 200 with Status 123 UserHasNoMailbox", "passed on to Exchange".
std::string answer_text(const Verdict& verdict) {
    if (std::holds_alternative<RedirectTo>(verdict.decision)) return "HTTP 451, X-MS-Location: " + std::string(verdict.location);
    if (std::holds_alternative<ProxyTo>(verdict.decision)) return "passed on to Exchange";
    const Refuse refuse = std::get<Refuse>(verdict.decision);
    std::string text = "HTTP " + std::to_string(refuse.http_status);
    if (refuse.eas_status == EasStatus::none) return text;
    return text + " with Status " + std::to_string(static_cast<unsigned>(refuse.eas_status)) + " " +
           std::string(to_string(refuse.eas_status));
}

/// What was looked up and decided, kept together since the verdict views the rest.
struct Explanation {
    const Settings& settings;
    const ExplainRequest& asked;
    EasRequest request;
    LoginAnswer login;
    std::chrono::microseconds took;
    Verdict verdict;
    std::vector<std::string> contradictions;
};

/// Where the answer comes from: the file, or the server that was asked.
std::string source_text(const Explanation& it) {
    if (it.settings.directory.type == DirectoryType::file) return "file " + it.settings.directory.file.string();
    if (!it.login.server.empty()) return it.login.server;
    const bool is_outage = std::holds_alternative<Unavailable>(it.login.outcome);
    return is_outage ? "LDAP, where no server could be asked" : "LDAP, where no server had to be asked";
}

void print_page(const Explanation& it) {
    std::cout << "login: " << it.asked.login << " (looked up in " << source_text(it) << ", "
              << milliseconds_of(it.took) << " ms)\n";
    if (!it.login.filter.empty()) {
        const std::string base = it.login.base.empty() ? "(the whole forest)" : it.login.base;
        std::cout << "search: base " << base << ", filter " << it.login.filter << '\n';
    }
    if (!it.login.trouble.empty()) std::cout << "trouble: " << it.login.trouble << '\n';
    for (const TrailStep& step : it.verdict.trail.steps()) std::cout << to_string(step) << '\n';
    std::cout << "device gets: " << answer_text(it.verdict) << '\n';
    for (const std::string& text : it.contradictions) std::cout << "note: " << text << '\n';
}

Json steps_of(const Trail& trail) {
    Json steps = Json::array();
    for (const TrailStep& step : trail.steps()) {
        Json entry{{"step", to_string(step.step)}, {"value", step.value}, {"note", step.note}};
        entry["version"] = step.version ? Json(step.version->to_string()) : Json();
        steps.push_back(std::move(entry));
    }
    return steps;
}

void print_json(const Explanation& it) {
    const auto* refuse = std::get_if<Refuse>(&it.verdict.decision);
    const bool redirected = std::holds_alternative<RedirectTo>(it.verdict.decision);
    const auto* accepted = std::get_if<Accepted>(&it.login.outcome);
    Json object;
    object["login"] = it.asked.login;
    object["outcome"] = to_string(it.login.outcome);
    object["login_form"] = accepted == nullptr ? Json() : Json(to_string(accepted->matched));
    object["recipient"] = accepted == nullptr ? Json() : Json(accepted->recipient->display_name());
    object["recipient_type"] = accepted == nullptr ? Json() : Json(to_string(recipient_type(*accepted->recipient)));
    object["steps"] = steps_of(it.verdict.trail);
    object["decision"] = to_string(it.verdict.decision);
    object["reason"] = to_string(it.verdict.reason);
    object["location"] = it.verdict.location.empty() ? Json() : Json(it.verdict.location);
    object["status"] = redirected ? Json(451) : refuse != nullptr ? Json(refuse->http_status) : Json();
    object["eas_status"] = refuse == nullptr || refuse->eas_status == EasStatus::none ? Json() : Json(refuse->eas_status);
    object["contradictions"] = it.contradictions;
    object["source"] = source_text(it);
    // An empty one is that of the whole forest.
    object["base"] = it.login.filter.empty() ? Json() : Json(it.login.base);
    object["filter"] = it.login.filter.empty() ? Json() : Json(it.login.filter);
    object["trouble"] = it.login.trouble.empty() ? Json() : Json(it.login.trouble);
    object["directory_ms"] = milliseconds_of(it.took);
    std::cout << object.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
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
        login = directory.log_in({std::move(*name), Secret(), PasswordCheck::none});
    } else {
        tell_of_login(name.error());
        login.outcome = NotFound{};
    }
    const auto now = std::chrono::steady_clock::now();
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(now - begin);
    const Policy policy = policy_of(settings);
    const auto relationships = directory.relationships();
    const Surroundings surroundings{*relationships, true, now};
    Explanation explanation{settings, asked, std::move(request), std::move(login), took, {}, {}};
    explanation.verdict = decide(explanation.request, asked.user_agent, explanation.login.outcome, policy, surroundings);
    if (const auto* accepted = std::get_if<Accepted>(&explanation.login.outcome)) {
        explanation.contradictions = contradictions(*accepted->recipient);
    }
    asked.json ? print_json(explanation) : print_page(explanation);
    return exit_code_of(explanation.login.outcome);
}

}  // namespace

int explain(const std::filesystem::path& config, const ExplainRequest& asked) {
    auto request = make_request(asked);
    if (!request) return usage_error(request.error());
    const auto settings = settings_or_mistakes(config);
    if (!settings) return exit_configuration;
    const auto directory = OpenedDirectory::open_or_tell(*settings);
    if (directory == nullptr) return exit_configuration;
    return explain_in(*directory, *settings, asked, std::move(*request));
}

}  // namespace eas451
