// SPDX-License-Identifier: Apache-2.0
// moved_requests_total: who of the moved users would come to Exchange Online with what. A closed set of 180 combinations at
// most, made when they are first needed.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>

#include <array>
#include <atomic>
#include <optional>

#include "eas451/core/access_record.hpp"

namespace eas451 {

class MovedSeries {
public:
    explicit MovedSeries(prometheus::Family<prometheus::Counter>& family) : family_(family) {}

    /// Any thread.
    void count(Reason reason, std::optional<ProtocolVersion> version, AuthScheme auth, std::optional<LoginForm> form);

private:
    static constexpr std::size_t reasons = 3;
    static constexpr std::size_t versions = 6;
    static constexpr std::size_t schemes = 2;
    static constexpr std::size_t forms = 5;

    prometheus::Family<prometheus::Counter>& family_;
    std::array<std::atomic<prometheus::Counter*>, reasons * versions * schemes * forms> series_{};
};

}  // namespace eas451
