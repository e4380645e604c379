// SPDX-License-Identifier: Apache-2.0
// KeyIndex: from the hash of a key to record numbers. An open-addressing table of eight bytes a slot
// that knows no keys: whoever asks compares the record itself. One key may have several records.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace eas451 {

/// 32 bits over the bytes, A-Z taken as a-z. `kind` keeps keys of different meaning apart.
std::uint32_t key_hash(std::uint8_t kind, std::string_view key);

class KeyIndex {
public:
    void insert(std::uint32_t hash, std::uint32_t number);
    /// Has the memory of that hash fetched: asking for several at once waits for one.
    void prefetch(std::uint32_t hash) const {
        if (!slots_.empty()) __builtin_prefetch(&slots_[hash & mask()]);
    }

    /// Calls visit(number) for the numbers under that hash, until one returns true.
    template <class Visit>
    void visit(std::uint32_t hash, Visit visit) const {
        if (slots_.empty()) return;
        for (std::size_t i = hash & mask(); slots_[i].number != empty; i = (i + 1) & mask()) {
            if (slots_[i].hash == hash && visit(slots_[i].number)) return;
        }
    }

private:
    static constexpr std::uint32_t empty = ~std::uint32_t{0};
    struct Slot {
        std::uint32_t hash = 0;
        std::uint32_t number = empty;
    };

    [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
    void place(Slot slot);
    void grow();

    std::vector<Slot> slots_;  // a power of two of them, at most four fifths in use
    std::size_t used_ = 0;
};

}  // namespace eas451
