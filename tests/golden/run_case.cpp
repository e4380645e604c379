// SPDX-License-Identifier: Apache-2.0
// One case through the ground floor: head, query, decision, answer, log line, as the server does it.
#include <charconv>
#include <stdexcept>

#include "case_file.hpp"
#include "eas451/core/access_record.hpp"
#include "eas451/core/answer.hpp"
#include "eas451/core/credentials.hpp"
#include "eas451/core/decision.hpp"
#include "eas451/core/text.hpp"

namespace eas451::golden {
namespace {

using Values = std::multimap<std::string, std::string>;

constexpr SteadyTime now{std::chrono::hours(1000)};

std::string only(const Values& values, const std::string& key, std::string fallback = {}) {
    const auto found = values.find(key);
    return found == values.end() ? fallback : found->second;
}

std::vector<std::string> all(const Values& values, const std::string& key) {
    std::vector<std::string> found;
    const auto [from, to] = values.equal_range(key);
    for (auto it = from; it != to; ++it) found.push_back(it->second);
    return found;
}

std::int64_t number(const std::string& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) throw std::runtime_error("no number: " + text);
    return value;
}

/// \xNN, \r, \n and \\ of a request line.
std::string unescape(std::string_view text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            bytes += text[i];
            continue;
        }
        const char kind = text[++i];
        if (kind == 'x' && i + 2 < text.size()) {
            bytes += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
            i += 2;
        } else {
            bytes += kind == 'r' ? '\r' : kind == 'n' ? '\n' : kind;
        }
    }
    return bytes;
}

/// The lines with CRLF between them and the blank line at the end; `repeat N TEXT` stands for itself
/// N times, so that a long field does not need a long file.
std::string request_bytes(const CaseFile& file) {
    const auto* lines = file.find("request");
    if (lines == nullptr) throw std::runtime_error("no request section");
    std::string bytes;
    for (std::string line : *lines) {
        for (std::size_t at = line.find("{{"); at != std::string::npos; at = line.find("{{")) {
            const std::size_t end = line.find("}}", at);
            const std::size_t times = line.find('*', at);
            if (end == std::string::npos || times > end) throw std::runtime_error("{{TEXT*N}} expected");
            const std::string text = line.substr(at + 2, times - at - 2);
            std::string repeated;
            for (auto n = number(line.substr(times + 1, end - times - 1)); n > 0; --n) repeated += text;
            line.replace(at, end + 2 - at, repeated);
        }
        bytes += unescape(line) + "\r\n";
    }
    return bytes + "\r\n";
}

std::shared_ptr<const Recipient> make_recipient(const Values& entry) {
    auto recipient = std::make_shared<Recipient>();
    recipient->distinguished_name = only(entry, "distinguishedName");
    recipient->user_principal_name = only(entry, "userPrincipalName");
    recipient->sam_account_name = only(entry, "sAMAccountName");
    recipient->mail = only(entry, "mail");
    recipient->proxy_addresses = all(entry, "proxyAddresses");
    recipient->mail_nickname = only(entry, "mailNickname");
    recipient->home_mdb = only(entry, "homeMDB");
    recipient->home_server_name = only(entry, "msExchHomeServerName");
    recipient->target_address = only(entry, "targetAddress");
    recipient->has_mailbox_guid = entry.contains("msExchMailboxGuid");
    if (entry.contains("msExchRecipientTypeDetails")) {
        recipient->recipient_type_details = number(only(entry, "msExchRecipientTypeDetails"));
    }
    if (entry.contains("msExchRemoteRecipientType")) {
        recipient->remote_recipient_type = number(only(entry, "msExchRemoteRecipientType"));
    }
    recipient->user_account_control = static_cast<std::uint32_t>(number(only(entry, "userAccountControl", "512")));
    recipient->mobile_features = static_cast<std::int32_t>(number(only(entry, "msExchOmaAdminWirelessEnable", "0")));
    return recipient;
}

/// The entry was found by the name as it was typed.
LoginForm matched_form(const Authorization& authorization) {
    const auto* basic = std::get_if<BasicCredentials>(&authorization);
    return basic == nullptr ? LoginForm::upn : basic->credentials.login.form;
}

LoginOutcome make_outcome(const CaseFile& file, const Authorization& authorization) {
    const auto* lines = file.find("outcome");
    if (lines == nullptr || lines->size() != 1) throw std::runtime_error("one line of outcome expected");
    const std::string& word = lines->front();
    if (word == "accepted" || word == "accepted-stale") {
        const bool checked = only(file.values("policy"), "authentication", "directory") == "directory";
        return Accepted{make_recipient(file.values("entry")), matched_form(authorization), checked, word == "accepted-stale"};
    }
    for (const LoginOutcome& outcome : {LoginOutcome{NotFound{}}, LoginOutcome{Ambiguous{}}, LoginOutcome{Held{}},
                                        LoginOutcome{Unavailable{}}}) {
        if (to_string(outcome) == word) return outcome;
    }
    if (word == "no-credentials") return NotChecked{NotChecked::Why::no_credentials};
    if (word == "bearer") return NotChecked{NotChecked::Why::bearer};
    for (auto why = 0U; why <= static_cast<unsigned>(Rejection::logon_restricted); ++why) {
        const LoginOutcome outcome = Rejected{static_cast<Rejection>(why)};
        if (to_string(outcome) == word) return outcome;
    }
    throw std::runtime_error("no outcome: " + word);
}

std::optional<ProtocolVersion> make_version(const Values& values) {
    if (!values.contains("minimum_protocol_version")) return std::nullopt;
    const auto version = ProtocolVersion::parse(only(values, "minimum_protocol_version"));
    if (!version) throw std::runtime_error("no version");
    return version;
}

Policy make_policy(const Values& values) {
    Policy policy;
    policy.authentication = only(values, "authentication", "directory") == "directory";
    const std::string mode = only(values, "mode", "on");
    policy.mode = mode == "on" ? RedirectMode::on : mode == "off" ? RedirectMode::off : RedirectMode::report;
    policy.only_users = all(values, "only_users");
    policy.minimum_protocol_version = make_version(values).value_or(first_version_with_status);
    policy.skip_user_agents = all(values, "skip_user_agent");
    policy.skip_device_types = all(values, "skip_device_type");
    const bool verbatim = only(values, "location", "eas_url") == "target_owa_url";
    policy.location = verbatim ? RedirectLocation::target_owa_url : RedirectLocation::eas_url;
    policy.allowed_hosts = all(values, "allowed_hosts");
    policy.public_names = all(values, "public_names");
    if (policy.public_names.empty()) policy.public_names = {"mail.contoso.com"};
    policy.has_exchange = only(values, "exchange", "none") != "none";
    return policy;
}

std::unique_ptr<RelationshipTable> make_relationships(const CaseFile& file, const Values& policy) {
    std::vector<OrganizationRelationship> fixed;
    RelationshipTable::DirectoryPart directory{{}, now + std::chrono::minutes(5)};
    for (const auto& [section, lines] : file.sections) {
        if (!section.starts_with("relationship ")) continue;
        const Values values = CaseFile{{}, {{"it", lines}}}.values("it");
        OrganizationRelationship made{section.substr(13), all(values, "domain"), only(values, "target_owa_url"),
                                      only(values, "eas_url"), make_version(values), only(values, "enabled", "true") == "true"};
        const bool in_directory = only(values, "source", "static") == "directory";
        (in_directory ? directory.relationships : fixed).push_back(std::move(made));
    }
    const std::string state = only(policy, "directory_relationships", "none");
    if (state == "none") return std::make_unique<RelationshipTable>(std::move(fixed));
    if (state == "never-read") return std::make_unique<RelationshipTable>(std::move(fixed), std::nullopt);
    if (state == "stale") directory.good_until = now - std::chrono::milliseconds(1);
    return std::make_unique<RelationshipTable>(std::move(fixed), std::move(directory));
}

std::string summarise(const Verdict& verdict) {
    const std::string word(to_string(verdict.reason));
    if (std::holds_alternative<RedirectTo>(verdict.decision)) return "451 " + word;
    if (std::holds_alternative<ProxyTo>(verdict.decision)) return "proxy " + word;
    const Refuse refuse = std::get<Refuse>(verdict.decision);
    std::string text = std::to_string(refuse.http_status) + " ";
    if (refuse.eas_status != EasStatus::none) text += std::to_string(static_cast<unsigned>(refuse.eas_status)) + " ";
    return text + word;
}

/// Header lines as they are, the body as hexadecimal digits.
std::vector<std::string> answer_lines(const Verdict& verdict, const EasRequest* request) {
    if (std::holds_alternative<ProxyTo>(verdict.decision)) return {"(passed on to Exchange)"};
    const auto* redirect = std::get_if<RedirectTo>(&verdict.decision);
    const EasCommand command = request == nullptr ? EasCommand::unknown : request->command;
    const Answer answer = redirect != nullptr ? redirect_answer(redirect->location)
                                              : refusal_answer(std::get<Refuse>(verdict.decision), command,
                                                               challenge_lines("mail.contoso.com"), 42);
    std::string bytes;
    append_answer(bytes, answer, {.date = "Sun, 22 Nov 2026 12:00:00 GMT", .strict_transport = true});
    std::vector<std::string> lines;
    const std::size_t head_end = bytes.find("\r\n\r\n");
    for (std::size_t at = 0; at < head_end;) {
        const std::size_t end = bytes.find("\r\n", at);
        lines.push_back(bytes.substr(at, end - at));
        at = end + 2;
    }
    if (!answer.body.empty()) lines.push_back("body " + hex_upper(answer.body));
    return lines;
}

void note_login(AccessRecord& record, const Authorization& authorization) {
    if (const auto* basic = std::get_if<BasicCredentials>(&authorization)) {
        record.auth = AuthScheme::basic;
        record.login = basic->credentials.login.text;
    } else if (const auto* refused = std::get_if<RefusedCredentials>(&authorization)) {
        record.auth = AuthScheme::basic;
        record.login = refused->login;
    } else if (std::holds_alternative<BearerToken>(authorization)) {
        record.auth = AuthScheme::bearer;
    }
}

void note_outcome(AccessRecord& record, const LoginOutcome& outcome) {
    if (const auto* accepted = std::get_if<Accepted>(&outcome)) {
        record.recipient = accepted->recipient.get();
        record.login_form = accepted->matched;
    }
}

std::string log_line(AccessRecord record, const RequestHead& head, const Verdict& verdict) {
    using namespace std::chrono;
    record.time = sys_days{year{2015} / January / 22} + hours(13) + minutes(37) + seconds(53);
    record.server_address = "192.168.1.61";
    record.server_port = 443;
    record.client_address = "192.168.1.65";
    record.method = head.method;
    record.path = head.path;
    record.query = head.query;
    record.user_agent = head.find("User-Agent").value_or("");
    record.decision = to_string(verdict.decision);
    record.reason = verdict.reason;
    record.location = verdict.location;
    record.total_time = milliseconds(328);
    if (const auto* refuse = std::get_if<Refuse>(&verdict.decision)) {
        record.status = refuse->http_status;
        record.eas_status = refuse->eas_status;
    } else {
        record.status = std::holds_alternative<RedirectTo>(verdict.decision) ? 451 : 200;
    }
    std::string line;
    append_w3c_line(line, record);
    line.pop_back();
    return line;
}

Outcome describe(const Verdict& verdict, const EasRequest* request, const RequestHead& head, const AccessRecord& record) {
    Outcome outcome{summarise(verdict), {}, answer_lines(verdict, request), log_line(record, head, verdict)};
    for (const TrailStep& step : verdict.trail.steps()) outcome.trail.push_back(to_string(step));
    return outcome;
}

}  // namespace

Outcome run_case(const CaseFile& file) {
    const std::string bytes = request_bytes(file);
    RequestHead head;
    AccessRecord record;
    if (const auto fault = parse_request_head(bytes, head)) return describe(decide(*fault), nullptr, head, record);
    if (classify_target(head) != Target::eas) throw std::runtime_error("not a request to the ActiveSync path");
    const auto request = parse_eas_request(head);
    if (!request) return describe(decide(request.error()), nullptr, head, record);
    const Authorization authorization = parse_authorization(head);
    const LoginOutcome login = make_outcome(file, authorization);
    const Values values = file.values("policy");
    const Policy policy = make_policy(values);
    const auto relationships = make_relationships(file, values);
    const Surroundings surroundings{*relationships, only(values, "exchange") != "down", now};
    const Verdict verdict = decide(*request, head.find("User-Agent").value_or(""), login, policy, surroundings);
    record.request = &*request;
    note_login(record, authorization);
    note_outcome(record, login);
    return describe(verdict, &*request, head, record);
}

}  // namespace eas451::golden
