// SPDX-License-Identifier: Apache-2.0
#include "explanation.hpp"

#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "eas451/core/contradictions.hpp"
#include "eas451/core/spoken_summary.hpp"
#include "eas451/core/text.hpp"
#include "opened_directory.hpp"

namespace eas451 {
namespace {

using Json = nlohmann::ordered_json;

Json steps_of(const Trail& trail) {
    Json steps = Json::array();
    for (const TrailStep& step : trail.steps()) {
        Json entry{{"step", to_string(step.step)}, {"value", step.value}, {"note", step.note}};
        entry["version"] = step.version ? Json(step.version->to_string()) : Json();
        steps.push_back(std::move(entry));
    }
    return steps;
}

}  // namespace

Result<EasRequest, ExplainMistake> request_of(const ExplainRequest& asked) {
    EasRequest request;
    request.method = asked.method == "OPTIONS" ? EasMethod::options : EasMethod::post;
    // A device asks OPTIONS before it knows which version to speak.
    if (request.method == EasMethod::post) request.version = ProtocolVersion(14, 1);
    if (asked.protocol_version) {
        request.version = ProtocolVersion::parse(*asked.protocol_version);
        if (!request.version) return ExplainMistake{"protocol_version", "not N.N, such as 14.1"};
    }
    if (!is_command_name(asked.command)) return ExplainMistake{"command", "not 1 to 32 letters"};
    request.command = eas_command_from_name(asked.command);
    request.command_name = asked.command;
    request.device_id = "explain";
    request.device_type = asked.device_type;
    request.device_id_valid = true;
    request.device_type_valid = is_device_type(asked.device_type);
    return request;
}

LoginQuestion question_of(LoginName login) {
    LoginQuestion question{std::move(login), Secret(), PasswordCheck::none};
    question.anew = true;
    return question;
}

std::string trouble_of(LoginFault fault) {
    return "LOGIN is no login name that is looked up (" + std::string(to_string(fault)) +
           "); write user@domain, NETBIOS\\user or user";
}

Explanation::Explanation(ExplainRequest asked, EasRequest request, LoginAnswer login, std::chrono::steady_clock::duration took,
                         ExplanationGround ground)
    : asked_(std::move(asked)),
      request_(std::move(request)),
      login_(std::move(login)),
      took_ms_(milliseconds_of(took)),
      ground_(std::move(ground)),
      now_(std::chrono::steady_clock::now()),
      verdict_(decide(request_, asked_.user_agent, login_.outcome, ground_.policy,
                      {*ground_.relationships, ground_.exchange_is_up, now_})),
      summary_(spoken_summary(verdict_, request_, login_.outcome, ground_.policy)) {
    if (const auto* accepted = std::get_if<Accepted>(&login_.outcome)) contradictions_ = contradictions(*accepted->recipient);
}

/// Where the answer comes from: the file, the server that was asked, or memory.
std::string Explanation::source() const {
    if (ground_.settings.directory.type == DirectoryType::file) return "file " + ground_.settings.directory.file.string();
    if (login_.remembered) return "memory, since no LDAP server could be asked";
    if (!login_.server.empty()) return login_.server;
    const bool is_outage = std::holds_alternative<Unavailable>(login_.outcome);
    return is_outage ? "LDAP, where no server could be asked" : "LDAP, where no server had to be asked";
}

/// Of what the directory said of the login. Nothing: a file was read when it was read, or nothing was said.
std::optional<std::int64_t> Explanation::age_seconds() const {
    if (login_.remembered) return std::chrono::duration_cast<std::chrono::seconds>(now_ - *login_.remembered).count();
    const bool was_asked = ground_.settings.directory.type != DirectoryType::file && !login_.server.empty() &&
                           !std::holds_alternative<Unavailable>(login_.outcome);
    return was_asked ? std::optional<std::int64_t>(0) : std::nullopt;
}

/// It decides nothing, and tells what was done in the cloud. Nothing: it is not set, or nobody was found.
std::optional<std::int64_t> Explanation::remote_recipient_type() const {
    const auto* accepted = std::get_if<Accepted>(&login_.outcome);
    return accepted == nullptr ? std::nullopt : accepted->recipient->remote_recipient_type;
}

/// "HTTP 451, X-MS-Location: …", "HTTP 200 with Status 123 UserHasNoMailbox", "passed on to Exchange".
std::string Explanation::answer() const {
    if (std::holds_alternative<RedirectTo>(verdict_.decision)) return "HTTP 451, X-MS-Location: " + std::string(verdict_.location);
    if (std::holds_alternative<ProxyTo>(verdict_.decision)) return "passed on to Exchange";
    const Refuse refuse = std::get<Refuse>(verdict_.decision);
    std::string text = "HTTP " + std::to_string(refuse.http_status);
    if (refuse.eas_status == EasStatus::none) return text;
    return text + " with Status " + std::to_string(static_cast<unsigned>(refuse.eas_status)) + " " +
           std::string(to_string(refuse.eas_status));
}

std::string Explanation::page() const {
    std::ostringstream took;
    took << took_ms_;
    std::string page = "login: " + asked_.login + " (looked up in " + source() + ", " + took.str() + " ms)\n";
    if (!login_.filter.empty()) {
        page += "search: base " + (login_.base.empty() ? "(the whole forest)" : login_.base) + ", filter " + printable(login_.filter) + "\n";
    }
    if (!login_.trouble.empty()) page += "trouble: " + printable(login_.trouble) + "\n";
    for (const TrailStep& step : verdict_.trail.steps()) page += printable(to_string(step)) + "\n";
    page += "device gets: " + printable(answer()) + "\n";
    if (const auto type = remote_recipient_type()) page += "note: msExchRemoteRecipientType is " + remote_recipient_type_text(*type) + "\n";
    for (const std::string& text : contradictions_) page += "note: " + printable(text) + "\n";
    return page + "\n" + printable(summary_) + "\n";
}

std::string Explanation::json() const {
    const auto* refuse = std::get_if<Refuse>(&verdict_.decision);
    const bool redirected = std::holds_alternative<RedirectTo>(verdict_.decision);
    const auto* accepted = std::get_if<Accepted>(&login_.outcome);
    const auto age = age_seconds();
    Json object;
    object["login"] = asked_.login;
    object["outcome"] = to_string(login_.outcome);
    object["login_form"] = accepted == nullptr ? Json() : Json(to_string(accepted->matched));
    object["recipient"] = accepted == nullptr ? Json() : Json(accepted->recipient->display_name());
    object["recipient_type"] = accepted == nullptr ? Json() : Json(to_string(recipient_type(*accepted->recipient)));
    const auto remote_type = remote_recipient_type();
    object["remote_recipient_type"] = remote_type ? Json(*remote_type) : Json();
    object["steps"] = steps_of(verdict_.trail);
    object["decision"] = to_string(verdict_.decision);
    object["reason"] = to_string(verdict_.reason);
    object["location"] = verdict_.location.empty() ? Json() : Json(verdict_.location);
    object["status"] = redirected ? Json(451) : refuse != nullptr ? Json(refuse->http_status) : Json();
    object["eas_status"] = refuse == nullptr || refuse->eas_status == EasStatus::none ? Json() : Json(refuse->eas_status);
    object["contradictions"] = contradictions_;
    object["summary"] = summary_;
    object["source"] = source();
    object["age_seconds"] = age ? Json(*age) : Json();
    // An empty one is that of the whole forest.
    object["base"] = login_.filter.empty() ? Json() : Json(login_.base);
    object["filter"] = login_.filter.empty() ? Json() : Json(login_.filter);
    object["trouble"] = login_.trouble.empty() ? Json() : Json(login_.trouble);
    object["directory_ms"] = took_ms_;
    return object.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace eas451
