// SPDX-License-Identifier: Apache-2.0
// UserTable: the users of a file directory, made to hold a million of them in some 300 bytes each.
// Filled by one thread; constant and thread-safe from then on.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "byte_arena.hpp"
#include "eas451/core/credentials.hpp"
#include "eas451/core/recipient.hpp"
#include "key_index.hpp"
#include "packed_user.hpp"
#include "shared_values.hpp"

namespace eas451 {

class UserTable {
public:
    using Number = std::uint32_t;  // of a user, from 0 in file order

    /// Another user already has a name that only one may have.
    struct Conflict {
        std::string_view attribute;
        std::uint32_t line;  // of the user who has it
    };
    /// Stores the user, or says why not. userPrincipalName and distinguishedName are unique, and so is
    /// sAMAccountName within its domain: two plain ones are two domains' when their DNs say so. Mail
    /// addresses may be shared; such a login is ambiguous.
    std::optional<Conflict> add(const UserEntry& user);

    struct Match {
        enum class Count : std::uint8_t { none, one, several } count = Count::none;
        Number user = 0;
        LoginForm form = LoginForm::bare;
    };
    /// By the rules of each form of login; ASCII case does not count. A name with '@' is the UPN of the user
    /// who has it; else sAMAccountName@domain, where a distinguished name says the domain; else, if
    /// `smtp_logins`, a mail address.
    [[nodiscard]] Match find(const LoginName& login, bool smtp_logins) const;

    [[nodiscard]] Recipient recipient(Number user) const;
    [[nodiscard]] std::uint32_t user_account_control(Number user) const;
    /// Empty when the user has none.
    [[nodiscard]] std::string_view password_hash(Number user) const;
    /// That of the first user who has one; empty when nobody has.
    [[nodiscard]] std::string_view first_password_hash() const;
    /// False for a user without a plain password, and for no user; all three take the same time.
    [[nodiscard]] bool has_password(std::optional<Number> user, std::string_view password) const;
    [[nodiscard]] std::size_t size() const { return addresses_.size(); }

private:
    enum class Key : std::uint8_t { user_principal_name, account_name, smtp, distinguished_name };
    struct Hits {
        std::array<Number, 2> users{};
        std::size_t count = 0;  // two mean: two or more
    };

    [[nodiscard]] PackedUser user_at(Number user) const { return PackedUser(records_.from(addresses_[user])); }
    static std::uint32_t hash_of(Key kind, std::string_view key);
    template <class Accept>
    [[nodiscard]] Hits look_up(std::uint32_t hash, Accept accept) const;
    [[nodiscard]] Match match(const Hits& hits, LoginForm form) const;
    /// The keys of one user with their hashes, in the order of Key; an absent one is not there.
    struct HashedKey {
        Key kind;
        std::uint32_t hash;
        std::string_view text;
    };
    void collect_keys(const UserEntry& user);
    [[nodiscard]] std::optional<Conflict> conflict_of(const UserEntry& user, const HashedKey& key) const;
    [[nodiscard]] bool wants_address(const HashedKey& key, Number number) const;

    [[nodiscard]] Hits with_address(std::string_view address) const;
    [[nodiscard]] Hits with_account_name(std::string_view domain, std::string_view name) const;
    [[nodiscard]] Hits with_account_name_at(std::string_view dns_name, std::string_view name) const;
    void pack(const UserEntry& user);

    ByteArena records_;
    std::vector<ByteArena::Address> addresses_;  // of the record of each user
    KeyIndex keys_;
    SharedValues shared_;
    std::optional<Number> first_with_hash_;
    // Of the user being added.
    std::string packed_;
    std::vector<HashedKey> added_keys_;
};

}  // namespace eas451
