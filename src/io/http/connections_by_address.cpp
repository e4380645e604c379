// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/http/connections_by_address.hpp"

#include <boost/asio/ip/address.hpp>
#include <random>

namespace eas451 {
namespace {

namespace ip = boost::asio::ip;

std::uint64_t random_key() {
    std::random_device random;
    return (static_cast<std::uint64_t>(random()) << 32U) | random();
}

/// The first eight bytes of an IPv6 address. An IPv4 address becomes one of the networks in 0000::/8, which
/// are reserved (RFC 4291 section 4): no client has an IPv6 address there but ::1.
std::uint64_t network_of(const ip::address& address) {
    if (address.is_v4()) return 0xffff'0000'0000ULL | address.to_v4().to_uint();
    const ip::address_v6 six = address.to_v6();
    if (six.is_v4_mapped()) return network_of(ip::make_address_v4(ip::v4_mapped, six));
    const auto bytes = six.to_bytes();
    std::uint64_t network = 0;
    for (std::size_t i = 0; i < 8; ++i) network = network << 8U | bytes[i];
    return network;
}

}  // namespace

std::uint64_t network_of(const std::string& address) {
    boost::system::error_code error;
    const ip::address parsed = ip::make_address(address, error);
    return error ? 0 : network_of(parsed);
}

ConnectionsByAddress::Place& ConnectionsByAddress::Place::operator=(Place&& other) noexcept {
    if (this == &other) return *this;
    give_back();
    table_ = std::exchange(other.table_, nullptr);
    network_ = other.network_;
    return *this;
}

void ConnectionsByAddress::Place::give_back() {
    if (table_ != nullptr) std::exchange(table_, nullptr)->give_back(network_);
}

/// splitmix64's mixing, by Sebastiano Vigna, who put it into the public domain.
std::size_t ConnectionsByAddress::Hash::operator()(std::uint64_t network) const {
    std::uint64_t mixed = network + key;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebULL;
    return mixed ^ (mixed >> 31U);
}

ConnectionsByAddress::ConnectionsByAddress(std::size_t limit) : hash_{random_key()}, limit_(limit) {
    constexpr std::size_t first_buckets = 16;
    for (Shard& shard : shards_) shard.held = decltype(shard.held)(first_buckets, hash_);
}

std::optional<ConnectionsByAddress::Place> ConnectionsByAddress::take(const std::string& address) {
    const std::uint64_t network = network_of(address);
    if (network == 0) return Place();
    const std::size_t limit = limit_.load(std::memory_order_relaxed);
    Shard& shard = shard_of(network);
    const std::scoped_lock lock(shard.mutex);
    std::size_t& held = shard.held[network];
    // With a limit, an entry made just now has room; so none is left behind empty.
    if (limit != 0 && held >= limit) return std::nullopt;
    ++held;
    return Place(*this, network);
}

void ConnectionsByAddress::give_back(std::uint64_t network) {
    Shard& shard = shard_of(network);
    const std::scoped_lock lock(shard.mutex);
    const auto found = shard.held.find(network);
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

ConnectionsByAddress::Shard& ConnectionsByAddress::shard_of(std::uint64_t network) {
    // Not the bits that choose the bucket.
    return shards_[hash_(network) >> 60U];
}

}  // namespace eas451
