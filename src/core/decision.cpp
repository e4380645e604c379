// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/decision.hpp"

#include <algorithm>

#include "eas451/core/named_users.hpp"
#include "eas451/core/redirect_target.hpp"
#include "eas451/core/text.hpp"
#include "eas451/core/wbxml_status.hpp"

namespace eas451 {
namespace {

/// The three columns of the answer table: for a device that understands Status documents, for an
/// older one (or an error no document exists for), and for OPTIONS.
struct Columns {
    EasStatus status;
    unsigned http;
    unsigned options;
};
constexpr Columns outage{EasStatus::server_error_retry_later, 503, 503};
constexpr Columns no_such_user{EasStatus::user_principal_could_not_be_found, 403, 403};
constexpr Columns switched_off{EasStatus::user_disabled_for_sync, 403, 403};
constexpr Columns no_server{EasStatus::server_error_retry_later, 503, 200};
constexpr Columns no_mailbox{EasStatus::user_has_no_mailbox, 403, 403};
constexpr Refuse challenge{401};

Refuse pick_column(const EasRequest& request, const Columns& columns) {
    if (request.method == EasMethod::options) return {columns.options};
    if (!request.understands_status()) return {columns.http};
    if (request.command == EasCommand::unknown) return {501};
    if (!has_status_document(request.command)) return {columns.http};
    if (!request.device_id_valid) return {200, EasStatus::device_id_missing_or_invalid};
    if (!request.device_type_valid) return {200, EasStatus::device_type_missing_or_invalid};
    return {200, columns.status};
}

constexpr Reason reason_of(Rejection why) {
    switch (why) {
        case Rejection::bad_credentials: return Reason::bad_credentials;
        case Rejection::bad_credentials_cached: return Reason::bad_credentials_cached;
        case Rejection::account_locked: return Reason::account_locked;
        case Rejection::account_disabled: return Reason::account_disabled;
        case Rejection::account_expired: return Reason::account_expired;
        case Rejection::password_expired: return Reason::password_expired;
        case Rejection::must_change_password: return Reason::must_change_password;
        case Rejection::logon_restricted: break;
    }
    return Reason::logon_restricted;
}

bool is_in_canary(const Recipient& recipient, const Policy& policy) {
    return policy.only_users.empty() || is_named(recipient, policy.only_users);
}

bool has_prefix_of(std::string_view text, const std::vector<std::string>& prefixes) {
    return std::ranges::any_of(prefixes, [text](std::string_view p) { return starts_with_ignore_case(text, p); });
}

std::string_view note_on_type(const Recipient& recipient) {
    return recipient.recipient_type_details ? recipient_type_details_name(*recipient.recipient_type_details)
                                            : std::string_view{};
}

/// One decision on its way: the inputs and the trail so far. One function for each stage of the
/// table, in its order; each either ends with a verdict or goes on to the next.
class Course {
public:
    Course(const EasRequest& request, std::string_view user_agent, const Policy& policy, const Surroundings& now)
        : request_(request), user_agent_(user_agent), policy_(policy), surroundings_(now) {
        // A view of either: a conditional of a literal and a string would make a temporary string.
        const std::string_view command = request.command_name;
        trail_.add({Step::request, request.method == EasMethod::options ? "OPTIONS" : command, {}, request.version});
    }

    // Rows 2 to 5.
    Verdict operator()(NotChecked not_checked) {
        if (not_checked.why == NotChecked::Why::no_credentials) return no_login("no credentials");
        if (!policy_.has_exchange) return no_login("a Bearer token, and no Exchange to judge it");
        add(Step::login, "Bearer", "Exchange judges the token");
        return pass_on(Reason::bearer);
    }
    Verdict operator()(Unavailable) {
        add(Step::login, "unavailable", "the directory could not be asked: no answer is made from that");
        return refuse(Reason::directory_down, outage);
    }
    Verdict operator()(Rejected rejected) {
        add(Step::login, to_string(reason_of(rejected.why)), "outside, every refused login looks alike");
        return end(reason_of(rejected.why), challenge);
    }
    Verdict operator()(NotFound) { return unknown_login(Reason::not_found, "no entry has this login"); }
    Verdict operator()(Ambiguous) { return unknown_login(Reason::ambiguous, "more than one entry has this login"); }
    Verdict operator()(Held) {
        add(Step::login, "held", "too many wrong passwords lately: this one is not tried");
        return refuse(Reason::login_held, outage);
    }
    Verdict operator()(const Accepted& accepted) {
        return accepted.is_stale ? decide_from_memory(accepted) : decide_on(accepted);
    }

private:
    /// While the directory is gone, a login that is remembered passes requests on and does nothing else:
    /// nothing is said from it that a device would keep.
    Verdict decide_from_memory(const Accepted& accepted) {
        const Trail before = trail_;
        Verdict verdict = decide_on(accepted);
        verdict.location = {};
        if (std::holds_alternative<ProxyTo>(verdict.decision)) return verdict;
        trail_ = before;
        add(Step::login, "unavailable", "the directory could not be asked; what is remembered is too old to answer from");
        return refuse(Reason::directory_down, outage);
    }

    Verdict decide_on(const Accepted& accepted) {
        const Recipient& recipient = *accepted.recipient;
        add(Step::login, to_string(accepted.matched), accepted.password_checked ? "password accepted" : "password not looked at");
        add(Step::recipient, recipient.display_name(), note_on_type(recipient));
        const MailboxLocation location = locate_mailbox(recipient);
        if (const auto* local = std::get_if<LocalMailbox>(&location)) return local_mailbox(recipient, *local);
        if (const auto* none = std::get_if<NoMailbox>(&location)) return no_mailbox_at_all(*none);
        return moved_mailbox(recipient, std::get<RemoteMailbox>(location));
    }

    Verdict no_login(std::string_view what) {
        add(Step::login, what);
        return end(Reason::no_credentials, challenge);
    }

    Verdict unknown_login(Reason reason, std::string_view note) {
        add(Step::login, to_string(reason), note);
        return policy_.authentication ? end(reason, challenge) : refuse(reason, no_such_user);
    }

    // Rows 6 to 9.
    Verdict local_mailbox(const Recipient& recipient, const LocalMailbox& local) {
        add(Step::mailbox_location, local.home,
            recipient.target_address.empty() ? "local" : "local; its targetAddress is a forwarding address, not a move");
        if (policy_.has_exchange) return pass_on(Reason::proxied);
        if (recipient.is_eas_disabled()) return refuse(Reason::eas_disabled, switched_off);
        return refuse(Reason::no_exchange_server, no_server);
    }

    // Row 10.
    Verdict no_mailbox_at_all(NoMailbox none) {
        const bool enabled = none.cause == NoMailboxCause::no_target_address;
        add(Step::mailbox_location, "none", enabled ? "no mailbox here and no targetAddress" : "not mail-enabled");
        return refuse(Reason::no_mailbox, no_mailbox);
    }

    // Row 10a.
    Verdict moved_mailbox(const Recipient& recipient, const RemoteMailbox& remote) {
        add(Step::mailbox_location, "remote", "mail-enabled, no local mailbox, a targetAddress");
        if (policy_.mode == RedirectMode::off) return left_alone(Reason::redirect_off, "redirection is off");
        if (!is_in_canary(recipient, policy_)) return left_alone(Reason::redirect_off, "not one of only_users");
        if (has_prefix_of(user_agent_, policy_.skip_user_agents)) {
            return left_alone(Reason::client_unsupported, "its user agent is in skip");
        }
        if (has_prefix_of(request_.device_type, policy_.skip_device_types)) {
            return left_alone(Reason::client_unsupported, "its device type is in skip");
        }
        add(Step::redirect_mode, to_string(policy_.mode));
        return find_relationship(remote);
    }

    Verdict left_alone(Reason reason, std::string_view note) {
        add(Step::redirect_mode, to_string(policy_.mode), note);
        return answer_as_off(reason);
    }

    // Row 11, and what of row 2a is about relationships.
    Verdict find_relationship(const RemoteMailbox& remote) {
        if (!remote.domain) {
            add(Step::remote_routing_address, remote.routing_address, "not an SMTP address");
            return stuck(Reason::no_relationship, no_mailbox);
        }
        add(Step::remote_routing_address, remote.routing_address, "its domain decides");
        const auto lookup = surroundings_.relationships.find(*remote.domain, surroundings_.now);
        if (const auto* found = std::get_if<RelationshipTable::Found>(&lookup)) return find_target(found->entry);
        if (std::holds_alternative<RelationshipTable::Unreadable>(lookup)) {
            add(Step::organization_relationship, *remote.domain, "the relationships could not be read lately: no answer is made from that");
            return stuck(Reason::relationships_unreadable, outage);
        }
        const bool twice = std::holds_alternative<RelationshipTable::Duplicate>(lookup);
        add(Step::organization_relationship, *remote.domain,
            twice ? "the domain is in two relationships: an error, so in none" : "the domain is in no relationship");
        return stuck(Reason::no_relationship, no_mailbox);
    }

    // Rows 12 and 13.
    Verdict find_target(const ResolvedRelationship& entry) {
        const OrganizationRelationship& relationship = entry.relationship;
        add(Step::organization_relationship, relationship.name,
            relationship.enabled ? std::string_view{} : "disabled, which governs federated sharing, not this");
        const bool verbatim = policy_.location == RedirectLocation::target_owa_url;
        add(Step::target_owa_url, relationship.target_owa_url,
            !verbatim && !relationship.eas_url.empty() ? "its eas_url is used instead" : std::string_view{});
        const auto target = target_of(entry, policy_);
        if (!target) return no_target(target.error());
        add(Step::eas_url, target->url);
        return check_version(relationship.minimum_protocol_version.value_or(policy_.minimum_protocol_version),
                             target->url);
    }

    Verdict no_target(const TargetFault& fault) {
        const bool ourselves = fault.kind == TargetFault::Kind::ourselves;
        add(Step::eas_url, ourselves ? fault.target.url : "none", to_string(fault));
        return ourselves ? stuck(Reason::self_redirect, outage) : stuck(Reason::no_target, no_mailbox);
    }

    // Rows 14 to 16.
    Verdict check_version(ProtocolVersion minimum, std::string_view url) {
        const bool is_options = request_.method == EasMethod::options;
        const bool too_old = request_.version ? *request_.version < minimum : !is_options;
        if (too_old) {
            trail_.add({Step::protocol_version, {}, "too old to follow a 451; the minimum is", minimum});
            return stuck(Reason::client_too_old, no_mailbox);
        }
        trail_.add({Step::protocol_version, {}, request_.version ? "new enough; the minimum is" : "not known from OPTIONS; the minimum is", minimum});
        if (policy_.mode == RedirectMode::report) {
            Verdict verdict = answer_as_off(Reason::would_redirect);
            verdict.location = url;
            return verdict;
        }
        Verdict verdict = end(Reason::redirected, RedirectTo{url});
        verdict.location = url;
        return verdict;
    }

    /// A moved user who cannot be redirected. In report mode nothing changes for users.
    Verdict stuck(Reason reason, const Columns& columns) {
        return policy_.mode == RedirectMode::report ? answer_as_off(reason) : refuse(reason, columns);
    }

    /// As before the feature existed: Exchange's own answer where there is one.
    Verdict answer_as_off(Reason reason) { return policy_.has_exchange ? pass_on(reason) : refuse(reason, no_mailbox); }

    Verdict pass_on(Reason reason) {
        if (!surroundings_.exchange_is_up) return refuse(Reason::exchange_down, outage);
        return end(reason, ProxyTo{});
    }

    Verdict refuse(Reason reason, const Columns& columns) { return end(reason, pick_column(request_, columns)); }

    Verdict end(Reason reason, Decision decision) {
        add(Step::answer, to_string(reason));
        return {decision, reason, trail_, {}};
    }

    void add(Step step, std::string_view value, std::string_view note = {}) { trail_.add({step, value, note, {}}); }

    const EasRequest& request_;
    std::string_view user_agent_;
    const Policy& policy_;
    const Surroundings& surroundings_;
    Trail trail_;
};

struct DecisionWord {
    std::string_view operator()(RedirectTo) const { return "redirect"; }
    std::string_view operator()(ProxyTo) const { return "proxy"; }
    std::string_view operator()(Refuse) const { return "refuse"; }
};

}  // namespace

Verdict decide(const EasRequest& request, std::string_view user_agent, const LoginOutcome& outcome,
               const Policy& policy, const Surroundings& surroundings) {
    return std::visit(Course(request, user_agent, policy, surroundings), outcome);
}

std::string_view to_string(const Decision& decision) { return std::visit(DecisionWord{}, decision); }

}  // namespace eas451
