// SPDX-License-Identifier: Apache-2.0
// UserText: one user as a file gives it, attribute by attribute and not yet checked. Both formats are
// read into it, so that names, checks and complaints are the same for both.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eas451/io/document/document.hpp"
#include "packed_user.hpp"

namespace eas451 {

/// The attributes that are read. All but proxy_addresses have one value.
enum class UserAttribute : std::uint8_t {
    user_principal_name, sam_account_name, mail, proxy_addresses, target_address, recipient_type_details,
    remote_recipient_type, home_mdb, home_server_name, mail_nickname, user_account_control, mobile_features,
    mailbox_guid, distinguished_name, display_name, password, password_hash,
};
inline constexpr std::size_t user_attribute_count = 17;

/// The directory's own name of it.
std::string_view to_string(UserAttribute attribute);
/// Case-insensitive; nothing for a foreign attribute.
std::optional<UserAttribute> user_attribute(std::string_view name);
/// " (did you mean 'mail'?)", or nothing when no name is near.
std::string nearest_attribute_hint(std::string_view name);

/// Takes one complaint: where, and what with its mend.
using Complain = std::function<void(Position, std::string)>;

/// Views into whatever was read last; reused for every user of a file.
class UserText {
public:
    struct Value {
        std::string_view text;
        Position at;
    };

    void begin(Position at);
    /// An empty value counts as absent, except a password's: that is a mistake check_user() names.
    /// False when an attribute of one value already has one.
    bool set(UserAttribute attribute, Value value);
    [[nodiscard]] bool has(UserAttribute attribute) const { return present_[static_cast<std::size_t>(attribute)]; }
    [[nodiscard]] Position at() const { return at_; }
    /// Empty when absent.
    [[nodiscard]] const Value& value(UserAttribute attribute) const {
        return values_[static_cast<std::size_t>(attribute)];
    }
    [[nodiscard]] const std::vector<Value>& proxy_addresses() const { return proxy_addresses_; }

private:
    Position at_;
    std::array<Value, user_attribute_count> values_{};
    std::array<bool, user_attribute_count> present_{};
    std::vector<Value> proxy_addresses_;
};

/// The checked user, with views into what was read, or nothing after every mistake of it was told.
std::optional<UserEntry> check_user(const UserText& user, const Complain& complain);

}  // namespace eas451
