// SPDX-License-Identifier: Apache-2.0
// When to worry about a certificate that will expire. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace eas451 {

/// "expires in 13 days", "expires today"; nothing while there are 14 days or more, or when it has expired, which the
/// handshake, or who loads it, says. Both in Unix seconds.
inline std::optional<std::string> expires_soon(std::int64_t not_after, std::int64_t now) {
    constexpr std::int64_t seconds_a_day = 86400;
    constexpr std::int64_t soon_days = 14;
    const std::int64_t days = (not_after - now) / seconds_a_day;
    if (not_after <= now || days >= soon_days) return std::nullopt;
    if (days == 0) return "expires within a day";
    return "expires in " + std::to_string(days) + (days == 1 ? " day" : " days");
}

}  // namespace eas451
