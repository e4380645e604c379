// SPDX-License-Identifier: Apache-2.0
// SharedValues: texts that thousands of users have in common (databases, servers), stored once and
// named by number. Filled by one thread; constant and thread-safe from then on.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "byte_arena.hpp"
#include "key_index.hpp"

namespace eas451 {

class SharedValues {
public:
    using Number = std::uint32_t;

    Number number_of(std::string_view value) {
        constexpr std::uint8_t one_kind = 0;
        const auto hash = key_hash(one_kind, value);
        auto found = static_cast<Number>(values_.size());
        index_.visit(hash, [&](Number number) {
            if (values_[number] != value) return false;
            found = number;
            return true;
        });
        if (found < values_.size()) return found;
        values_.push_back(bytes_.from(bytes_.append(value)).substr(0, value.size()));
        index_.insert(hash, found);
        return found;
    }

    [[nodiscard]] std::string_view operator[](Number number) const { return values_[number]; }

private:
    ByteArena bytes_;
    std::vector<std::string_view> values_;
    KeyIndex index_;
};

}  // namespace eas451
