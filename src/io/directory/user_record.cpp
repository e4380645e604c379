// SPDX-License-Identifier: Apache-2.0
// What is read out of the stored records of a UserTable.
#include "user_table.hpp"

#include "password_digest.hpp"

namespace eas451 {

Recipient UserTable::recipient(Number user) const {
    Recipient recipient;
    auto packed = user_at(user);
    for (PackedUser::Item item; packed.next(item);) {
        if (item.field == UserField::shared_home_mdb) {
            recipient.home_mdb = shared_[static_cast<SharedValues::Number>(item.number)];
        } else if (item.field == UserField::shared_home_server_name) {
            recipient.home_server_name = shared_[static_cast<SharedValues::Number>(item.number)];
        } else {
            set_attribute(recipient, item);
        }
    }
    return recipient;
}

std::uint32_t UserTable::user_account_control(Number user) const {
    return static_cast<std::uint32_t>(user_at(user).number(UserField::user_account_control));
}

std::string_view UserTable::password_hash(Number user) const {
    return user_at(user).text(UserField::password_hash);
}

std::string_view UserTable::first_password_hash() const {
    return first_with_hash_ ? password_hash(*first_with_hash_) : std::string_view{};
}

bool UserTable::has_password(std::optional<Number> user, std::string_view password) const {
    const auto digest = user ? user_at(*user).text(UserField::password_digest) : std::string_view{};
    return matches_password_digest(password, digest);
}

}  // namespace eas451
