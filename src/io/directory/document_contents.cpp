// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "directory_contents.hpp"
#include "eas451/core/smtp_address.hpp"
#include "eas451/core/text.hpp"
#include "eas451/io/document/nearest_name.hpp"

namespace eas451 {
namespace {

using Name = std::string_view;

constexpr Name root_keys[] = {"users", "organization_relationships"};
constexpr Name relationship_keys[] = {"name",    "domain_names",             "target_owa_url",
                                      "eas_url", "minimum_protocol_version", "enabled"};

/// Reads the tree of one file into a builder. Null stands for an absent value everywhere.
class DocumentContents {
public:
    explicit DocumentContents(const std::string& file_name) : contents_(file_name, most_document_mistakes) {}

    ReadContents read(const Node& root);

private:
    void read_user(const Node& node);
    void read_attribute(const Node::Entry& entry);
    void read_proxy_addresses(const Node& node);

    void read_relationship(const Node& node);
    void read_field(const Node::Entry& entry, OrganizationRelationship& relationship,
                    std::vector<Position>& domains_at);
    void read_domain(const Node& node, OrganizationRelationship& relationship, std::vector<Position>& domains_at);
    void read_version(const Node& node, OrganizationRelationship& relationship);
    void read_enabled(const Node& node, OrganizationRelationship& relationship);

    void complain(Position at, std::string text) { contents_.complain(at, std::move(text)); }
    bool expect(const Node& node, NodeKind kind, Name what);
    void unknown_name(const Node::Entry& entry, Name what, const std::string& hint);
    void unknown_key(const Node::Entry& entry, const Name* known, std::size_t count);
    std::string text_of(const Node::Entry& entry);
    /// Calls read(item) for each item; a single value where a list may stand is a list of one.
    template <class Read>
    void each(const Node& node, Read read);

    ContentsBuilder contents_;
    UserText user_;
};

bool DocumentContents::expect(const Node& node, NodeKind kind, Name what) {
    if (node.kind == kind) return true;
    constexpr Name kinds[] = {"nothing", "a value", "a list", "a mapping"};
    complain(node.at, std::string(what) + " has to be " + std::string(kinds[static_cast<std::size_t>(kind)]) +
                          ", not " + std::string(kinds[static_cast<std::size_t>(node.kind)]));
    return false;
}

/// The name is shown only where it is nearly a known one: what a comma cuts off a password that is not
/// quoted, as in {password: abc,def}, looks like a name too.
void DocumentContents::unknown_name(const Node::Entry& entry, Name what, const std::string& hint) {
    complain(entry.at, "unknown " + std::string(what) +
                           (hint.empty() ? "; a value with a comma needs quotes" : " '" + entry.name + "'" + hint));
}

void DocumentContents::unknown_key(const Node::Entry& entry, const Name* known, std::size_t count) {
    NearestName nearest(entry.name);
    for (std::size_t i = 0; i < count; ++i) nearest.consider(known[i]);
    unknown_name(entry, "key", nearest.hint());
}

std::string DocumentContents::text_of(const Node::Entry& entry) {
    const Node& node = entry.value;
    if (node.kind == NodeKind::null || !expect(node, NodeKind::scalar, entry.name)) return {};
    if (contains_control(node.scalar)) complain(node.at, entry.name + " holds a control byte");
    return node.scalar;
}

template <class Read>
void DocumentContents::each(const Node& node, Read read) {
    if (node.kind == NodeKind::sequence) {
        for (const Node& item : node.items) read(item);
    } else if (node.kind != NodeKind::null) {
        read(node);
    }
}

ReadContents DocumentContents::read(const Node& root) {
    if (expect(root, NodeKind::mapping, "a directory file")) {
        if (root.find("users") == nullptr) complain(root.at, "no list 'users'");
        for (const auto& entry : root.entries) {
            const bool users = entry.name == root_keys[0];
            if (!users && entry.name != root_keys[1]) {
                unknown_key(entry, root_keys, std::size(root_keys));
            } else if ((users || entry.value.kind != NodeKind::null) &&
                       expect(entry.value, NodeKind::sequence, entry.name)) {
                for (const Node& item : entry.value.items) users ? read_user(item) : read_relationship(item);
            }
        }
    }
    return contents_.finish();
}

void DocumentContents::read_user(const Node& node) {
    if (!expect(node, NodeKind::mapping, "a user")) return;
    user_.begin(node.at);
    for (const auto& entry : node.entries) read_attribute(entry);
    contents_.add(user_);
}

void DocumentContents::read_attribute(const Node::Entry& entry) {
    const auto attribute = user_attribute(entry.name);
    if (!attribute)
        return unknown_name(entry, "attribute", nearest_attribute_hint(entry.name));
    if (*attribute == UserAttribute::proxy_addresses) return read_proxy_addresses(entry.value);
    if (entry.value.kind == NodeKind::null) return;
    if (!expect(entry.value, NodeKind::scalar, entry.name)) return;
    if (user_.set(*attribute, {entry.value.scalar, entry.value.at})) return;
    complain(entry.at, std::string(to_string(*attribute)) + " stands twice in one user");
}

void DocumentContents::read_proxy_addresses(const Node& node) {
    each(node, [&](const Node& item) {
        if (!expect(item, NodeKind::scalar, "an address of proxyAddresses")) return;
        // Exchange writes the type before every address; without it nobody could tell what it is.
        if (item.scalar.find(':') == std::string::npos) {
            complain(item.at, "an address of proxyAddresses without its type; write SMTP: or smtp: before it");
        }
        user_.set(UserAttribute::proxy_addresses, {item.scalar, item.at});
    });
}

void DocumentContents::read_relationship(const Node& node) {
    if (!expect(node, NodeKind::mapping, "a relationship")) return;
    OrganizationRelationship relationship;
    std::vector<Position> domains_at;
    for (const auto& entry : node.entries) read_field(entry, relationship, domains_at);
    if (relationship.name.empty()) complain(node.at, "a relationship without a name");
    if (relationship.domain_names.empty()) complain(node.at, "a relationship without domain_names matches nobody");
    contents_.add(std::move(relationship), domains_at);
}

void DocumentContents::read_field(const Node::Entry& entry, OrganizationRelationship& relationship,
                                  std::vector<Position>& domains_at) {
    if (entry.name == "name") {
        relationship.name = text_of(entry);
    } else if (entry.name == "domain_names") {
        each(entry.value, [&](const Node& item) { read_domain(item, relationship, domains_at); });
    } else if (entry.name == "target_owa_url") {
        relationship.target_owa_url = text_of(entry);
        if (relationship.target_owa_url.empty()) return;
        const auto target = eas_url_from_owa_url(relationship.target_owa_url);
        if (!target) complain(entry.value.at, "target_owa_url: " + std::string(to_string(target.error())));
    } else if (entry.name == "eas_url") {
        relationship.eas_url = text_of(entry);
        if (relationship.eas_url.empty()) return;
        const auto target = eas_url_from_override(relationship.eas_url);
        if (!target)
            complain(entry.value.at,
                     "eas_url: " + std::string(to_string(target.error())) + "; write it as https://HOST");
    } else if (entry.name == "minimum_protocol_version") {
        read_version(entry.value, relationship);
    } else if (entry.name == "enabled") {
        read_enabled(entry.value, relationship);
    } else {
        unknown_key(entry, relationship_keys, std::size(relationship_keys));
    }
}

void DocumentContents::read_domain(const Node& node, OrganizationRelationship& relationship,
                                   std::vector<Position>& domains_at) {
    if (!expect(node, NodeKind::scalar, "a name of domain_names")) return;
    if (!is_domain_name(node.scalar))
        return complain(node.at, "no domain name; write it as contoso.mail.onmicrosoft.com");
    relationship.domain_names.push_back(node.scalar);
    domains_at.push_back(node.at);
}

void DocumentContents::read_version(const Node& node, OrganizationRelationship& relationship) {
    if (node.kind == NodeKind::null || !expect(node, NodeKind::scalar, "minimum_protocol_version")) return;
    const auto version = ProtocolVersion::parse(node.scalar);
    if (!version) return complain(node.at, "no version of the protocol; write it as \"14.1\"");
    if (*version < first_version_with_status) {
        return complain(node.at, "below 14.0, where devices do not understand a 451; write 14.0 or more");
    }
    relationship.minimum_protocol_version = version;
}

void DocumentContents::read_enabled(const Node& node, OrganizationRelationship& relationship) {
    if (node.kind == NodeKind::null || !expect(node, NodeKind::scalar, "enabled")) return;
    if (node.quoted || (node.scalar != "true" && node.scalar != "false")) complain(node.at, "enabled is true or false");
    relationship.enabled = node.scalar == "true";
}

}  // namespace

ReadContents contents_of_document(const Node& root, const std::string& file_name) {
    return DocumentContents(file_name).read(root);
}

}  // namespace eas451
