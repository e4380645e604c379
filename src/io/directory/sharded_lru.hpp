// SPDX-License-Identifier: Apache-2.0
// ShardedLru: a bounded map from digests to small values that any thread may read and write. Full, it
// gives up what was used longest ago. A list in order of use rather than a clock: whatever comes in,
// every call does the same few steps, where the hand of a clock may have to pass a whole shard first.
//
// `Rings`: how many sorts of entries there are that must not crowd each other out. Each has its own
// bound; a key is in one of them at a time.
//
// Keys must look random and be out of a stranger's hands (see keyed_digest.hpp): their own bytes choose
// shard and bucket.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace eas451 {

template <class Key, class Value, std::size_t Rings = 1>
class ShardedLru {
public:
    /// A lock per shard, held for some steps in memory. Few entries are not worth more than one shard;
    /// and one keeps the order of use exactly. More give up a little before the bound is reached,
    /// because no shard takes over what another has no room for.
    static constexpr std::size_t max_shards = 16;
    static constexpr std::size_t least_for_shards = 1024;

    /// So many entries of each ring at most. The room for the index is taken at once (8 bytes an entry),
    /// the rest as entries come.
    explicit ShardedLru(const std::array<std::size_t, Rings>& max_entries);

    /// A copy; the entry becomes the one used last.
    [[nodiscard]] std::optional<Value> find(const Key& key) const;
    /// Replaces what was there under that key, in whichever ring.
    void put(const Key& key, Value value, std::size_t ring = 0);
    void forget(const Key& key);
    void clear();
    [[nodiscard]] std::size_t size() const;

private:
    struct Entry {
        Key key;
        std::size_t ring;
        Value value;
    };
    using Entries = std::list<Entry>;  // the one used last first
    struct Hash {
        std::size_t operator()(const Key& key) const noexcept {
            std::size_t bits;
            std::memcpy(&bits, key.data(), sizeof bits);
            return bits;
        }
    };
    using Index = std::unordered_map<Key, typename Entries::iterator, Hash>;
    struct alignas(64) Shard {
        std::mutex mutex;
        std::array<Entries, Rings> rings;
        Index index;
    };

    [[nodiscard]] Shard& shard_of(const Key& key) const { return shards_[key.back() % shards_.size()]; }
    [[nodiscard]] Index empty_index() const;

    std::array<std::size_t, Rings> max_in_shard_;
    mutable std::vector<Shard> shards_;  // a look-up changes the order of use
};

template <class Key, class Value, std::size_t Rings>
ShardedLru<Key, Value, Rings>::ShardedLru(const std::array<std::size_t, Rings>& max_entries)
    : max_in_shard_(max_entries), shards_([&] {
          for (const auto most : max_entries) {
              if (most < least_for_shards) return std::size_t{1};
          }
          return max_shards;
      }()) {
    for (auto& most : max_in_shard_) most /= shards_.size();
    for (auto& shard : shards_) shard.index = empty_index();
}

template <class Key, class Value, std::size_t Rings>
auto ShardedLru<Key, Value, Rings>::empty_index() const -> Index {
    // All the buckets there will ever be, so that no call has to rebuild them. One more than the bound
    // is there for a moment.
    std::size_t most = 1;
    for (const auto of_ring : max_in_shard_) most += of_ring;
    Index index;
    index.reserve(most);
    return index;
}

template <class Key, class Value, std::size_t Rings>
std::optional<Value> ShardedLru<Key, Value, Rings>::find(const Key& key) const {
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.index.find(key);
    if (found == shard.index.end()) return std::nullopt;
    Entries& ring = shard.rings[found->second->ring];
    ring.splice(ring.begin(), ring, found->second);
    return found->second->value;
}

template <class Key, class Value, std::size_t Rings>
void ShardedLru<Key, Value, Rings>::put(const Key& key, Value value, std::size_t ring) {
    if (max_in_shard_[ring] == 0) return forget(key);
    Entries added;
    added.push_back({key, ring, std::move(value)});
    Entries removed;  // freed when the lock is open again
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    const auto [place, is_new] = shard.index.try_emplace(key, added.begin());
    if (!is_new) {
        removed.splice(removed.end(), shard.rings[place->second->ring], place->second);
        place->second = added.begin();
    }
    Entries& entries = shard.rings[ring];
    entries.splice(entries.begin(), added);
    if (entries.size() <= max_in_shard_[ring]) return;
    const auto oldest = std::prev(entries.end());
    shard.index.erase(oldest->key);
    removed.splice(removed.end(), entries, oldest);
}

template <class Key, class Value, std::size_t Rings>
void ShardedLru<Key, Value, Rings>::forget(const Key& key) {
    Entries removed;
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.index.find(key);
    if (found == shard.index.end()) return;
    removed.splice(removed.end(), shard.rings[found->second->ring], found->second);
    shard.index.erase(found);
}

template <class Key, class Value, std::size_t Rings>
void ShardedLru<Key, Value, Rings>::clear() {
    for (auto& shard : shards_) {
        std::array<Entries, Rings> removed;
        Index index = empty_index();
        const std::lock_guard lock(shard.mutex);
        shard.rings.swap(removed);
        shard.index.swap(index);
    }
}

template <class Key, class Value, std::size_t Rings>
std::size_t ShardedLru<Key, Value, Rings>::size() const {
    std::size_t entries = 0;
    for (auto& shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        entries += shard.index.size();
    }
    return entries;
}

}  // namespace eas451
