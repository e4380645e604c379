// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <limits>
#include <utility>

#include "eas451/core/recipient.hpp"
#include "eas451/core/text.hpp"
#include "eas451/io/directory/password_hash.hpp"
#include "eas451/io/document/nearest_name.hpp"
#include "user_text.hpp"

namespace eas451 {
namespace {

using A = UserAttribute;

constexpr std::pair<A, std::string_view UserEntry::*> text_members[] = {
    {A::user_principal_name, &UserEntry::user_principal_name},
    {A::sam_account_name, &UserEntry::sam_account_name},
    {A::mail, &UserEntry::mail},
    {A::target_address, &UserEntry::target_address},
    {A::home_mdb, &UserEntry::home_mdb},
    {A::home_server_name, &UserEntry::home_server_name},
    {A::mail_nickname, &UserEntry::mail_nickname},
    {A::distinguished_name, &UserEntry::distinguished_name},
};

/// Decimal, or hexadecimal with 0x, as userAccountControl is often written.
std::optional<std::int64_t> parse_number(std::string_view text) {
    const bool hexadecimal = starts_with_ignore_case(text, "0x");
    if (hexadecimal) text.remove_prefix(2);
    if (hexadecimal && text.starts_with('-')) return std::nullopt;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, hexadecimal ? 16 : 10);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::string nearest_type_hint(std::string_view name) {
    NearestName nearest(name);
    for (unsigned bit = 0; bit < 63; ++bit) nearest.consider(recipient_type_details_name(std::int64_t{1} << bit));
    return nearest.hint();
}

/// A name, or NETBIOS\name.
bool is_account_name(std::string_view text) {
    const auto backslash = text.find('\\');
    if (backslash == std::string_view::npos) return true;
    return backslash > 0 && backslash + 1 < text.size() && text.find('\\', backslash + 1) == std::string_view::npos;
}

/// Fills an entry from one user's text; good() once nothing was complained of.
class UserCheck {
public:
    UserCheck(const UserText& text, UserEntry& user, const Complain& complain)
        : text_(text), user_(user), complain_(complain) {}

    void check_texts();
    void check_names();
    void check_numbers();
    void check_passwords();
    [[nodiscard]] bool good() const { return good_; }

private:
    void complain(Position at, std::string what) {
        good_ = false;
        complain_(at, std::move(what));
    }
    void complain(A attribute, std::string_view what) {
        complain(text_.value(attribute).at, std::string(to_string(attribute)) + " " + std::string(what));
    }
    void check_text(A attribute, const UserText::Value& value);
    std::optional<std::int64_t> number(A attribute, std::int64_t least, std::int64_t most);
    std::optional<std::int64_t> type_details();

    const UserText& text_;
    UserEntry& user_;
    const Complain& complain_;
    bool good_ = true;
};

void UserCheck::check_text(A attribute, const UserText::Value& value) {
    if (is_valid_utf8(value.text) && !contains_control(value.text)) return;
    complain(value.at, std::string(to_string(attribute)) + " holds a control byte or is not UTF-8");
}

void UserCheck::check_texts() {
    for (const auto& [attribute, member] : text_members) {
        check_text(attribute, text_.value(attribute));
        user_.*member = text_.value(attribute).text;
    }
    user_.proxy_addresses.reserve(text_.proxy_addresses().size());
    for (const UserText::Value& address : text_.proxy_addresses()) {
        check_text(A::proxy_addresses, address);
        user_.proxy_addresses.push_back(address.text);
    }
}

void UserCheck::check_names() {
    if (!is_account_name(user_.sam_account_name)) complain(A::sam_account_name, "is neither a name nor NETBIOS\\name");
    if (user_.user_principal_name.empty() && user_.sam_account_name.empty() && user_.mail.empty()) {
        complain(text_.at(), "a user without userPrincipalName, sAMAccountName and mail could never log in; give one");
    }
}

std::optional<std::int64_t> UserCheck::number(A attribute, std::int64_t least, std::int64_t most) {
    if (!text_.has(attribute)) return std::nullopt;
    const auto number = parse_number(text_.value(attribute).text);
    if (number && *number >= least && *number <= most) return number;
    complain(attribute, "is no number from " + std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
}

std::optional<std::int64_t> UserCheck::type_details() {
    if (!text_.has(A::recipient_type_details)) return std::nullopt;
    const auto text = text_.value(A::recipient_type_details).text;
    if (const auto number = parse_number(text); number && *number >= 0) return number;
    if (const auto value = recipient_type_details_value(text)) return value;
    complain(A::recipient_type_details,
             "is neither a number nor the name of a recipient type" + nearest_type_hint(text));
    return std::nullopt;
}

void UserCheck::check_numbers() {
    // Integers of LDAP are signed; userAccountControl is written both ways.
    constexpr std::int64_t least = std::numeric_limits<std::int32_t>::min();
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    constexpr std::int64_t most_unsigned = std::numeric_limits<std::uint32_t>::max();
    user_.recipient_type_details = type_details();
    user_.remote_recipient_type = number(A::remote_recipient_type, 0, std::numeric_limits<std::int64_t>::max());
    user_.user_account_control =
        static_cast<std::uint32_t>(number(A::user_account_control, least, most_unsigned).value_or(0));
    user_.mobile_features = static_cast<std::int32_t>(number(A::mobile_features, least, most).value_or(0));
    user_.has_mailbox_guid = text_.has(A::mailbox_guid);
}

void UserCheck::check_passwords() {
    user_.password = text_.value(A::password).text;
    user_.password_hash = text_.value(A::password_hash).text;
    if (text_.has(A::password) && user_.password.empty())
        complain(A::password, "is empty: nobody could log in with it");
    if (text_.has(A::password_hash) && !is_password_hash(user_.password_hash)) {
        complain(A::password_hash, "is no scrypt hash; `eas451 hash-password` makes one");
    }
    if (text_.has(A::password) && text_.has(A::password_hash)) {
        complain(A::password_hash, "stands beside a password; keep one of them");
    }
}

}  // namespace

std::optional<UserEntry> check_user(const UserText& text, const Complain& complain) {
    UserEntry user;
    user.line = text.at().line;
    UserCheck check(text, user, complain);
    check.check_texts();
    check.check_names();
    check.check_numbers();
    check.check_passwords();
    if (!check.good()) return std::nullopt;
    return user;
}

}  // namespace eas451
