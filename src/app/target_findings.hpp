// SPDX-License-Identifier: Apache-2.0
// What `check --online` says of where moved users are sent.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <vector>

#include "check_findings.hpp"
#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/policy.hpp"
#include "eas451/io/config/settings.hpp"
#include "eas451/io/exchange/target_check.hpp"

namespace eas451 {

/// What came of all targets together.
struct TargetsFound {
    std::size_t asked = 0;
    std::size_t wrong = 0;      // an error was found of it
    std::size_t doubtful = 0;   // a warning
    std::vector<std::string> left_out;  // above most_targets_checked
    bool any_alias_of_microsoft = false;
};

/// Asks each target that these relationships lead to, once, and says what it found.
TargetsFound look_at_targets(const Settings& settings, const Policy& policy, const RelationshipTable& relationships, Findings& findings);

/// About one target. `ours`: of own_addresses(). `now`: Unix seconds.
struct TargetSentences {
    std::vector<std::string> errors;
    std::vector<std::string> warnings;
    std::vector<std::string> facts;
};
TargetSentences sentences_of(const TargetFacts& facts, const std::vector<boost::asio::ip::tcp::endpoint>& ours, std::int64_t now);

}  // namespace eas451
