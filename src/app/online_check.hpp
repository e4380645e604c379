// SPDX-License-Identifier: Apache-2.0
// check --online: what the configuration names is opened and asked, servers included.
#pragma once

#include <memory>

#include "check_findings.hpp"
#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/policy.hpp"
#include "eas451/io/config/settings.hpp"

namespace eas451 {

/// Certificates, directory, relationships, their targets, Exchange; and the prerequisites, named. `policy`: that of the
/// settings, with the public names. `relationships`: those of a directory file, null where it cannot be used; of LDAP they
/// are asked for here. Blocks, for as long as the servers that do not answer take.
void check_online(const Settings& settings, const Policy& policy, std::shared_ptr<const RelationshipTable> relationships, Findings& findings);

}  // namespace eas451
