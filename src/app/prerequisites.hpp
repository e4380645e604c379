// SPDX-License-Identifier: Apache-2.0
// What has to be there for a device to be redirected: Microsoft's own list for the feature that eas451 stands in for
// (docs/check-online.md), each named, with what was found or how to see it. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "check_findings.hpp"
#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/policy.hpp"
#include "target_findings.hpp"

namespace eas451 {

/// What `check --online` has seen.
struct Seen {
    bool has_exchange = false;
    std::size_t exchange_errors = 0;
    std::vector<std::string> exchange_versions;         // as they call themselves; most do not
    const RelationshipTable* relationships = nullptr;   // null: they could not be read
    bool wants_directory = false;                       // relationships are to come from the directory, too
    std::optional<bool> shows_moved_users;              // nothing: not asked
    TargetsFound targets;
};

/// One for each, in the article's order.
std::vector<Prerequisite> prerequisites(const Seen& seen, const Policy& policy);

}  // namespace eas451
