// SPDX-License-Identifier: Apache-2.0
// What /api/v1 answers, as JSON: one object each, whose keys docs/admin.md names and which stay. Lists have an end: what
// does not fit is counted beside them.
#pragma once

#include <string>
#include <string_view>

#include "deployment.hpp"
#include "server_controls.hpp"

namespace eas451 {

std::string error_json(std::string_view error);

/// `ready` is that of /readyz.
std::string status_json(const Deployment& deployment, const ServerStatus& status, bool ready, std::uint64_t dropped_log_lines,
                        std::string_view version);

std::string relationships_json(const Deployment& deployment);

/// Of a reload that has ended.
std::string reload_json(const ReloadReport& report, const Deployment& deployment);
/// Of one that has not, or was not begun: "running", "stopping".
std::string reload_json(std::string_view outcome);

std::string flush_json(const ForgottenLogins& forgotten);

}  // namespace eas451
