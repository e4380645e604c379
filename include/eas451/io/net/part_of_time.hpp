// SPDX-License-Identifier: Apache-2.0
// A deadline shared by several things that are tried one after the other.
#pragma once

#include <chrono>
#include <cstddef>

#include "eas451/core/organization_relationship.hpp"

namespace eas451 {

/// Until when the first of `left` tries may take: an equal part of the time there is.
inline SteadyTime part_of(SteadyTime deadline, std::size_t left) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (left <= 1 || now >= deadline) return deadline;
    return now + (deadline - now) / static_cast<SteadyTime::rep>(left);
}

}  // namespace eas451
