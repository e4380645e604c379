// SPDX-License-Identifier: Apache-2.0
// One user of the file directory: as it is checked (UserEntry), and as it is stored (packed: one byte
// string of tagged fields, absent ones taking nothing).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
    password_digest, password_hash,
    // Numbers; the first two are those of a value that many users share.
    home_mdb, home_server_name, recipient_type_details, remote_recipient_type, user_account_control, mobile_features,
    has_mailbox_guid, line,
};
constexpr bool is_text(UserField field) { return field < UserField::home_mdb; }

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

}  // namespace eas451
