// SPDX-License-Identifier: Apache-2.0
// PasswordTurns: requests whose password was known from memory, on their way to somebody who knows better (Exchange). All
// phones of a user come at once, since one mail ends all their long polls; were the password changed a moment ago, each of
// them would bring one wrong password there. So unless it was said lately that the password is right, one of them goes
// first, and the others wait for what it is told.
//
// Any thread; no lock is held while anything is waited for. Keyed by digests, and of a bounded size.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "eas451/core/login_outcome.hpp"
#include "eas451/core/organization_relationship.hpp"

namespace eas451 {

class PasswordTurns {
public:
    /// For so long after it was sent is a request that was accepted good for the others: a conversation of a phone takes
    /// some seconds.
    static constexpr std::chrono::seconds good_for{10};
    /// Nobody waits longer, and nobody waits for one that has been under way for so long: a right password must not suffer
    /// from a slow answer.
    static constexpr std::chrono::milliseconds longest_wait{1000};
    /// More than there are requests under way, usually. Of those that are given up when there are more, all go at once.
    static constexpr std::size_t most_logins = 16384;
    /// Of one login; the next goes on.
    static constexpr std::size_t most_waiting = 64;

    explicit PasswordTurns(std::size_t most = most_logins);
    PasswordTurns(const PasswordTurns&) = delete;
    PasswordTurns& operator=(const PasswordTurns&) = delete;

    /// What a request's password came to, there.
    enum class Said : std::uint8_t { right, wrong, nothing };

    /// Whether a request may go.
    enum class Next : std::uint8_t {
        go,
        wait,
        ask_again,  // it was refused since it was recalled: memory is no longer to be trusted
    };

    /// One request. Used on one thread; its end, too, lets others go on.
    class Turn {
    public:
        /// `recalled`: when memory was asked. One that `takes_long` (a long poll) is not waited for but by its like.
        Turn(PasswordTurns& turns, const RememberedLogin& login, SteadyTime recalled, bool takes_long);
        ~Turn();
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;

        /// As of `now`. After `wait` comes wait().
        Next next(SteadyTime now);
        /// Until it may go, or give_up(). On the caller's executor, which has one thread. Never `wait`.
        boost::asio::awaitable<Next> wait();
        void give_up();
        /// Once, of one that went. If the password was `wrong`, memory has forgotten it before.
        void told(Said said, SteadyTime now);

    private:
        friend class PasswordTurns;
        struct Waiting;

        PasswordTurns& turns_;
        RememberedLogin login_;
        SteadyTime recalled_;
        bool takes_long_;
        SteadyTime waits_until_ = SteadyTime::max();
        std::optional<SteadyTime> went_;
        bool was_told_ = false;
        std::shared_ptr<Waiting> waiting_;
    };

    [[nodiscard]] std::size_t size() const;

private:
    using WaitingTurns = std::vector<std::weak_ptr<Turn::Waiting>>;
    struct Entry {
        RememberedLogin login;
        SteadyTime used{};
        SteadyTime right = SteadyTime::min();  // when a request was sent that was accepted
        SteadyTime wrong = SteadyTime::min();  // when one was refused
        const Turn* first = nullptr;           // who went first; only compared
        bool first_takes_long = false;
        SteadyTime first_went{};
        WaitingTurns waiting{};
    };
    using Entries = std::list<Entry>;  // the one used last first
    struct Hash {
        std::size_t operator()(const RememberedLogin& login) const noexcept {
            std::size_t bits;
            std::memcpy(&bits, login.data(), sizeof bits);
            return bits;
        }
    };
    struct alignas(64) Shard {
        mutable std::mutex mutex;
        Entries entries;
        std::unordered_map<RememberedLogin, Entries::iterator, Hash> index;
    };

    [[nodiscard]] Shard& shard_of(const RememberedLogin& login) { return shards_[login.back() % shards_.size()]; }
    Entry& used(Shard& shard, const RememberedLogin& login, SteadyTime now, WaitingTurns& to_wake);
    Next next_of(Turn& turn, SteadyTime now, WaitingTurns& to_wake);
    void told(Turn& turn, Said said, SteadyTime now);
    static void wake(const WaitingTurns& waiting);

    std::size_t most_in_shard_;
    std::array<Shard, 16> shards_;
};

}  // namespace eas451
