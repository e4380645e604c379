// SPDX-License-Identifier: Apache-2.0
#include "user_table.hpp"

#include "eas451/core/text.hpp"
#include "password_digest.hpp"

namespace eas451 {
namespace {

constexpr std::string_view smtp_prefix = "smtp:";

struct AccountName {
    std::string_view domain;  // empty: plain, of whatever domain
    std::string_view name;
};

AccountName split_account_name(std::string_view text) {
    const auto backslash = text.find('\\');
    if (backslash == std::string_view::npos) return {{}, text};
    return {text.substr(0, backslash), text.substr(backslash + 1)};
}

/// "DC=contoso,DC=com" of "CN=Anna,OU=Staff,DC=contoso,DC=com"; empty when there is none.
std::string_view domain_of(std::string_view distinguished_name) {
    for (std::size_t i = 0; i < distinguished_name.size(); ++i) {
        const bool begins =
            i == 0 || (distinguished_name[i - 1] == ',' && (i == 1 || distinguished_name[i - 2] != '\\'));
        if (begins && starts_with_ignore_case(distinguished_name.substr(i), "DC=")) return distinguished_name.substr(i);
    }
    return {};
}

/// DC=contoso,DC=com is contoso.com.
bool is_domain(std::string_view domain_dn, std::string_view dns_name) {
    constexpr std::string_view attribute = "DC=";
    for (;;) {
        const auto label = dns_name.substr(0, dns_name.find('.'));
        if (!starts_with_ignore_case(domain_dn, attribute)) return false;
        domain_dn.remove_prefix(attribute.size());
        if (!starts_with_ignore_case(domain_dn, label)) return false;
        domain_dn.remove_prefix(label.size());
        if (label.size() == dns_name.size()) return domain_dn.empty();
        if (!domain_dn.starts_with(',')) return false;
        domain_dn.remove_prefix(1);
        dns_name.remove_prefix(label.size() + 1);
    }
}

bool in_different_domains(std::string_view one_dn, std::string_view other_dn) {
    const auto one = domain_of(one_dn);
    const auto other = domain_of(other_dn);
    return !one.empty() && !other.empty() && !equals_ignore_case(one, other);
}

/// The address of a proxyAddresses value of type SMTP.
std::optional<std::string_view> smtp_address_of(std::string_view proxy_address) {
    if (!starts_with_ignore_case(proxy_address, smtp_prefix)) return std::nullopt;
    return proxy_address.substr(smtp_prefix.size());
}

bool has_address(PackedUser user, std::string_view address) {
    for (PackedUser::Item item; user.next(item);) {
        if (item.field == UserField::mail && equals_ignore_case(item.text, address)) return true;
        if (item.field != UserField::proxy_address) continue;
        const auto smtp = smtp_address_of(item.text);
        if (smtp && equals_ignore_case(*smtp, address)) return true;
    }
    return false;
}

}  // namespace

std::uint32_t UserTable::hash_of(Key kind, std::string_view key) {
    return key_hash(static_cast<std::uint8_t>(kind), key);
}

template <class Accept>
UserTable::Hits UserTable::look_up(std::uint32_t hash, Accept accept) const {
    Hits hits;
    keys_.visit(hash, [&](Number number) {
        if (hits.count == 1 && hits.users[0] == number) return false;
        if (accept(user_at(number))) hits.users[hits.count++] = number;
        return hits.count == hits.users.size();
    });
    return hits;
}

UserTable::Hits UserTable::with_address(std::string_view address) const {
    return look_up(hash_of(Key::smtp, address), [&](PackedUser user) { return has_address(user, address); });
}

UserTable::Hits UserTable::with_account_name(std::string_view domain, std::string_view name) const {
    return look_up(hash_of(Key::account_name, name), [&](PackedUser user) {
        const auto own = split_account_name(user.text(UserField::sam_account_name));
        const bool domain_fits = domain.empty() || own.domain.empty() || equals_ignore_case(own.domain, domain);
        return domain_fits && equals_ignore_case(own.name, name);
    });
}

UserTable::Match UserTable::match(const Hits& hits, LoginForm form) const {
    using Count = Match::Count;
    if (hits.count == 0) return {};
    return {hits.count == 1 ? Count::one : Count::several, hits.users[0], form};
}

UserTable::Hits UserTable::with_account_name_at(std::string_view dns_name, std::string_view name) const {
    return look_up(hash_of(Key::account_name, name), [&](PackedUser user) {
        return equals_ignore_case(split_account_name(user.text(UserField::sam_account_name)).name, name) &&
               is_domain(domain_of(user.text(UserField::distinguished_name)), dns_name);
    });
}

UserTable::Match UserTable::find(const LoginName& login, bool smtp_logins) const {
    switch (login.form) {
        case LoginForm::netbios: return match(with_account_name(login.domain, login.name), LoginForm::netbios);
        case LoginForm::bare: return match(with_account_name({}, login.name), LoginForm::bare);
        case LoginForm::upn:
        case LoginForm::smtp: break;
    }
    const auto by_name = look_up(hash_of(Key::user_principal_name, login.text), [&](PackedUser user) {
        return equals_ignore_case(user.text(UserField::user_principal_name), login.text);
    });
    if (by_name.count != 0) return match(by_name, LoginForm::upn);
    const auto by_account = with_account_name_at(login.domain, login.name);
    if (by_account.count != 0) return match(by_account, LoginForm::upn);
    return smtp_logins ? match(with_address(login.text), LoginForm::smtp) : Match{};
}

void UserTable::collect_keys(const UserEntry& user) {
    added_keys_.clear();
    const auto collect = [&](Key kind, std::string_view text) {
        if (!text.empty()) added_keys_.push_back({kind, hash_of(kind, text), text});
    };
    collect(Key::user_principal_name, user.user_principal_name);
    collect(Key::account_name, split_account_name(user.sam_account_name).name);
    collect(Key::distinguished_name, user.distinguished_name);
    collect(Key::smtp, user.mail);
    for (const auto proxy_address : user.proxy_addresses) {
        collect(Key::smtp, smtp_address_of(proxy_address).value_or(std::string_view{}));
    }
    for (const HashedKey& key : added_keys_) keys_.prefetch(key.hash);
}

std::optional<UserTable::Conflict> UserTable::conflict_of(const UserEntry& user, const HashedKey& key) const {
    const auto conflict = [&](std::string_view attribute, auto is_same) -> std::optional<Conflict> {
        const auto hits = look_up(key.hash, is_same);
        if (hits.count == 0) return std::nullopt;
        return Conflict{attribute, static_cast<std::uint32_t>(user_at(hits.users[0]).number(UserField::line))};
    };
    const auto has = [](PackedUser other, UserField field, std::string_view value) {
        return equals_ignore_case(other.text(field), value);
    };
    switch (key.kind) {
        case Key::user_principal_name:
            return conflict("userPrincipalName",
                            [&](PackedUser other) { return has(other, UserField::user_principal_name, key.text); });
        case Key::distinguished_name:
            return conflict("distinguishedName",
                            [&](PackedUser other) { return has(other, UserField::distinguished_name, key.text); });
        case Key::account_name:
            return conflict("sAMAccountName", [&](PackedUser other) {
                const bool plain = key.text.size() == user.sam_account_name.size();
                return has(other, UserField::sam_account_name, user.sam_account_name) &&
                       !(plain && in_different_domains(other.text(UserField::distinguished_name),
                                                       user.distinguished_name));
            });
        case Key::smtp: break;
    }
    return std::nullopt;
}

/// Two users under an address make it ambiguous; a third adds nothing, and a thousand would make the
/// index slow. A user's own address twice (mail and the primary proxy address) counts once.
bool UserTable::wants_address(const HashedKey& key, Number number) const {
    const auto hits = look_up(key.hash, [&](PackedUser user) { return has_address(user, key.text); });
    return hits.count == 0 || (hits.count == 1 && hits.users[0] != number);
}

std::optional<UserTable::Conflict> UserTable::add(const UserEntry& user) {
    collect_keys(user);
    pack(user);
    for (const HashedKey& key : added_keys_) {
        if (auto conflict = conflict_of(user, key)) return conflict;
    }
    const auto number = static_cast<Number>(addresses_.size());
    addresses_.push_back(records_.append(packed_));
    if (!first_with_hash_ && !user.password_hash.empty()) first_with_hash_ = number;
    for (const HashedKey& key : added_keys_) {
        if (key.kind != Key::smtp || wants_address(key, number)) keys_.insert(key.hash, number);
    }
    return std::nullopt;
}

void UserTable::pack(const UserEntry& user) {
    packed_.clear();
    UserPacker packer(packed_);
    pack_attributes(packer, user);
    if (!user.password.empty()) packer.text(UserField::password_digest, password_digest(user.password));
    packer.text(UserField::password_hash, user.password_hash);
    if (!user.home_mdb.empty()) packer.number(UserField::shared_home_mdb, shared_.number_of(user.home_mdb));
    if (!user.home_server_name.empty()) {
        packer.number(UserField::shared_home_server_name, shared_.number_of(user.home_server_name));
    }
    packer.number(UserField::line, user.line);
    packer.end();
}

}  // namespace eas451
