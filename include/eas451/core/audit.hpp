// SPDX-License-Identifier: Apache-2.0
// Auditor: decide() asked for one recipient after the other, and what its answers mean for an administrator: who
// is local, who is sent where, who is stuck, and what mends that. There is no rule of its own here.
//
// Pure: the caller brings the recipients. One thread; the memory of the summary, whatever their number.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "eas451/core/contradictions.hpp"
#include "eas451/core/decision.hpp"

namespace eas451 {

/// The device that is asked about: a POST of this command with the newest version there is, so that nobody is stuck
/// for the age of a phone that the directory knows nothing of.
inline constexpr EasCommand audited_command = EasCommand::sync;
inline constexpr ProtocolVersion audited_version{16, 1};

enum class AuditClass : std::uint8_t {
    local,
    redirected,
    would_redirect,  // moved, with a target, and redirect.mode or only_users keeps it from being used
    stuck,
};
inline constexpr std::size_t audit_class_count = static_cast<std::size_t>(AuditClass::stuck) + 1;
/// "would-redirect"
std::string_view to_string(AuditClass of);

enum class AuditSeverity : std::uint8_t {
    stuck,    // a finding: phones of this user are not served, or would not be
    warning,  // a finding
    note,     // good to know, and no finding
    fine,     // what becomes of a recipient with whom nothing is wrong
};
/// "warning"
std::string_view to_string(AuditSeverity severity);
constexpr bool is_finding(AuditSeverity severity) { return severity <= AuditSeverity::warning; }

/// One line of a report. Views live while the recipient and the relationships do.
struct AuditRow {
    AuditSeverity severity = AuditSeverity::fine;
    std::string_view finding;  // the reason's word, or that of a contradiction
    // Of whom; all empty when it is about the set-up.
    std::string_view recipient;  // the name of the entry
    std::string_view user_principal_name;
    std::string_view primary_smtp_address;
    std::string_view target_address;
    std::optional<AuditClass> audit_class;
    std::string_view reason;    // the word of the decision
    std::string_view location;  // whereto phones are sent, or would be
    std::string what;
    std::string_view mend;  // the attribute, setting or cmdlet that mends it; empty: nothing has to
};

/// What mends it, by reason; empty for those that are no trouble of a recipient.
std::string_view mend_of(Reason reason);
std::string_view mend_of(ContradictionKind kind);
/// Of relationships that have no usable target or name a domain twice, and of those that could not be read.
inline constexpr std::string_view relationship_finding = "relationship";
std::string_view mend_of_relationship();

struct AuditSummary {
    struct Target {
        std::size_t redirected = 0;
        std::size_t would_redirect = 0;
    };
    std::size_t recipients = 0;
    std::array<std::size_t, audit_class_count> classes{};
    std::array<std::size_t, reason_count> reasons{};
    std::map<std::string, Target, std::less<>> targets;   // by host; as many as relationships have
    std::map<std::string_view, std::size_t> findings_of;  // by word
    std::size_t findings = 0;

    [[nodiscard]] std::size_t count_of(AuditClass of) const { return classes[static_cast<std::size_t>(of)]; }
};

class Auditor {
public:
    using Tell = std::function<void(const AuditRow&)>;

    enum class Wanted : std::uint8_t { findings, everything };

    /// All of them outlive it. The policy holds our public names; relationships are looked at as of `now`. `tell` is
    /// called for each row that is wanted.
    Auditor(const Policy& policy, const RelationshipTable& relationships, SteadyTime now, Wanted wanted, Tell tell);
    Auditor(const Auditor&) = delete;
    Auditor& operator=(const Auditor&) = delete;

    /// A mail-enabled one. One row for what becomes of it, then one for each contradiction.
    void look_at(const Recipient& recipient);
    /// An entry that cannot be read, which is no answer about anybody: an outage, for its phones.
    void look_at_unreadable(std::string_view distinguished_name, const std::string& why);
    /// What is not about one recipient: `finding` lives for ever.
    void add(AuditSeverity severity, std::string_view finding, std::string what, std::string_view mend);

    [[nodiscard]] const AuditSummary& summary() const { return summary_; }

private:
    struct Outcome;

    [[nodiscard]] Outcome outcome_of(const LoginOutcome& login, bool is_local) const;
    [[nodiscard]] bool is_wanted(AuditSeverity severity) const { return wanted_ == Wanted::everything || is_finding(severity); }
    void count(const Outcome& outcome);
    [[nodiscard]] AuditSummary::Target& target_at(std::string_view location);
    void tell(const AuditRow& row);
    void tell_contradictions(const Recipient& recipient, const AuditRow& of_recipient);

    const Policy& policy_;
    Policy for_everyone_;  // as if redirection were on for everybody
    const RelationshipTable& relationships_;
    SteadyTime now_;
    Wanted wanted_;
    Tell tell_;
    EasRequest request_;
    AuditSummary summary_;
    std::map<std::string_view, AuditSummary::Target*> targets_;  // by location, which is a relationship's
};

}  // namespace eas451
