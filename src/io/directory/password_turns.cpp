// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/directory/password_turns.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <iterator>
#include <utility>

namespace eas451 {

namespace net = boost::asio;

/// Touched on its turn's thread only; others just carry the pointer.
struct PasswordTurns::Turn::Waiting {
    explicit Waiting(const net::any_io_executor& executor) : timer(executor) {}
    net::steady_timer timer;
    bool is_given_up = false;
};

PasswordTurns::Turn::Turn(PasswordTurns& turns, const RememberedLogin& login, SteadyTime recalled, bool takes_long)
    : turns_(turns), login_(login), recalled_(recalled), takes_long_(takes_long) {}

PasswordTurns::Turn::~Turn() {
    if (went_ && !was_told_) told(Said::nothing, std::chrono::steady_clock::now());
}

PasswordTurns::Next PasswordTurns::Turn::next(SteadyTime now) {
    if (waits_until_ == SteadyTime::max()) waits_until_ = now + longest_wait;
    WaitingTurns dropped;
    const Next next = turns_.next_of(*this, now, dropped);
    wake(dropped);
    if (next == Next::go) went_ = now;
    return next;
}

net::awaitable<PasswordTurns::Next> PasswordTurns::Turn::wait() {
    const net::any_io_executor here = co_await net::this_coro::executor;
    waiting_ = std::make_shared<Waiting>(here);
    Next next = this->next(std::chrono::steady_clock::now());
    while (next == Next::wait && !waiting_->is_given_up) {
        waiting_->timer.expires_at(waits_until_);
        co_await waiting_->timer.async_wait(net::as_tuple(net::use_awaitable));
        if (!waiting_->is_given_up) next = this->next(std::chrono::steady_clock::now());
    }
    waiting_ = nullptr;
    co_return next == Next::wait ? Next::go : next;
}

void PasswordTurns::Turn::give_up() {
    if (waiting_ == nullptr) return;
    waiting_->is_given_up = true;
    waiting_->timer.cancel();
}

void PasswordTurns::Turn::told(Said said, SteadyTime now) {
    was_told_ = true;
    turns_.told(*this, said, now);
}

PasswordTurns::PasswordTurns(std::size_t most) : most_in_shard_(std::max<std::size_t>(1, most / shards_.size())) {}

/// The login's entry, made if there is none. Who waited at one that is given up for it is to be woken.
PasswordTurns::Entry& PasswordTurns::used(Shard& shard, const RememberedLogin& login, SteadyTime now, WaitingTurns& to_wake) {
    const auto found = shard.index.find(login);
    if (found == shard.index.end()) {
        shard.entries.push_front({login});
        shard.index.emplace(login, shard.entries.begin());
    } else {
        shard.entries.splice(shard.entries.begin(), shard.entries, found->second);
    }
    shard.entries.front().used = now;
    // Two, so that what is over goes sooner than new ones come.
    for (int i = 0; i < 2; ++i) {
        Entry& oldest = shard.entries.back();
        if (oldest.used + good_for > now && shard.entries.size() <= most_in_shard_) break;
        std::ranges::move(oldest.waiting, std::back_inserter(to_wake));
        shard.index.erase(oldest.login);
        shard.entries.pop_back();
    }
    return shard.entries.front();
}

PasswordTurns::Next PasswordTurns::next_of(Turn& turn, SteadyTime now, WaitingTurns& to_wake) {
    Shard& shard = shard_of(turn.login_);
    const std::lock_guard lock(shard.mutex);
    Entry& entry = used(shard, turn.login_, now, to_wake);
    if (entry.wrong >= turn.recalled_) return Next::ask_again;
    if (now < entry.right + good_for) return Next::go;
    const bool is_waited_for = entry.first != nullptr && now < entry.first_went + longest_wait &&
                               (turn.takes_long_ || !entry.first_takes_long);
    if (is_waited_for && now >= turn.waits_until_) return Next::go;
    if (is_waited_for) {
        if (turn.waiting_ == nullptr) return Next::wait;
        std::erase_if(entry.waiting, [](const auto& waiting) { return waiting.expired(); });
        if (entry.waiting.size() >= most_waiting) return Next::go;
        entry.waiting.push_back(turn.waiting_);
        return Next::wait;
    }
    entry.first = &turn;
    entry.first_takes_long = turn.takes_long_;
    entry.first_went = now;
    return Next::go;
}

void PasswordTurns::told(Turn& turn, Said said, SteadyTime now) {
    WaitingTurns to_wake;
    {
        Shard& shard = shard_of(turn.login_);
        const std::lock_guard lock(shard.mutex);
        Entry& entry = used(shard, turn.login_, now, to_wake);
        if (said == Said::wrong) entry.wrong = now;
        if (said == Said::wrong) entry.right = SteadyTime::min();
        // It was looked at when the request was sent, which may have been long ago.
        if (said == Said::right && *turn.went_ > entry.wrong) entry.right = std::max(entry.right, *turn.went_);
        if (entry.first == &turn) entry.first = nullptr;
        std::ranges::move(entry.waiting, std::back_inserter(to_wake));
        entry.waiting.clear();
    }
    wake(to_wake);
}

void PasswordTurns::wake(const WaitingTurns& waiting) {
    for (const auto& one : waiting) {
        auto still = one.lock();
        if (still == nullptr) continue;
        const net::any_io_executor there = still->timer.get_executor();
        net::post(there, [still = std::move(still)] { still->timer.cancel(); });
    }
}

std::size_t PasswordTurns::size() const {
    std::size_t entries = 0;
    for (const Shard& shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        entries += shard.entries.size();
    }
    return entries;
}

}  // namespace eas451
