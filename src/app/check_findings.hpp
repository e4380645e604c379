// SPDX-License-Identifier: Apache-2.0
// What `check` has found, before it is printed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "deployment.hpp"

namespace eas451 {

/// Of one thing that redirects depend on, as `check --online` sees it from here.
enum class PrerequisiteState : std::uint8_t { ok, warning, error, not_tested };
/// "ok", "warning", "error", "not-tested"
std::string_view to_string(PrerequisiteState state);

struct Prerequisite {
    std::string_view name;  // a constant word: scripts look for it
    PrerequisiteState state = PrerequisiteState::not_tested;
    std::string text;
};

/// One sentence each.
struct Findings {
    std::vector<std::string> errors;
    std::vector<std::string> warnings;
    std::vector<std::string> facts;  // with --online: what was found
    std::vector<Prerequisite> prerequisites;  // with --online
};

inline void append(std::vector<std::string>& to, const std::vector<std::string>& more) { to.insert(to.end(), more.begin(), more.end()); }
inline void append(std::vector<std::string>& to, const Problems& problems) {
    for (const Problem& problem : problems) to.push_back(problem.text);
}

}  // namespace eas451
