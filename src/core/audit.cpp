// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/audit.hpp"

#include <memory>
#include <utility>

namespace eas451 {
namespace {

constexpr std::array<std::string_view, audit_class_count> class_words{"local", "redirected", "would-redirect", "stuck"};
constexpr std::array<std::string_view, 4> severity_words{"stuck", "warning", "note", "fine"};

EasRequest audited_request() {
    EasRequest request;
    request.command = audited_command;
    request.command_name = std::string(to_string(audited_command));
    request.version = audited_version;
    request.device_id_valid = true;
    request.device_type_valid = true;
    return request;
}

AuditClass class_of(Reason reason, bool is_local) {
    if (is_local) return AuditClass::local;
    switch (reason) {
        case Reason::redirected: return AuditClass::redirected;
        case Reason::would_redirect:
        case Reason::redirect_off: return AuditClass::would_redirect;
        default: return AuditClass::stuck;
    }
}

std::string text_of(const Trail& trail, Step wanted) {
    for (const TrailStep& step : trail.steps()) {
        if (step.step == wanted) return to_string(step);
    }
    return {};
}

/// The step that the answer came from: the one before it. Of a target, with whose it is.
std::string deciding_step(const Trail& trail) {
    const auto steps = trail.steps();
    if (steps.size() < 2) return {};
    const TrailStep& decided = steps[steps.size() - 2];
    return (decided.step == Step::eas_url ? text_of(trail, Step::organization_relationship) + "; " : std::string()) + to_string(decided);
}

AuditSeverity severity_of(ContradictionKind kind) {
    switch (kind) {
        case ContradictionKind::account_refused:
        case ContradictionKind::mailbox_guid_left: return AuditSeverity::note;
        case ContradictionKind::upn_not_primary_address:  // of those who have not moved, too: to be mended before
        case ContradictionKind::forwarding_address:
        case ContradictionKind::type_of_remote:
        case ContradictionKind::no_database:
        case ContradictionKind::type_of_local:
        case ContradictionKind::not_mail_enabled:
        case ContradictionKind::eas_switched_off:
        case ContradictionKind::deprovisioned: break;
    }
    return AuditSeverity::warning;
}

AuditRow row_about(const Recipient& recipient) {
    AuditRow row;
    row.recipient = recipient.display_name();
    row.user_principal_name = recipient.user_principal_name;
    row.primary_smtp_address = recipient.primary_smtp_address();
    row.target_address = recipient.target_address;
    return row;
}

/// It is looked at and not kept.
LoginOutcome found(const Recipient& recipient) {
    return Accepted{std::shared_ptr<const Recipient>(std::shared_ptr<const void>(), &recipient), LoginForm::upn, false};
}

}  // namespace

std::string_view to_string(AuditClass of) { return class_words[static_cast<std::size_t>(of)]; }
std::string_view to_string(AuditSeverity severity) { return severity_words[static_cast<std::size_t>(severity)]; }

struct Auditor::Outcome {
    AuditClass audit_class;
    Reason reason;
    std::string_view location;
    std::string what;
};

Auditor::Auditor(const Policy& policy, const RelationshipTable& relationships, SteadyTime now, Wanted wanted, Tell tell)
    : policy_(policy),
      for_everyone_(policy),
      relationships_(relationships),
      now_(now),
      wanted_(wanted),
      tell_(std::move(tell)),
      request_(audited_request()) {
    for_everyone_.mode = RedirectMode::on;
    for_everyone_.only_users.clear();
}

Auditor::Outcome Auditor::outcome_of(const LoginOutcome& login, bool is_local) const {
    const Surroundings surroundings{relationships_, true, now_};
    const Verdict verdict = decide(request_, {}, login, policy_, surroundings);
    const AuditClass of = class_of(verdict.reason, is_local);
    const auto fine = [&](std::string_view location, Step step) {
        return Outcome{of, verdict.reason, location, is_wanted(AuditSeverity::fine) ? text_of(verdict.trail, step) : std::string()};
    };
    if (of == AuditClass::local) return fine({}, Step::mailbox_location);
    if (of == AuditClass::stuck) return {of, verdict.reason, {}, deciding_step(verdict.trail)};
    if (verdict.reason != Reason::redirect_off) return fine(verdict.location, Step::organization_relationship);
    // Redirection is off for this one, and whoever switches it on wants to know what comes then.
    const Verdict then = decide(request_, {}, login, for_everyone_, surroundings);
    if (then.reason == Reason::redirected) return fine(then.location, Step::redirect_mode);
    return {AuditClass::stuck, then.reason, {}, deciding_step(then.trail)};
}

void Auditor::look_at(const Recipient& recipient) {
    const bool is_local = std::holds_alternative<LocalMailbox>(locate_mailbox(recipient));
    Outcome outcome = outcome_of(found(recipient), is_local);
    count(outcome);
    AuditRow row = row_about(recipient);
    row.severity = outcome.audit_class == AuditClass::stuck ? AuditSeverity::stuck : AuditSeverity::fine;
    row.audit_class = outcome.audit_class;
    row.finding = row.reason = to_string(outcome.reason);
    row.location = outcome.location;
    const AuditRow of_contradictions = row;
    row.what = std::move(outcome.what);
    row.mend = mend_of(outcome.reason);
    tell(row);
    tell_contradictions(recipient, of_contradictions);
}

void Auditor::look_at_unreadable(std::string_view distinguished_name, const std::string& why) {
    const Outcome outcome = outcome_of(Unavailable{}, false);
    count(outcome);
    AuditRow row;
    row.severity = AuditSeverity::stuck;
    row.recipient = distinguished_name;
    row.audit_class = outcome.audit_class;
    row.finding = row.reason = to_string(outcome.reason);
    row.what = why;
    row.mend = mend_of(outcome.reason);
    tell(row);
}

void Auditor::add(AuditSeverity severity, std::string_view finding, std::string what, std::string_view mend) {
    AuditRow row;
    row.severity = severity;
    row.finding = finding;
    row.what = std::move(what);
    row.mend = mend;
    tell(row);
}

void Auditor::count(const Outcome& outcome) {
    ++summary_.recipients;
    ++summary_.classes[static_cast<std::size_t>(outcome.audit_class)];
    ++summary_.reasons[static_cast<std::size_t>(outcome.reason)];
    if (outcome.location.empty()) return;
    AuditSummary::Target& target = target_at(outcome.location);
    ++(outcome.audit_class == AuditClass::redirected ? target.redirected : target.would_redirect);
}

AuditSummary::Target& Auditor::target_at(std::string_view location) {
    const auto known = targets_.find(location);
    if (known != targets_.end()) return *known->second;
    // Every location is an https URL.
    AuditSummary::Target& target = summary_.targets[https_host(location).value_or(std::string(location))];
    targets_.emplace(location, &target);
    return target;
}

void Auditor::tell(const AuditRow& row) {
    if (is_finding(row.severity)) {
        ++summary_.findings;
        ++summary_.findings_of[row.finding];
    }
    if (is_wanted(row.severity)) tell_(row);
}

void Auditor::tell_contradictions(const Recipient& recipient, const AuditRow& of_recipient) {
    for (Contradiction& found : find_contradictions(recipient)) {
        AuditRow row = of_recipient;
        row.severity = severity_of(found.kind);
        row.finding = to_string(found.kind);
        row.what = std::move(found.text);
        row.mend = mend_of(found.kind);
        tell(row);
    }
}

}  // namespace eas451
