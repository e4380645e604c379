// SPDX-License-Identifier: Apache-2.0
// The words of decision.hpp: steps, statuses, and a trail as text.
#include "eas451/core/decision.hpp"

namespace eas451 {
namespace {

constexpr std::array<std::string_view, step_count> step_names{
    "request", "login", "recipient", "mailbox location", "redirect mode", "remote routing address",
    "organization relationship", "target OWA URL", "EAS URL", "protocol version", "answer",
};

}  // namespace

std::string_view to_string(Step step) { return step_names[static_cast<std::size_t>(step)]; }

std::string_view to_string(EasStatus status) {
    switch (status) {
        case EasStatus::none: return {};
        case EasStatus::device_id_missing_or_invalid: return "DeviceIdMissingOrInvalid";
        case EasStatus::device_type_missing_or_invalid: return "DeviceTypeMissingOrInvalid";
        case EasStatus::server_error_retry_later: return "ServerErrorRetryLater";
        case EasStatus::user_has_no_mailbox: return "UserHasNoMailbox";
        case EasStatus::user_principal_could_not_be_found: return "UserPrincipalCouldNotBeFound";
        case EasStatus::user_disabled_for_sync: break;
    }
    return "UserDisabledForSync";
}

void Trail::add(TrailStep step) {
    if (count_ < steps_.size()) steps_[count_++] = step;
}

std::string to_string(const TrailStep& step) {
    std::string text(to_string(step.step));
    text += ':';
    if (!step.value.empty()) text.append(" ").append(step.value);
    if (step.note.empty() && !step.version) return text;
    // A version belongs to the note where there is one ("the minimum is 14.0"), else to the value.
    if (step.note.empty()) return text.append(" ").append(step.version->to_string());
    text.append(" (").append(step.note);
    if (step.version) text.append(" ").append(step.version->to_string());
    return text.append(")");
}

}  // namespace eas451
