// SPDX-License-Identifier: Apache-2.0
// What an administrator should know of the relationships before users find out.
#pragma once

#include <string>
#include <vector>

#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/policy.hpp"

namespace eas451 {

/// One sentence for each thing worth knowing, in the order of the table.
std::vector<std::string> relationship_notes(const RelationshipTable& table, const Policy& policy);

}  // namespace eas451
