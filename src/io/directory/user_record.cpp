// SPDX-License-Identifier: Apache-2.0
// What is read out of the stored records of a UserTable.
#include "user_table.hpp"

#include "password_digest.hpp"

namespace eas451 {
namespace {

std::string* text_member(Recipient& recipient, UserField field) {
    switch (field) {
        case UserField::user_principal_name: return &recipient.user_principal_name;
        case UserField::sam_account_name: return &recipient.sam_account_name;
        case UserField::mail: return &recipient.mail;
        case UserField::proxy_address: return &recipient.proxy_addresses.emplace_back();
        case UserField::distinguished_name: return &recipient.distinguished_name;
        case UserField::mail_nickname: return &recipient.mail_nickname;
        case UserField::target_address: return &recipient.target_address;
        default: return nullptr;  // passwords are not the recipient's
    }
}

void set_number(Recipient& recipient, UserField field, std::int64_t number) {
    switch (field) {
        case UserField::recipient_type_details: recipient.recipient_type_details = number; break;
        case UserField::remote_recipient_type: recipient.remote_recipient_type = number; break;
        case UserField::user_account_control:
            recipient.user_account_control = static_cast<std::uint32_t>(number);
            break;
        case UserField::mobile_features: recipient.mobile_features = static_cast<std::int32_t>(number); break;
        case UserField::has_mailbox_guid: recipient.has_mailbox_guid = true; break;
        default: break;
    }
}

}  // namespace

Recipient UserTable::recipient(Number user) const {
    Recipient recipient;
    auto packed = user_at(user);
    for (PackedUser::Item item; packed.next(item);) {
        if (is_text(item.field)) {
            if (auto* member = text_member(recipient, item.field)) *member = item.text;
        } else if (item.field == UserField::home_mdb) {
            recipient.home_mdb = shared_[static_cast<SharedValues::Number>(item.number)];
        } else if (item.field == UserField::home_server_name) {
            recipient.home_server_name = shared_[static_cast<SharedValues::Number>(item.number)];
        } else {
            set_number(recipient, item.field, item.number);
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

bool UserTable::has_password(std::optional<Number> user, std::string_view password) const {
    const auto digest = user ? user_at(*user).text(UserField::password_digest) : std::string_view{};
    return matches_password_digest(password, digest);
}

}  // namespace eas451
