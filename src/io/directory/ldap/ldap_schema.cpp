// SPDX-License-Identifier: Apache-2.0
#include "ldap_schema.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>

#include "eas451/core/text.hpp"
#include "ldap_filter.hpp"

namespace eas451 {
namespace {

/// The whole text is a number of that type, or nothing is.
template <class Number>
std::optional<Number> number_of(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// Reads one attribute after the other, and keeps the first that cannot be read.
class EntryReader {
public:
    explicit EntryReader(const LdapEntry& entry) : entry_(entry) {}

    void read(const std::string& name, std::string& text) const { text = entry_.value(name); }
    void read(const std::string& name, std::vector<std::string>& texts) const { texts = entry_.values(name); }
    template <class Number>
    void read(const std::string& name, std::optional<Number>& number) {
        const std::string_view text = entry_.value(name);
        if (text.empty()) return;
        number = number_of<Number>(text);
        if (!number && trouble_.empty()) trouble_ = name + " of " + entry_.dn + " is no number";
    }
    template <class Number>
    void read_or_zero(const std::string& name, Number& number) {
        std::optional<Number> given;
        read(name, given);
        number = given.value_or(Number{0});
    }
    [[nodiscard]] const std::string& trouble() const { return trouble_; }

private:
    const LdapEntry& entry_;
    std::string trouble_;
};

/// Active Directory has the first, OpenLDAP the second; the others say when the password changed, there
/// and here.
constexpr std::string_view identity_attributes[] = {"objectGUID", "entryUUID", "pwdLastSet", "pwdChangedTime"};

/// OpenLDAP's, which need not say at the bind that an account is locked (ppolicy_use_lockout).
constexpr std::string_view locked_attribute = "pwdAccountLockedTime";

/// A count of 100 ns since 1601 (MS-ADTS 3.1.1.1.10); nothing for what is no time of ours.
std::optional<std::chrono::system_clock::time_point> time_of_filetime(std::uint64_t filetime) {
    constexpr std::uint64_t unix_epoch = 116'444'736'000'000'000;
    constexpr std::uint64_t latest = unix_epoch * 4;
    if (filetime < unix_epoch || filetime > latest) return std::nullopt;
    return std::chrono::system_clock::time_point(std::chrono::microseconds((filetime - unix_epoch) / 10));
}

/// YYYYMMDDHHMMSS as a number, from a GeneralizedTime in UTC (RFC 4517 3.3.13).
std::optional<std::chrono::system_clock::time_point> time_of_generalized(std::uint64_t digits) {
    using namespace std::chrono;
    const auto part = [&digits](unsigned size) {
        const auto value = static_cast<unsigned>(digits % size);
        digits /= size;
        return value;
    };
    const unsigned second = part(100), minute = part(100), hour = part(100), day = part(100), month = part(100);
    const year_month_day date{year(static_cast<int>(std::min<std::uint64_t>(digits, 9999))), std::chrono::month(month),
                              std::chrono::day(day)};
    if (!date.ok()) return std::nullopt;
    return system_clock::time_point(sys_days(date)) + hours(hour) + minutes(minute) + seconds(second);
}

std::string identity_of(const LdapEntry& entry) {
    constexpr std::string_view digits = "0123456789abcdef";
    if (entry.value("objectGUID").empty() && entry.value("entryUUID").empty()) return {};
    std::string identity;
    for (const std::string_view name : identity_attributes) {
        for (const char c : entry.value(name)) {
            const auto byte = static_cast<unsigned char>(c);
            identity.append({digits[byte >> 4U], digits[byte & 0xfU]});
        }
        identity += '/';
    }
    return identity;
}

bool has_at_sign(const LoginName& login) { return login.form == LoginForm::upn || login.form == LoginForm::smtp; }

/// The value of the first part of a distinguished name, for people.
std::string_view first_value(std::string_view dn) {
    const std::size_t equals = dn.find('=');
    if (equals == std::string_view::npos) return dn;
    return dn.substr(equals + 1, dn.find(',') == std::string_view::npos ? dn.npos : dn.find(',') - equals - 1);
}

}  // namespace

LdapSchema::LdapSchema(std::string user_filter, const std::map<std::string, std::string>& attributes)
    : user_filter_(std::move(user_filter)) {
    for (const std::string_view name : recipient_attributes) {
        const auto other = attributes.find(std::string(name));
        names_.emplace_back(other == attributes.end() ? name : std::string_view(other->second));
    }
    names_.insert(names_.end(), std::begin(identity_attributes), std::end(identity_attributes));
    names_.emplace_back(locked_attribute);
}

const std::string& LdapSchema::name_of(std::string_view attribute) const {
    const auto* const found = std::find(std::begin(recipient_attributes), std::end(recipient_attributes), attribute);
    if (found == std::end(recipient_attributes)) throw std::logic_error("an attribute that is not asked for");
    return names_[static_cast<std::size_t>(found - std::begin(recipient_attributes))];
}

std::string LdapSchema::login_filter(const LoginName& login, LoginWays ways) const {
    const auto equals = [this](std::string_view attribute, const std::string& value, const char* prefix = "") {
        return "(" + name_of(attribute) + "=" + prefix + escape_filter_value(value) + ")";
    };
    std::string wanted;
    if (!has_at_sign(login)) {
        wanted = equals("sAMAccountName", login.name);
    } else {
        wanted = equals("userPrincipalName", login.text);
        if (ways.account_name) wanted += equals("sAMAccountName", login.name);
        if (ways.address) wanted += equals("proxyAddresses", login.text, "smtp:") + equals("mail", login.text);
        if (ways.account_name || ways.address) wanted = "(|" + wanted + ")";
    }
    return "(&" + user_filter_ + wanted + ")";
}

bool LdapSchema::has_login(const Recipient& recipient, const LoginName& login) {
    if (equals_ignore_case(recipient.sam_account_name, login.name)) return true;
    return has_at_sign(login) &&
           (equals_ignore_case(recipient.user_principal_name, login.text) || has_address(recipient, login.text));
}

bool LdapSchema::has_address(const Recipient& recipient, std::string_view address) {
    constexpr std::string_view prefix = "smtp:";
    return equals_ignore_case(recipient.mail, address) ||
           std::ranges::any_of(recipient.proxy_addresses, [&](std::string_view value) {
               return starts_with_ignore_case(value, prefix) && equals_ignore_case(value.substr(prefix.size()), address);
           });
}

PasswordSet LdapSchema::password_set_of(const LdapEntry& entry, std::chrono::system_clock::time_point now) {
    auto value = number_of<WrongPasswords::LastSet>(entry.value("pwdLastSet"));
    std::optional<std::chrono::system_clock::time_point> at;
    if (value) {
        at = time_of_filetime(*value);
    } else {
        value = number_of<WrongPasswords::LastSet>(entry.value("pwdChangedTime").substr(0, 14));
        if (value) at = time_of_generalized(*value);
    }
    const bool is_lately = !at || *at > now - WrongPasswords::without_last_set;
    const std::string_view locked = entry.value(locked_attribute);
    if (!value || locked.empty()) return {value, is_lately};
    // A right password is refused like a wrong one while this is so: it is another time than before and after,
    // and one that is not believed for long, since what is there outlasts the lock until the next bind.
    return {*value ^ (number_of<WrongPasswords::LastSet>(locked.substr(0, 14)).value_or(0) + 1) << 8U, true};
}

Result<Recipient, std::string> LdapSchema::recipient_of(const LdapEntry& entry) const {
    Recipient recipient;
    recipient.distinguished_name = entry.dn;
    recipient.identity = identity_of(entry);
    EntryReader reader(entry);
    reader.read(name_of("userPrincipalName"), recipient.user_principal_name);
    reader.read(name_of("sAMAccountName"), recipient.sam_account_name);
    reader.read(name_of("mail"), recipient.mail);
    reader.read(name_of("proxyAddresses"), recipient.proxy_addresses);
    reader.read(name_of("mailNickname"), recipient.mail_nickname);
    reader.read(name_of("homeMDB"), recipient.home_mdb);
    reader.read(name_of("msExchHomeServerName"), recipient.home_server_name);
    reader.read(name_of("targetAddress"), recipient.target_address);
    reader.read(name_of("msExchRecipientTypeDetails"), recipient.recipient_type_details);
    reader.read(name_of("msExchRemoteRecipientType"), recipient.remote_recipient_type);
    std::int32_t account_control = 0;  // signed in the directory (MS-ADTS 2.2.16 over syntax 2.5.5.9)
    reader.read_or_zero(name_of("userAccountControl"), account_control);
    recipient.user_account_control = static_cast<std::uint32_t>(account_control);
    reader.read_or_zero(name_of("msExchOmaAdminWirelessEnable"), recipient.mobile_features);
    recipient.has_mailbox_guid = !entry.values(name_of("msExchMailboxGuid")).empty();
    if (!reader.trouble().empty()) return {boost::system::in_place_error, reader.trouble()};
    return recipient;
}

const std::array<std::string_view, 4> relationship_attributes{"cn", "msExchFedDomainNames", "msExchFedTargetOwaURL",
                                                              "msExchFedIsEnabled"};

OrganizationRelationship relationship_of(const LdapEntry& entry) {
    OrganizationRelationship relationship;
    const std::string_view cn = entry.value("cn");
    relationship.name = cn.empty() ? first_value(entry.dn) : cn;
    relationship.domain_names = entry.values("msExchFedDomainNames");
    relationship.target_owa_url = entry.value("msExchFedTargetOwaURL");
    relationship.enabled = !equals_ignore_case(entry.value("msExchFedIsEnabled"), "FALSE");
    relationship.source = OrganizationRelationship::Source::directory;
    return relationship;
}

}  // namespace eas451
