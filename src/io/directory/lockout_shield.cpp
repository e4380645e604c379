// SPDX-License-Identifier: Apache-2.0
#include "lockout_shield.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace eas451 {
namespace {

constexpr std::chrono::hours success_vouches_for{24};
/// A server that hangs may work on what it has received when it goes on; by then its connection, idle for
/// so long, would be closed (MaxConnIdleTime).
constexpr std::chrono::minutes latest_work_on_lost_tries{15};
constexpr std::uint8_t server_name = 20;  // kind of name
constexpr LockoutPolicy careful{3, std::chrono::minutes(30)};

}  // namespace

LockoutShield::Effect LockoutShield::effect_of(const BindOutcome& outcome) {
    if (std::holds_alternative<BindAccepted>(outcome)) return Effect::forgotten;
    if (const auto* unavailable = std::get_if<BindUnavailable>(&outcome)) {
        return unavailable->may_have_counted ? Effect::maybe_counted : Effect::none;
    }
    switch (std::get<Rejection>(outcome)) {
        case Rejection::account_disabled:
        case Rejection::account_expired:
        case Rejection::password_expired:
        case Rejection::must_change_password:
        case Rejection::logon_restricted:
            return Effect::none;
        case Rejection::account_locked:
        case Rejection::bad_credentials:
        case Rejection::bad_credentials_cached:
            break;
    }
    return Effect::counted;
}

LockoutShield::Permit::Permit(Permit&& other) noexcept
    : shield_(std::exchange(other.shield_, nullptr)),
      account_(other.account_),
      source_(other.source_),
      asked_(other.asked_),
      tries_before_(other.tries_before_),
      last_before_(other.last_before_),
      has_charged_name_(other.has_charged_name_),
      has_place_(other.has_place_),
      is_sure_(other.is_sure_) {}

LockoutShield::Permit::~Permit() {
    if (shield_ == nullptr) return;
    LockoutShield& shield = *shield_;
    const SteadyTime asked = asked_;
    shield.tell(std::move(*this), Rejection::bad_credentials, asked);
}

LockoutShield::LockoutShield(const LockoutShieldOptions& options)
    : options_(options),
      policy_(careful),
      budget_(try_budget(policy_, replicas_)),
      addresses_(options.addresses),
      successes_({options.max_users}) {}

LockoutShield::Answer LockoutShield::ask(const TriedAccount& account, const NameDigest& source, Trust trust,
                                         SteadyTime now, bool charges_name) {
    const Tries* const entry = account.entry ? users_.find(*account.entry) : nullptr;
    if (entry != nullptr && entry->is_busy) return Busy{Busy::With::user};
    const bool is_sure = trust == Trust::still_right;
    const bool is_likely = trust != Trust::none || succeeded_lately(account, source, now);
    const unsigned budget = budget_.new_passwords + (budget_.keeps_one && is_likely ? 1 : 0);
    if (!is_sure && spent(entry, now) >= budget) return Hold{Hold::Why::user};
    const bool is_of_name = charges_name && !is_likely;
    if (is_of_name && spent(names_.find(account.name), now) >= budget) return Hold{Hold::Why::user};
    if (!is_likely) {
        const auto room = addresses_.room(source, account.name, now);
        if (room == FailingAddresses::Room::none) return Hold{Hold::Why::address};
        if (room == FailingAddresses::Room::uncertain) return Busy{Busy::With::address};
    }
    // A password that is still right has its place in any case: it leaves none behind.
    const bool is_new = account.entry && entry == nullptr;
    if (is_new && !make_room(now) && !is_sure) return Hold{Hold::Why::no_room};
    Permit permit(*this, account, source, now);
    permit.is_sure_ = is_sure;
    permit.has_place_ = !is_likely && addresses_.reserve(source, account.name);
    if (is_of_name) charge_name(permit, now);
    if (account.entry) charge_entry(permit, now);
    return permit;
}

void LockoutShield::tell(Permit permit, const BindOutcome& outcome, SteadyTime now, std::string_view server) {
    permit.shield_ = nullptr;
    Effect effect = effect_of(outcome);
    if (effect == Effect::maybe_counted && permit.is_sure_) effect = Effect::none;
    if (permit.account_.entry) settle_entry(permit, effect, name_digest(server_name, server), now);
    settle_name(permit, effect, now);
    if (effect == Effect::forgotten) remember_success(permit, now);
    settle_address(permit, effect == Effect::counted, now);
}

void LockoutShield::charge_entry(Permit& permit, SteadyTime now) {
    const NameDigest& key = *permit.account_.entry;
    Tries* tries = users_.find(key);
    if (tries == nullptr) tries = &users_.add(key);
    permit.tries_before_ = spent(tries, now);
    permit.last_before_ = tries->last;
    tries->spent = permit.tries_before_ + (permit.is_sure_ ? 0 : 1);
    tries->is_busy = true;
    if (!permit.is_sure_) tries->last = now;
    users_.touch(key);
}

void LockoutShield::settle_entry(const Permit& permit, Effect effect, const NameDigest& server, SteadyTime now) {
    const NameDigest& key = *permit.account_.entry;
    Tries& tries = *users_.find(key);  // busy ones stay
    tries.is_busy = false;
    if (effect == Effect::forgotten && permit.tries_before_ != 0 && (tries.is_at_several || tries.server != server)) {
        effect = Effect::none;
    }
    const bool is_spent = effect == Effect::counted || effect == Effect::maybe_counted;
    if (is_spent) tries.is_at_several = permit.tries_before_ != 0 && (tries.is_at_several || tries.server != server);
    if (is_spent) tries.server = server;
    tries.last = effect == Effect::maybe_counted ? now + latest_work_on_lost_tries : now;
    tries.spent = effect == Effect::forgotten ? 0 : permit.tries_before_ + 1;
    if (effect == Effect::none) {
        tries.spent = permit.tries_before_;
        tries.last = permit.last_before_;
    }
    if (counts(tries, now)) {
        users_.touch(key);
    } else {
        users_.erase(key);
    }
}

void LockoutShield::charge_name(Permit& permit, SteadyTime now) {
    const NameDigest& key = permit.account_.name;
    Tries* tries = names_.find(key);
    if (tries == nullptr && names_.size() >= options_.max_users) {
        const NameDigest oldest = names_.oldest().key;
        names_.erase(oldest);
    }
    if (tries == nullptr) tries = &names_.add(key);
    tries->spent = spent(tries, now) + 1;
    tries->last = now;
    names_.touch(key);
    permit.has_charged_name_ = true;
}

/// It may have been given up meanwhile, and several entries of that name may be tried at once.
void LockoutShield::settle_name(const Permit& permit, Effect effect, SteadyTime now) {
    Tries* const tries = names_.find(permit.account_.name);
    if (tries == nullptr) return;
    if (effect == Effect::forgotten) tries->spent = 0;
    if (effect == Effect::none && permit.has_charged_name_ && tries->spent != 0) --tries->spent;
    if (effect == Effect::counted || effect == Effect::maybe_counted) tries->last = std::max(tries->last, now);
    if (!counts(*tries, now)) names_.erase(permit.account_.name);
}

unsigned LockoutShield::spent(const Tries* tries, SteadyTime now) const {
    return tries == nullptr || is_quiet(*tries, now) ? 0 : tries->spent;
}

bool LockoutShield::counts(const Tries& tries, SteadyTime now) const {
    return tries.is_busy || (tries.spent != 0 && !is_quiet(tries, now));
}

/// Among the users: whose tries count is not given up.
bool LockoutShield::make_room(SteadyTime now) {
    if (users_.size() < options_.max_users) return true;
    const auto& oldest = users_.oldest();
    if (counts(oldest.value, now)) return false;
    const NameDigest key = oldest.key;
    users_.erase(key);
    return true;
}

bool LockoutShield::succeeded_lately(const TriedAccount& account, const NameDigest& source, SteadyTime now) const {
    const auto known = account.entry ? successes_.find(*account.entry) : std::nullopt;
    return known && std::ranges::any_of(*known, [&](const Success& success) {
               return success.is_one && success.source == source && now < success.at + success_vouches_for;
           });
}

void LockoutShield::remember_success(const Permit& permit, SteadyTime now) {
    if (!permit.account_.entry) return;
    Successes successes = successes_.find(*permit.account_.entry).value_or(Successes{});
    auto place = std::ranges::find(successes, permit.source_, &Success::source);
    if (place == successes.end()) place = std::prev(successes.end());
    std::rotate(successes.begin(), place, std::next(place));
    successes.front() = {permit.source_, now, true};
    successes_.put(*permit.account_.entry, successes);
}

void LockoutShield::settle_address(const Permit& permit, bool failed, SteadyTime now) {
    if (failed) {
        addresses_.fail(permit.source_, permit.account_.name, permit.has_place_, now);
    } else if (permit.has_place_) {
        addresses_.release(permit.source_);
    }
}

}  // namespace eas451
