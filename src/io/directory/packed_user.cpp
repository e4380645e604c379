// SPDX-License-Identifier: Apache-2.0
#include "packed_user.hpp"

namespace eas451 {

void UserPacker::varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) out_ += static_cast<char>(value | 0x80U);
    out_ += static_cast<char>(value);
}

void UserPacker::text(UserField field, std::string_view value) {
    if (value.empty()) return;
    out_ += static_cast<char>(field);
    varint(value.size());
    out_ += value;
}

void UserPacker::number(UserField field, std::int64_t value) {
    out_ += static_cast<char>(field);
    varint(static_cast<std::uint64_t>(value));
}

std::uint64_t PackedUser::varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        const auto byte = static_cast<std::uint8_t>(rest_.front());
        rest_.remove_prefix(1);
        value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
        if (byte < 0x80) return value;
    }
}

bool PackedUser::next(Item& item) {
    item.field = static_cast<UserField>(rest_.front());
    if (item.field == UserField::end) return false;
    rest_.remove_prefix(1);
    const std::uint64_t value = varint();
    if (is_text(item.field)) {
        item.text = rest_.substr(0, value);
        rest_.remove_prefix(value);
    } else {
        item.number = static_cast<std::int64_t>(value);
    }
    return true;
}

std::string_view PackedUser::text(UserField field) const {
    PackedUser user = *this;
    for (Item item; user.next(item);) {
        if (item.field == field) return item.text;
    }
    return {};
}

std::int64_t PackedUser::number(UserField field) const {
    PackedUser user = *this;
    for (Item item; user.next(item);) {
        if (item.field == field) return item.number;
    }
    return 0;
}

}  // namespace eas451
