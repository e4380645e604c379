// SPDX-License-Identifier: Apache-2.0
// BackOff: how long to leave something alone that has just failed, and would fail again at once. A value.
#pragma once

#include <algorithm>
#include <chrono>

namespace eas451 {

class BackOff {
public:
    static constexpr std::chrono::milliseconds shortest{5};
    static constexpr std::chrono::milliseconds longest{1000};

    /// The wait after one more failure: twice the last one, up to the longest.
    [[nodiscard]] std::chrono::milliseconds next() {
        const auto wait = next_;
        next_ = std::min(2 * next_, longest);
        return wait;
    }
    /// It did not fail.
    void reset() { next_ = shortest; }

private:
    std::chrono::milliseconds next_ = shortest;
};

}  // namespace eas451
