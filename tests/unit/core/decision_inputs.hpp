// SPDX-License-Identifier: Apache-2.0
// The product of all kinds of requests, logins, policies and relationships, for what must hold of
// decide() whatever goes in.
#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "decision_world.hpp"

namespace eas451::test {

enum class Where { nowhere, local, none, good, http, missing, self, unknown, twice, directory, x400 };

struct Login {
    LoginOutcome outcome;
    Where where = Where::nowhere;  // of an accepted one
};

inline Login moved_to(Where where, const char* domain) {
    return {accepted(moved_recipient(std::string("SMTP:user12@") + domain)), where};
}

inline std::vector<Login> all_logins() {
    std::vector<Login> logins{
        {NotChecked{NotChecked::Why::no_credentials}},
        {NotChecked{NotChecked::Why::bearer}},
        {NotFound{}},
        {Ambiguous{}},
        {Held{}},
        {Unavailable{}},
        {accepted(local_recipient()), Where::local},
        {accepted(moved_recipient({})), Where::none},
        {accepted(moved_recipient("X400:c=US;s=Twelve;")), Where::x400},
        moved_to(Where::good, "good.example"),
        moved_to(Where::http, "http.example"),
        moved_to(Where::missing, "missing.example"),
        moved_to(Where::self, "self.example"),
        moved_to(Where::unknown, "unknown.example"),
        moved_to(Where::twice, "twice.example"),
        moved_to(Where::directory, "directory.example"),
    };
    for (auto why = 0U; why <= static_cast<unsigned>(Rejection::logon_restricted); ++why) {
        logins.push_back({Rejected{static_cast<Rejection>(why)}});
    }
    Recipient switched_off = local_recipient();
    switched_off.mobile_features = 4;
    logins.push_back({accepted(switched_off), Where::local});
    Recipient not_mail_enabled = moved_recipient();
    not_mail_enabled.mail_nickname.clear();
    logins.push_back({accepted(not_mail_enabled), Where::none});
    for (const auto& [recipient, where] : {std::pair(local_recipient(), Where::local), {moved_recipient({}), Where::none},
                                           {moved_recipient("SMTP:user12@good.example"), Where::good}}) {
        logins.push_back({accepted(recipient), where});
        std::get<Accepted>(logins.back().outcome).is_stale = true;
    }
    return logins;
}

inline std::vector<EasRequest> all_requests() {
    std::vector<EasRequest> requests;
    const std::optional<ProtocolVersion> versions[]{
        {}, ProtocolVersion{12, 1}, ProtocolVersion{14, 0}, ProtocolVersion{14, 1}, ProtocolVersion{16, 1}};
    for (const auto& version : versions) {
        requests.push_back(options(version));
        for (const EasCommand command : {EasCommand::sync, EasCommand::get_attachment, EasCommand::unknown}) {
            requests.push_back(post(version, command));
        }
        requests.push_back(post(version));
        requests.back().device_id_valid = false;
    }
    return requests;
}

enum class DirectoryState { not_wanted, fresh, stale, never_read };

inline std::unique_ptr<RelationshipTable> make_table(DirectoryState state) {
    std::vector<OrganizationRelationship> fixed{
        relationship("good", "good.example", "https://good.example/owa"),
        relationship("http", "http.example", "http://http.example/owa"),
        relationship("missing", "missing.example", ""),
        relationship("self", "self.example", "https://mail.contoso.com/owa"),
        relationship("once", "twice.example", "https://once.example/owa"),
        relationship("again", "twice.example", "https://again.example/owa"),
    };
    if (state == DirectoryState::not_wanted) return std::make_unique<RelationshipTable>(std::move(fixed));
    if (state == DirectoryState::never_read) return std::make_unique<RelationshipTable>(std::move(fixed), std::nullopt);
    RelationshipTable::DirectoryPart read{
        {relationship("directory", "directory.example", "https://directory.example/owa")}, now};
    if (state == DirectoryState::stale) read.good_until -= std::chrono::nanoseconds(1);
    return std::make_unique<RelationshipTable>(std::move(fixed), std::move(read));
}

enum class Excluded { no, not_in_canary, skipped };

/// One combination, and all the tests need to know of it without asking decide().
struct Input {
    const EasRequest& request;
    const Login& login;
    const Policy& policy;
    DirectoryState directory;
    Excluded excluded;
    const RelationshipTable& table;
    bool exchange_is_up;

    [[nodiscard]] Verdict verdict() const { return verdict_with(policy); }
    [[nodiscard]] Verdict verdict_with(const Policy& other) const {
        return decide(request, "Agent/1.0", login.outcome, other, {table, exchange_is_up, now});
    }
    /// The law, spelled a second time: who may be redirected at all.
    [[nodiscard]] bool may_be_redirected() const {
        const bool verbatim = policy.location == RedirectLocation::target_owa_url;
        const bool target = login.where == Where::good || (login.where == Where::http && !verbatim) ||
                            (login.where == Where::directory && directory == DirectoryState::fresh);
        const bool allowed = policy.allowed_hosts.empty() || login.where == Where::good;
        const bool version =
            request.version ? *request.version >= ProtocolVersion{14, 0} : request.method == EasMethod::options;
        const auto* accepted = std::get_if<Accepted>(&login.outcome);
        const bool stale = accepted != nullptr && accepted->is_stale;
        return target && allowed && version && excluded == Excluded::no && !stale;
    }
};

inline std::vector<Policy> all_policies(Excluded excluded) {
    std::vector<Policy> policies;
    for (unsigned bits = 0; bits < 16; ++bits) {
        for (const RedirectMode mode : {RedirectMode::on, RedirectMode::off, RedirectMode::report}) {
            Policy policy = test::policy();
            policy.mode = mode;
            policy.authentication = (bits & 1U) == 0;
            policy.location = (bits & 2U) == 0 ? RedirectLocation::eas_url : RedirectLocation::target_owa_url;
            policy.has_exchange = (bits & 4U) != 0;
            if ((bits & 8U) != 0) policy.allowed_hosts = {"good.example", "mail.contoso.com"};
            if (excluded == Excluded::not_in_canary) policy.only_users = {"somebody@contoso.com"};
            if (excluded == Excluded::skipped) policy.skip_user_agents = {"agent"};
            policies.push_back(std::move(policy));
        }
    }
    return policies;
}

/// What does not change from one user to the next.
struct World {
    DirectoryState directory;
    Excluded excluded;
    std::unique_ptr<RelationshipTable> table;
    std::vector<Policy> policies;
};

inline std::vector<World> all_worlds() {
    std::vector<World> worlds;
    for (const DirectoryState state :
         {DirectoryState::not_wanted, DirectoryState::fresh, DirectoryState::stale, DirectoryState::never_read}) {
        worlds.push_back({state, Excluded::no, make_table(state), all_policies(Excluded::no)});
    }
    // Who is left alone needs no relationships: the worst state of them is enough.
    for (const Excluded excluded : {Excluded::not_in_canary, Excluded::skipped}) {
        const DirectoryState state = DirectoryState::never_read;
        worlds.push_back({state, excluded, make_table(state), all_policies(excluded)});
    }
    return worlds;
}

inline void for_each_input_in(const World& world, const std::function<void(const Input&)>& check) {
    static const std::vector<Login> logins = all_logins();
    static const std::vector<EasRequest> requests = all_requests();
    for (const Policy& policy : world.policies) {
        for (const Login& login : logins) {
            for (const EasRequest& request : requests) {
                for (const bool up : {true, false}) {
                    check({request, login, policy, world.directory, world.excluded, *world.table, up});
                    if (testing::Test::HasFailure()) return;
                }
            }
        }
    }
}

/// Calls `check` with every combination, until one has failed.
inline void for_each_input(const std::function<void(const Input&)>& check) {
    for (const World& world : all_worlds()) for_each_input_in(world, check);
}

inline std::string described(const Input& input, const Verdict& verdict) {
    std::string text = "login " + std::string(to_string(input.login.outcome)) + ", mode " +
                       std::string(to_string(input.policy.mode)) + (input.policy.has_exchange ? ", exchange" : "") +
                       "\n";
    for (const TrailStep& step : verdict.trail.steps()) text += to_string(step) + "\n";
    return text;
}

}  // namespace eas451::test
