// SPDX-License-Identifier: Apache-2.0
#include "packed_user.hpp"

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
        case UserField::identity: return &recipient.identity;
        case UserField::home_mdb: return &recipient.home_mdb;
        case UserField::home_server_name: return &recipient.home_server_name;
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

void set_attribute(Recipient& recipient, const PackedUser::Item& item) {
    if (!is_text(item.field)) return set_number(recipient, item.field, item.number);
    if (auto* member = text_member(recipient, item.field)) *member = item.text;
}

}  // namespace eas451
