// SPDX-License-Identifier: Apache-2.0
// One user of the file directory as it is checked (UserEntry), and a user or recipient as it is stored
// (packed: one byte string of tagged fields, absent ones taking nothing).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eas451/core/recipient.hpp"

namespace eas451 {

/// Views into whatever was read; empty text is an absent attribute.
struct UserEntry {
    std::string_view user_principal_name;
    std::string_view sam_account_name;
    std::string_view mail;
    std::vector<std::string_view> proxy_addresses;
    std::string_view distinguished_name;
    std::string_view mail_nickname;
    std::string_view target_address;
    std::string_view home_mdb;
    std::string_view home_server_name;
    std::string_view password;
    std::string_view password_hash;
    std::optional<std::int64_t> recipient_type_details;
    std::optional<std::int64_t> remote_recipient_type;
    std::uint32_t user_account_control = 0;
    std::int32_t mobile_features = 0;
    bool has_mailbox_guid = false;
    std::uint32_t line = 1;
};

/// Those a user is found by come first, so that comparing a key reads little of the record.
enum class UserField : std::uint8_t {
    end,
    user_principal_name, sam_account_name, mail, proxy_address, distinguished_name, mail_nickname, target_address,
    identity, password_digest, password_hash, home_mdb, home_server_name,
    // Numbers; the first two are those of a value that many users share, in place of its text.
    shared_home_mdb, shared_home_server_name, recipient_type_details, remote_recipient_type, user_account_control,
    mobile_features, has_mailbox_guid, line,
};
constexpr bool is_text(UserField field) { return field < UserField::shared_home_mdb; }

/// Appends fields to a byte string.
class UserPacker {
public:
    explicit UserPacker(std::string& out) : out_(out) {}
    /// An empty text is left out.
    void text(UserField field, std::string_view value);
    void number(UserField field, std::int64_t value);
    void end() { out_ += static_cast<char>(UserField::end); }

private:
    void varint(std::uint64_t value);
    std::string& out_;
};

/// Walks over the fields of a packed user.
class PackedUser {
public:
    struct Item {
        UserField field = UserField::end;
        std::string_view text;
        std::int64_t number = 0;
    };

    explicit PackedUser(std::string_view bytes) : rest_(bytes) {}
    /// False after the last one.
    bool next(Item& item);
    /// The first text of that field; empty when absent.
    [[nodiscard]] std::string_view text(UserField field) const;
    [[nodiscard]] std::int64_t number(UserField field) const;

private:
    std::uint64_t varint();
    std::string_view rest_;
};

/// The attributes of a Recipient or UserEntry but for its homes, which each of the two stores packs in
/// its own way. An empty proxy address is left out.
template <class User>
void pack_attributes(UserPacker& packer, const User& user) {
    packer.text(UserField::user_principal_name, user.user_principal_name);
    packer.text(UserField::sam_account_name, user.sam_account_name);
    packer.text(UserField::mail, user.mail);
    for (const auto& address : user.proxy_addresses) packer.text(UserField::proxy_address, address);
    packer.text(UserField::distinguished_name, user.distinguished_name);
    packer.text(UserField::mail_nickname, user.mail_nickname);
    packer.text(UserField::target_address, user.target_address);
    if (user.recipient_type_details) packer.number(UserField::recipient_type_details, *user.recipient_type_details);
    if (user.remote_recipient_type) packer.number(UserField::remote_recipient_type, *user.remote_recipient_type);
    if (user.user_account_control != 0) packer.number(UserField::user_account_control, user.user_account_control);
    if (user.mobile_features != 0) packer.number(UserField::mobile_features, user.mobile_features);
    if (user.has_mailbox_guid) packer.number(UserField::has_mailbox_guid, 1);
}

/// Gives a recipient what the item says; shared values, passwords and lines it passes over.
void set_attribute(Recipient& recipient, const PackedUser::Item& item);

}  // namespace eas451
