// SPDX-License-Identifier: Apache-2.0
// ConnectionsByAddress: how many connections from one source address have not authenticated yet. Whoever
// has not yet shown that he is a user gets only so many at once; a user's connection no longer counts, so
// that an office behind one address lives. Of IPv6 a /64 is one address: whoever has one has them all.
//
// Any thread. Bounded by the number of connections, each of which has one place at most; the critical
// sections hold no wait.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace eas451 {

class ConnectionsByAddress {
public:
    /// One connection's place among those of its address. Given back when it ends, if not before. The table
    /// outlives it.
    class Place {
    public:
        Place() = default;
        Place(Place&& other) noexcept : table_(std::exchange(other.table_, nullptr)), client_(other.client_) {}
        Place& operator=(Place&& other) noexcept;
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        ~Place() { give_back(); }
        void give_back();
        [[nodiscard]] bool is_held() const { return table_ != nullptr; }

    private:
        friend class ConnectionsByAddress;
        Place(ConnectionsByAddress& table, std::uint64_t client) : table_(&table), client_(client) {}
        ConnectionsByAddress* table_ = nullptr;
        std::uint64_t client_ = 0;
    };

    /// So many places an address; 0: any number.
    explicit ConnectionsByAddress(std::size_t limit);
    /// For connections from now on; what is held stays held.
    void set_limit(std::size_t limit) { limit_.store(limit, std::memory_order_relaxed); }

    /// Nothing when all places of the address are held. What is no IP address (a Unix socket's peer) is not
    /// counted, and its place holds nothing.
    [[nodiscard]] std::optional<Place> take(const std::string& address);

    /// How many addresses hold places now.
    [[nodiscard]] std::size_t size() const;

private:
    static constexpr std::size_t shard_count = 16;

    /// Keyed, so that nobody can choose addresses that meet in one bucket.
    struct Hash {
        std::uint64_t key;
        std::size_t operator()(std::uint64_t client) const;
    };
    struct Shard {
        mutable std::mutex mutex;
        std::unordered_map<std::uint64_t, std::size_t, Hash> held;
    };

    Shard& shard_of(std::uint64_t client);
    void give_back(std::uint64_t client);

    const Hash hash_;
    std::atomic<std::size_t> limit_;
    std::array<Shard, shard_count> shards_;
};

}  // namespace eas451
