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
constexpr LockoutPolicy careful{3, std::chrono::minutes(30)};

enum class Effect : std::uint8_t { forgotten, counted, maybe_counted, locked, none };

Effect effect_of(const BindOutcome& outcome) {
    if (std::holds_alternative<BindAccepted>(outcome)) return Effect::forgotten;
    if (const auto* unavailable = std::get_if<BindUnavailable>(&outcome)) {
        return unavailable->may_have_counted ? Effect::maybe_counted : Effect::none;
    }
    switch (std::get<Rejection>(outcome)) {
        case Rejection::account_locked:
            return Effect::locked;
        case Rejection::account_disabled:
        case Rejection::account_expired:
        case Rejection::password_expired:
        case Rejection::must_change_password:
        case Rejection::logon_restricted:
            return Effect::none;
        case Rejection::bad_credentials:
        case Rejection::bad_credentials_cached:
            break;
    }
    return Effect::counted;
}

}  // namespace

LockoutShield::Permit::Permit(Permit&& other) noexcept
    : shield_(std::exchange(other.shield_, nullptr)),
      account_(other.account_),
      source_(other.source_),
      asked_(other.asked_),
      tries_before_(other.tries_before_),
      last_before_(other.last_before_),
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
                                         SteadyTime now) {
    Table& table = table_of(account);
    Tries* tries = table.find(account.digest);
    if (tries != nullptr && tries->is_busy) return Busy{Busy::With::user};
    if (tries != nullptr && now < tries->locked_until) return Locked{};
    if (tries != nullptr && is_quiet(*tries, now)) tries->spent = 0;
    const unsigned spent = tries == nullptr ? 0 : tries->spent;
    const bool is_sure = trust == Trust::still_right;
    const bool is_likely = trust != Trust::none || succeeded_lately(account, source, now);
    if (!is_sure && spent >= budget_.new_passwords + (budget_.keeps_one && is_likely ? 1 : 0)) return Hold{Hold::Why::user};
    if (trust == Trust::none) {
        const auto room = addresses_.room(source, account.digest, now);
        if (room == FailingAddresses::Room::none) return Hold{Hold::Why::address};
        if (room == FailingAddresses::Room::uncertain) return Busy{Busy::With::address};
    }
    if (tries == nullptr) {
        if (!make_room(account.exists, now)) return Hold{Hold::Why::no_room};
        tries = &table.add(account.digest);
    }
    Permit permit(*this, account, source, now);
    permit.tries_before_ = tries->spent;
    permit.last_before_ = tries->last;
    permit.has_place_ = trust == Trust::none && addresses_.reserve(source, account.digest);
    permit.is_sure_ = is_sure;
    *tries = {tries->spent + (is_sure ? 0 : 1), true, is_sure ? tries->last : now, {}};
    table.touch(account.digest);
    return permit;
}

void LockoutShield::tell(Permit permit, const BindOutcome& outcome, SteadyTime now) {
    permit.shield_ = nullptr;
    Table& table = table_of(permit.account_);
    Tries& tries = *table.find(permit.account_.digest);  // busy ones stay
    Effect effect = effect_of(outcome);
    if (effect == Effect::maybe_counted && permit.is_sure_) effect = Effect::none;
    tries.is_busy = false;
    tries.last = effect == Effect::maybe_counted ? now + latest_work_on_lost_tries : now;
    if (effect == Effect::counted) tries.spent = permit.tries_before_ + 1;
    if (effect == Effect::forgotten) {
        tries.spent = 0;
        remember_success(permit, now);
    }
    if (effect == Effect::none || effect == Effect::locked) {
        tries.spent = permit.tries_before_;
        tries.last = permit.last_before_;
    }
    if (effect == Effect::locked) tries.locked_until = now + options_.locked_for;
    settle_address(permit, effect == Effect::counted || effect == Effect::locked, now);
    if (counts(tries, now)) {
        table.touch(permit.account_.digest);
    } else {
        table.erase(permit.account_.digest);
    }
}

bool LockoutShield::counts(const Tries& tries, SteadyTime now) const {
    return tries.is_busy || now < tries.locked_until || (tries.spent != 0 && !is_quiet(tries, now));
}

bool LockoutShield::make_room(bool exists, SteadyTime now) {
    Table& table = exists ? users_ : nobodies_;
    if (table.size() < options_.max_users) return true;
    const auto& oldest = table.oldest();
    if (exists ? counts(oldest.value, now) : oldest.value.is_busy) return false;
    const NameDigest key = oldest.key;
    table.erase(key);
    return true;
}

bool LockoutShield::succeeded_lately(const TriedAccount& account, const NameDigest& source, SteadyTime now) const {
    const auto known = successes_.find(account.digest);
    return known && std::ranges::any_of(*known, [&](const Success& success) {
               return success.is_one && success.source == source && now < success.at + success_vouches_for;
           });
}

void LockoutShield::remember_success(const Permit& permit, SteadyTime now) {
    Successes successes = successes_.find(permit.account_.digest).value_or(Successes{});
    auto place = std::ranges::find(successes, permit.source_, &Success::source);
    if (place == successes.end()) place = std::prev(successes.end());
    std::rotate(successes.begin(), place, std::next(place));
    successes.front() = {permit.source_, now, true};
    successes_.put(permit.account_.digest, successes);
}

void LockoutShield::settle_address(const Permit& permit, bool failed, SteadyTime now) {
    if (failed) {
        addresses_.fail(permit.source_, permit.account_.digest, permit.has_place_, now);
    } else if (permit.has_place_) {
        addresses_.release(permit.source_);
    }
}

}  // namespace eas451
