// SPDX-License-Identifier: Apache-2.0
// DigestTable: values by digest, which know their order of use. It gives nothing up by itself: what may
// be forgotten, only its owner can tell. One thread.
#pragma once

#include <cstddef>
#include <cstring>
#include <iterator>
#include <list>
#include <unordered_map>
#include <utility>

#include "keyed_digest.hpp"

namespace eas451 {

template <class Value>
class DigestTable {
public:
    struct Entry {
        NameDigest key{};
        Value value{};
    };

    DigestTable() = default;
    DigestTable(const DigestTable&) = delete;
    DigestTable& operator=(const DigestTable&) = delete;

    /// Null when it is not there. Good until the entry is erased.
    [[nodiscard]] Value* find(const NameDigest& key) {
        const auto found = index_.find(key);
        return found == index_.end() ? nullptr : &found->second->value;
    }
    /// Must not be there yet. Becomes the newest.
    Value& add(const NameDigest& key) {
        entries_.push_back({key, {}});
        index_.emplace(key, std::prev(entries_.end()));
        return entries_.back().value;
    }
    /// The entry becomes the newest.
    void touch(const NameDigest& key) {
        const auto found = index_.find(key);
        if (found != index_.end()) entries_.splice(entries_.end(), entries_, found->second);
    }
    void erase(const NameDigest& key) {
        const auto found = index_.find(key);
        if (found == index_.end()) return;
        entries_.erase(found->second);
        index_.erase(found);
    }
    /// The one that was touched longest ago; there is one.
    [[nodiscard]] const Entry& oldest() const { return entries_.front(); }
    [[nodiscard]] std::size_t size() const { return index_.size(); }

private:
    struct Hash {
        // Digests are made with a key that no stranger has, so their bytes will do.
        std::size_t operator()(const NameDigest& key) const noexcept {
            std::size_t bits;
            std::memcpy(&bits, key.data(), sizeof bits);
            return bits;
        }
    };
    using Entries = std::list<Entry>;

    Entries entries_;  // the oldest first
    std::unordered_map<NameDigest, typename Entries::iterator, Hash> index_;
};

}  // namespace eas451
