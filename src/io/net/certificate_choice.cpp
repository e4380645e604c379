// SPDX-License-Identifier: Apache-2.0
#include "certificate_choice.hpp"

#include <algorithm>

#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

using Candidates = std::vector<CertificateChoice::Candidate>;

bool has_name(const CertificateChoice::Candidate& candidate, std::string_view name) {
    return std::find(candidate.names.begin(), candidate.names.end(), name) != candidate.names.end();
}

void add(const Candidates& candidates, std::size_t number, CertificateChoice::Offer& offer) {
    const auto is_alike = [&](std::size_t other) { return candidates[other].key_kind == candidates[number].key_kind; };
    if (std::none_of(offer.begin(), offer.end(), is_alike)) offer.push_back(number);
}

/// The first, and those that have every name of it and another kind of key.
CertificateChoice::Offer default_offer(const Candidates& candidates) {
    CertificateChoice::Offer offer{0};
    for (std::size_t i = 1; i < candidates.size(); ++i) {
        const auto has_it = [&](const std::string& name) { return has_name(candidates[i], name); };
        const auto& names = candidates[0].names;
        if (!names.empty() && std::all_of(names.begin(), names.end(), has_it)) add(candidates, i, offer);
    }
    return offer;
}

}  // namespace

CertificateChoice::CertificateChoice(const Candidates& candidates) {
    offers_.push_back(default_offer(candidates));
    for (const Candidate& named : candidates) {
        for (const std::string& name : named.names) {
            if (by_name_.contains(name)) continue;
            Offer offer;
            for (std::size_t i = 0; i < candidates.size(); ++i) {
                if (has_name(candidates[i], name)) add(candidates, i, offer);
            }
            by_name_.emplace(name, number_of(offer));
        }
    }
}

std::size_t CertificateChoice::number_of(const Offer& offer) {
    const auto found = std::find(offers_.begin(), offers_.end(), offer);
    if (found != offers_.end()) return static_cast<std::size_t>(found - offers_.begin());
    offers_.push_back(offer);
    return offers_.size() - 1;
}

std::size_t CertificateChoice::offer_for(std::string_view name) const {
    if (name.ends_with('.')) name.remove_suffix(1);
    const std::string lowered = ascii_lower(name);
    // A star is no character of a name, and must not find the pattern itself.
    if (lowered.find('*') != std::string::npos) return 0;
    if (const auto exact = by_name_.find(lowered); exact != by_name_.end()) return exact->second;
    const std::size_t dot = lowered.find('.');
    if (dot == std::string::npos || dot == 0) return 0;
    const auto pattern = by_name_.find('*' + lowered.substr(dot));
    return pattern == by_name_.end() ? 0 : pattern->second;
}

}  // namespace eas451
