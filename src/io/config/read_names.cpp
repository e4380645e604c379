// SPDX-License-Identifier: Apache-2.0
// The two maps from names to names: NetBIOS names to domains, attributes to those of another schema.
#include <algorithm>
#include <map>

#include "eas451/core/recipient.hpp"
#include "eas451/core/text.hpp"
#include "kinds.hpp"

namespace eas451 {
namespace {

using Names = std::map<std::string, std::string>;

std::string_view known_attribute(std::string_view name) {
    const auto same = [name](std::string_view known) { return equals_ignore_case(known, name); };
    const auto* const found = std::find_if(std::begin(recipient_attributes), std::end(recipient_attributes), same);
    return found == std::end(recipient_attributes) ? std::string_view{} : *found;
}

bool is_attribute_name(std::string_view text) {
    constexpr std::size_t longest = 128;
    return !text.empty() && text.size() <= longest && is_ascii_alpha(text.front()) &&
           std::all_of(text.begin(), text.end(), [](char c) { return is_ascii_alnum(c) || c == '-'; });
}

void read_netbios_domain(const Node::Entry& entry, const Complain& complain, Names& domains) {
    constexpr std::size_t longest_netbios_name = 15;
    const bool is_name = !entry.name.empty() && entry.name.size() <= longest_netbios_name &&
                         entry.name.find('\\') == std::string::npos && !contains_control(entry.name);
    if (!is_name) complain(entry.at, shown(entry.name) + " is no NetBIOS name; write 1 to 15 characters");
    const auto domain = read_value({Kind::domain_name}, entry.value, {}, complain);
    if (is_name && domain) domains[entry.name] = std::get<std::string>(*domain);
}

void read_attribute_name(const Node::Entry& entry, const Complain& complain, Names& names) {
    const std::string_view ours = known_attribute(entry.name);
    if (ours.empty()) {
        std::string all;
        for (const std::string_view name : recipient_attributes) all.append(all.empty() ? "" : ", ").append(name);
        complain(entry.at, shown(entry.name) + " is no attribute that is looked at; write one of " + all);
    }
    const auto value = read_value({Kind::text}, entry.value, {}, complain);
    if (!value) return;
    const auto& theirs = std::get<std::string>(*value);
    if (!is_attribute_name(theirs)) {
        complain(entry.value.at, shown(theirs) + " is no attribute name; write letters, digits and hyphens, as in uid");
    } else if (!ours.empty()) {
        names[std::string(ours)] = theirs;
    }
}

}  // namespace

std::optional<Value> read_names(const Type& type, const Node& node, const Complain& complain) {
    if (node.kind != NodeKind::mapping) {
        const std::string what = node.kind == NodeKind::scalar     ? shown(node.scalar)
                                 : node.kind == NodeKind::sequence ? "a list"
                                                                   : "nothing";
        complain(node.at, what + " is no " + std::string(traits_of(type.kind).name) + "; write " +
                              std::string(traits_of(type.kind).form));
        return std::nullopt;
    }
    Names names;
    for (const Node::Entry& entry : node.entries) {
        type.kind == Kind::netbios_domains ? read_netbios_domain(entry, complain, names)
                                           : read_attribute_name(entry, complain, names);
    }
    if (names.size() != node.entries.size()) return std::nullopt;
    return names;
}

}  // namespace eas451
