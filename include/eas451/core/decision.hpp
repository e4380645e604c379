// SPDX-License-Identifier: Apache-2.0
// decide(): the one decision (law 3). Every row of the answer table comes from here; the live path,
// explain, audit and Autodiscover ask it, and there is no second copy of a rule.
//
// Pure and total: no I/O, no clock, no allocation, an answer for every input, first hit wins.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "eas451/core/eas_request.hpp"
#include "eas451/core/login_outcome.hpp"
#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/policy.hpp"
#include "eas451/core/reason.hpp"

namespace eas451 {

/// Common Status values of MS-ASCMD 2.2.2 that we send.
enum class EasStatus : std::uint8_t {
    none = 0,
    device_id_missing_or_invalid = 108,
    device_type_missing_or_invalid = 109,
    server_error_retry_later = 111,
    user_has_no_mailbox = 123,
    user_principal_could_not_be_found = 125,
    user_disabled_for_sync = 126,
};
/// "UserHasNoMailbox"; empty for none.
std::string_view to_string(EasStatus status);

/// 451 to this URL; a view into the relationship it comes from.
struct RedirectTo { std::string_view location; };
/// Pass the request on to Exchange.
struct ProxyTo {};
/// Answer here. 200 with a status is a Status document; 200 without one is the answer to OPTIONS;
/// 401 is the challenge.
struct Refuse {
    unsigned http_status;
    EasStatus eas_status = EasStatus::none;

    /// An outage: Retry-After goes with it.
    [[nodiscard]] bool is_temporary() const {
        return http_status == 503 || eas_status == EasStatus::server_error_retry_later;
    }
};
using Decision = std::variant<RedirectTo, ProxyTo, Refuse>;

/// The steps of the seed article, in its order. Each stands in a trail at most once.
enum class Step : std::uint8_t {
    request, login, recipient, mailbox_location, redirect_mode, remote_routing_address,
    organization_relationship, target_owa_url, eas_url, protocol_version, answer,
};
inline constexpr std::size_t step_count = static_cast<std::size_t>(Step::answer) + 1;
std::string_view to_string(Step step);

/// One reason: what was looked at, what was found, what follows. Both texts are views: `value` into
/// the inputs of the decision, `note` into a constant. A version has no text to view, so it is a
/// value of its own.
struct TrailStep {
    Step step;
    std::string_view value;
    std::string_view note;
    std::optional<ProtocolVersion> version;
};
/// "remote routing address: SMTP:user12@… (its domain decides)"
std::string to_string(const TrailStep& step);

class Trail {
public:
    void add(TrailStep step);
    [[nodiscard]] std::span<const TrailStep> steps() const { return {steps_.data(), count_}; }

private:
    std::array<TrailStep, step_count> steps_{};
    std::size_t count_ = 0;
};

/// A decision with its reasons. Refers to the request, outcome, policy and surroundings it was made
/// from, which must outlive it.
struct Verdict {
    Decision decision;
    Reason reason;
    Trail trail;
    /// Where a moved user would have been sent: the location of a redirect, also in report mode.
    std::string_view location;
};
/// "redirect", "proxy" or "refuse": the word of logs and metrics.
std::string_view to_string(const Decision& decision);

/// What changes from minute to minute, sampled once per request by the caller.
struct Surroundings {
    const RelationshipTable& relationships;
    bool exchange_is_up = true;  // at least one Exchange server; counts only where the policy has Exchange
    SteadyTime now;
};

/// `user_agent` is the header's value, empty when absent.
Verdict decide(const EasRequest& request, std::string_view user_agent, const LoginOutcome& outcome,
               const Policy& policy, const Surroundings& surroundings);

/// Row 1: the head or the query is malformed.
Verdict decide(HeadFault fault);
Verdict decide(QueryFault fault);

/// Row 2, where there is nothing else to decide on: the challenges of a 401 are all that was asked for.
struct ChallengeAsked {};
Verdict decide(ChallengeAsked asked);

/// Why a request was not passed on to its end after all. By then its answer does not depend on who asks.
enum class PassingFault : std::uint8_t {
    body_too_large,  // above exchange.max_body
    body_too_slow,
    client_gone,     // nobody reads the answer
};
/// As nginx has it: of a client that is gone, in the log alone. It is never written.
inline constexpr unsigned status_for_nobody = 499;
Verdict decide(PassingFault fault);

}  // namespace eas451
