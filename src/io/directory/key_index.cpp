// SPDX-License-Identifier: Apache-2.0
#include "key_index.hpp"

#include <utility>

#include "eas451/core/text.hpp"

namespace eas451 {

std::uint32_t key_hash(std::uint8_t kind, std::string_view key) {
    // FNV-1a, then mixed (the finish of MurmurHash3), since the table takes the lowest bits. Keys come
    // from the administrator's file; nobody outside chooses them.
    std::uint64_t hash = 0xcbf29ce484222325ULL ^ kind;
    for (const char c : key) {
        hash ^= static_cast<std::uint8_t>(ascii_lower(c));
        hash *= 0x100000001b3ULL;
    }
    hash ^= hash >> 33U;
    hash *= 0xff51afd7ed558ccdULL;
    return static_cast<std::uint32_t>(hash >> 32U);
}

void KeyIndex::place(Slot slot) {
    std::size_t i = slot.hash & mask();
    while (slots_[i].number != empty) i = (i + 1) & mask();
    slots_[i] = slot;
}

void KeyIndex::grow() {
    const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.empty() ? 64 : slots_.size() * 2));
    for (const Slot& slot : old) {
        if (slot.number != empty) place(slot);
    }
}

void KeyIndex::insert(std::uint32_t hash, std::uint32_t number) {
    if (used_ + 1 > slots_.size() / 5 * 4) grow();
    place({hash, number});
    ++used_;
}

}  // namespace eas451
