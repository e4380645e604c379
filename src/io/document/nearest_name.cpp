// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/document/nearest_name.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

bool same_letter(char a, char b) {
    return ascii_lower(a) == ascii_lower(b);
}

/// Insertions, deletions and replacements from one to the other (Levenshtein).
std::size_t edits_between(std::string_view a, std::string_view b) {
    if (!equals_ignore_case(a, b) && std::is_permutation(a.begin(), a.end(), b.begin(), b.end(), same_letter)) return 1;
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t k = 1; k <= b.size(); ++k) {
            const std::size_t replaced = diagonal + (same_letter(a[i - 1], b[k - 1]) ? 0 : 1);
            diagonal = row[k];
            row[k] = std::min({replaced, row[k] + 1, row[k - 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

void NearestName::consider(std::string_view known) {
    // A name can only be as near as the lengths differ; that also keeps long input cheap.
    if (known.empty() || std::max(typed_.size(), known.size()) - std::min(typed_.size(), known.size()) > most_edits)
        return;
    const auto edits = edits_between(typed_, known);
    if (edits < distance_ && edits * 2 <= known.size()) {
        best_ = known;
        distance_ = edits;
    }
}

std::string NearestName::hint() const {
    return best_.empty() ? std::string() : " (did you mean '" + std::string(best_) + "'?)";
}

}  // namespace eas451
