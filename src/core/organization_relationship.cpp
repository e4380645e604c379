// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/organization_relationship.hpp"

#include <functional>

#include "byte_words.hpp"
#include "eas451/core/text.hpp"

namespace eas451 {

std::size_t RelationshipTable::DomainHash::operator()(std::string_view domain) const {
    // Over the lower-cased bytes, eight at a time. Nobody outside chooses what is in the table.
    byte_words::Word hash = domain.size();
    const auto mix = [&hash](byte_words::Word word) {
        hash = (hash ^ word) * 0x9e3779b97f4a7c15U;
        hash ^= hash >> 32U;
    };
    for (; domain.size() >= byte_words::word_bytes; domain.remove_prefix(byte_words::word_bytes)) {
        mix(byte_words::lowered(byte_words::load(domain.data())));
    }
    byte_words::Word rest = 0;
    for (const char c : domain) rest = (rest << 8U) | static_cast<unsigned char>(ascii_lower(c));
    mix(rest);
    return hash;
}

bool RelationshipTable::DomainEqual::operator()(std::string_view a, std::string_view b) const {
    return equals_ignore_case(a, b);
}

RelationshipTable::RelationshipTable(std::vector<OrganizationRelationship> static_relationships) {
    for (OrganizationRelationship& relationship : static_relationships) add(std::move(relationship), static_index_);
}

RelationshipTable::RelationshipTable(std::vector<OrganizationRelationship> static_relationships,
                                     std::optional<DirectoryPart> directory)
    : RelationshipTable(std::move(static_relationships)) {
    directory_wanted_ = true;
    if (!directory) return;
    directory_good_until_ = directory->good_until;
    for (OrganizationRelationship& relationship : directory->relationships) {
        add(std::move(relationship), directory_index_);
    }
}

void RelationshipTable::add(OrganizationRelationship relationship, Index& index) {
    auto target = relationship.eas_url.empty() ? eas_url_from_owa_url(relationship.target_owa_url)
                                               : eas_url_from_override(relationship.eas_url);
    const std::size_t number = all_.size();
    for (const std::string& domain : relationship.domain_names) {
        Slot& slot = index[ascii_lower(domain)];
        if (slot.first == none) {
            slot.first = number;
        } else if (slot.first != number && slot.second == none) {
            slot.second = number;
        }
    }
    std::string owa_host = https_host(relationship.target_owa_url).value_or("");
    all_.push_back({std::move(relationship), std::move(target), std::move(owa_host)});
}

std::optional<RelationshipTable::Lookup> RelationshipTable::look_in(const Index& index, std::string_view domain) const {
    const auto found = index.find(domain);
    if (found == index.end()) return std::nullopt;
    const Slot slot = found->second;
    if (slot.second != none) return Duplicate{all_[slot.first], all_[slot.second]};
    return Found{all_[slot.first]};
}

RelationshipTable::Lookup RelationshipTable::find(std::string_view domain, SteadyTime now) const {
    if (auto found = look_in(static_index_, domain)) return *found;
    if (!directory_wanted_) return None{};
    if (!directory_good_until_ || now > *directory_good_until_) return Unreadable{};
    if (auto found = look_in(directory_index_, domain)) return *found;
    return None{};
}

}  // namespace eas451
