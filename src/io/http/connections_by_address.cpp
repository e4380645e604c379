// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/http/connections_by_address.hpp"

#include <random>

#include "eas451/core/ip_address.hpp"

namespace eas451 {
namespace {

std::uint64_t random_key() {
    std::random_device random;
    return (static_cast<std::uint64_t>(random()) << 32U) | random();
}

}  // namespace

ConnectionsByAddress::Place& ConnectionsByAddress::Place::operator=(Place&& other) noexcept {
    if (this == &other) return *this;
    give_back();
    table_ = std::exchange(other.table_, nullptr);
    client_ = other.client_;
    return *this;
}

void ConnectionsByAddress::Place::give_back() {
    if (table_ != nullptr) std::exchange(table_, nullptr)->give_back(client_);
}

/// splitmix64's mixing, by Sebastiano Vigna, who put it into the public domain.
std::size_t ConnectionsByAddress::Hash::operator()(std::uint64_t client) const {
    std::uint64_t mixed = client + key;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebULL;
    return mixed ^ (mixed >> 31U);
}

ConnectionsByAddress::ConnectionsByAddress(std::size_t limit) : hash_{random_key()}, limit_(limit) {
    constexpr std::size_t first_buckets = 16;
    for (Shard& shard : shards_) shard.held = decltype(shard.held)(first_buckets, hash_);
}

std::optional<ConnectionsByAddress::Place> ConnectionsByAddress::take(const std::string& address) {
    const auto peer = address_of_peer(address);
    if (!peer) return Place();
    const std::uint64_t client = peer->client();
    const std::size_t limit = limit_.load(std::memory_order_relaxed);
    Shard& shard = shard_of(client);
    const std::scoped_lock lock(shard.mutex);
    std::size_t& held = shard.held[client];
    // With a limit, an entry made just now has room; so none is left behind empty.
    if (limit != 0 && held >= limit) return std::nullopt;
    ++held;
    return Place(*this, client);
}

void ConnectionsByAddress::give_back(std::uint64_t client) {
    Shard& shard = shard_of(client);
    const std::scoped_lock lock(shard.mutex);
    const auto found = shard.held.find(client);
    if (--found->second == 0) shard.held.erase(found);
}

std::size_t ConnectionsByAddress::size() const {
    std::size_t count = 0;
    for (const Shard& shard : shards_) {
        const std::scoped_lock lock(shard.mutex);
        count += shard.held.size();
    }
    return count;
}

ConnectionsByAddress::Shard& ConnectionsByAddress::shard_of(std::uint64_t client) {
    // Not the bits that choose the bucket.
    return shards_[hash_(client) >> 60U];
}

}  // namespace eas451
