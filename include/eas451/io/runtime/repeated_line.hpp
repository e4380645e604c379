// SPDX-License-Identifier: Apache-2.0
// RepeatedLine: a line of the log that every request could cause. It is told at most every ten seconds,
// with how many it stands for. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "eas451/core/organization_relationship.hpp"
#include "eas451/io/runtime/log_level.hpp"

namespace eas451 {

class RepeatedLine {
public:
    using Say = std::function<void(LogLevel, const std::string&)>;

    /// `say` may be empty. `beginning` is that of every line.
    RepeatedLine(Say say, LogLevel level, std::string beginning)
        : say_(std::move(say)), level_(level), beginning_(std::move(beginning)) {}

    void tell(const std::string& text, SteadyTime now) {
        ++kept_back_;
        if (now < next_) return;
        next_ = now + std::chrono::seconds(10);
        const std::uint64_t others = std::exchange(kept_back_, 0) - 1;
        if (!say_) return;
        say_(level_, beginning_ + text +
                         (others == 0 ? "" : " (and " + std::to_string(others) + " more since the last such line)"));
    }

private:
    Say say_;
    LogLevel level_;
    std::string beginning_;
    SteadyTime next_{};
    std::uint64_t kept_back_ = 0;
};

}  // namespace eas451
