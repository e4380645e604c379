// SPDX-License-Identifier: Apache-2.0
// What an administrator should know of the relationships before users find out.
#pragma once

#include <string>
#include <vector>

#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/policy.hpp"
#include "eas451/core/redirect_target.hpp"

namespace eas451 {

/// One sentence for each thing worth knowing, in the order of the table.
std::vector<std::string> relationship_notes(const RelationshipTable& table, const Policy& policy);

/// Of those, what is about one entry of the table.
std::vector<std::string> relationship_notes(const RelationshipTable& table, const ResolvedRelationship& entry, const Policy& policy);

/// Why devices are sent nowhere.
std::string text_of(const TargetFault& fault);

/// Those among them by which users are not redirected: of domains and of targets.
std::vector<std::string> relationship_faults(const RelationshipTable& table, const Policy& policy);

}  // namespace eas451
