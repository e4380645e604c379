// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <tuple>

#include "directory_contents.hpp"
#include "eas451/core/text.hpp"

namespace eas451 {

ContentsBuilder::ContentsBuilder(std::string file_name, std::size_t most_mistakes)
    : file_name_(std::move(file_name)),
      most_mistakes_(most_mistakes),
      contents_{std::make_unique<UserTable>(), {}},
      complain_([this](Position at, std::string text) { complain(at, std::move(text)); }) {}

void ContentsBuilder::complain(Position at, std::string text) {
    if (!is_full()) mistakes_.push_back({file_name_, at, std::move(text)});
}

void ContentsBuilder::add(const UserText& user) {
    const auto entry = check_user(user, complain_);
    if (!entry) return;
    if (const auto conflict = contents_.users->add(*entry)) {
        const auto attribute = user_attribute(conflict->attribute);
        complain(attribute && user.has(*attribute) ? user.value(*attribute).at : user.at(),
                 std::string(conflict->attribute) + " is already that of the user in line " +
                     std::to_string(conflict->line));
    }
}

void ContentsBuilder::add(OrganizationRelationship relationship, const std::vector<Position>& domains_at) {
    relationship.source = OrganizationRelationship::Source::directory;
    for (std::size_t i = 0; i < domains_at.size(); ++i) {
        const auto& domain = relationship.domain_names[i];
        const auto [place, is_new] = domain_lines_.emplace(ascii_lower(domain), domains_at[i].line);
        if (is_new) continue;
        complain(domains_at[i], "domain '" + domain + "' already stands in line " + std::to_string(place->second) +
                                    "; a domain belongs to one relationship");
    }
    contents_.relationships.push_back(std::move(relationship));
}

ReadContents ContentsBuilder::finish() {
    if (is_good()) return std::move(contents_);
    std::stable_sort(mistakes_.begin(), mistakes_.end(), [](const Mistake& a, const Mistake& b) {
        return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
    });
    return std::move(mistakes_);
}

}  // namespace eas451
