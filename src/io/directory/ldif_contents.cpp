// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include "directory_contents.hpp"
#include "eas451/core/text.hpp"
#include "ldif_reader.hpp"

namespace eas451 {
namespace {

enum class RecordKind : std::uint8_t { other, user, relationship };

constexpr std::string_view relationship_class = "msExchFedSharingRelationship";
constexpr std::string_view user_classes[] = {"user", "person", "inetOrgPerson"};
// Active Directory gives these an account name, or derives them from a user or a person: nobody
// logs in as one of them.
constexpr std::string_view foreign_classes[] = {"computer", "group", "contact", "foreignSecurityPrincipal",
                                                "publicFolder"};
constexpr std::string_view login_attributes[] = {"userPrincipalName", "sAMAccountName", "uid"};

/// The length first: this is asked for every line of the file.
bool is(std::string_view name, std::string_view known) {
    return name.size() == known.size() && equals_ignore_case(name, known);
}

template <class Names>
bool is_one_of(const Names& names, std::string_view name) {
    return std::any_of(std::begin(names), std::end(names), [&](auto known) { return is(name, known); });
}

RecordKind kind_of(const LdifRecord& record) {
    bool user = false;
    for (const LdifAttribute& attribute : record.attributes) {
        if (!is(attribute.name, "objectClass")) {
            user = user || is_one_of(login_attributes, attribute.name);
        } else if (is(attribute.value, relationship_class)) {
            return RecordKind::relationship;
        } else if (is_one_of(foreign_classes, attribute.value)) {
            return RecordKind::other;
        } else {
            user = user || is_one_of(user_classes, attribute.value);
        }
    }
    return user ? RecordKind::user : RecordKind::other;
}

void add_user(const LdifRecord& record, UserText& user, ContentsBuilder& contents) {
    user.begin(record.at);
    user.set(UserAttribute::distinguished_name, {record.dn, record.at});
    const LdifAttribute* uid = nullptr;
    for (const LdifAttribute& attribute : record.attributes) {
        if (uid == nullptr && is(attribute.name, "uid")) uid = &attribute;
        const auto known = user_attribute(attribute.name);
        if (!known || *known == UserAttribute::distinguished_name) continue;
        if (!user.set(*known, {attribute.value, attribute.at})) {
            contents.complain(attribute.at, std::string(to_string(*known)) + " stands twice in one record");
        }
    }
    // Directories other than Active Directory call the account name so.
    if (uid != nullptr && !user.has(UserAttribute::sam_account_name)) {
        user.set(UserAttribute::sam_account_name, {uid->value, uid->at});
    }
    contents.add(user);
}

void add_relationship(const LdifRecord& record, ContentsBuilder& contents) {
    OrganizationRelationship relationship;
    std::vector<Position> domains_at;
    for (const LdifAttribute& attribute : record.attributes) {
        const auto name = attribute.name;
        if (is(name, "cn") || is(name, "name")) {
            relationship.name = attribute.value;
        } else if (is(name, "msExchFedDomainNames")) {
            relationship.domain_names.emplace_back(attribute.value);
            domains_at.push_back(attribute.at);
        } else if (is(name, "msExchFedTargetOwaURL")) {
            relationship.target_owa_url = attribute.value;
        } else if (is(name, "msExchFedIsEnabled")) {
            const bool on = is(attribute.value, "TRUE");
            if (!on && !is(attribute.value, "FALSE")) {
                contents.complain(attribute.at, "msExchFedIsEnabled is neither TRUE nor FALSE");
            }
            relationship.enabled = on;
        } else {
            continue;
        }
        if (!is_valid_utf8(attribute.value) || contains_control(attribute.value)) {
            contents.complain(attribute.at, std::string(name) + " holds a control byte or is not UTF-8");
        }
    }
    contents.add(std::move(relationship), domains_at);
}

}  // namespace

ReadContents contents_of_ldif(std::istream& in, const std::string& file_name) {
    ContentsBuilder contents(file_name, most_ldif_mistakes);
    LdifReader reader(in);
    UserText user;
    while (!contents.is_full()) {
        const auto item = reader.next();
        if (std::holds_alternative<LdifEnd>(item)) break;
        if (const auto* fault = std::get_if<LdifFault>(&item)) {
            contents.complain(fault->at, fault->text);
            continue;
        }
        const auto& record = *std::get<const LdifRecord*>(item);
        switch (kind_of(record)) {
            case RecordKind::user: add_user(record, user, contents); break;
            case RecordKind::relationship: add_relationship(record, contents); break;
            case RecordKind::other: break;
        }
    }
    if (contents.users() == 0 && contents.is_good()) {
        contents.complain({}, "not one user in the file; export objects of class user with their attributes");
    }
    return contents.finish();
}

}  // namespace eas451
