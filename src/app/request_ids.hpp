// SPDX-License-Identifier: Apache-2.0
// RequestIds: a name for each request of one worker, 16 hexadecimal digits, that begins at random: those of another
// worker, or of the time before a restart, do not get in the way. One thread's.
#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace eas451 {

class RequestIds {
public:
    RequestIds() {
        std::random_device seed;
        number_ = (static_cast<std::uint64_t>(seed()) << 32U) | seed();
    }

    std::string next() {
        std::string text(16, '0');
        std::uint64_t rest = number_++;
        for (auto digit = text.rbegin(); digit != text.rend(); ++digit, rest >>= 4U) {
            *digit = "0123456789abcdef"[rest & 0xfU];
        }
        return text;
    }

private:
    std::uint64_t number_;
};

}  // namespace eas451
