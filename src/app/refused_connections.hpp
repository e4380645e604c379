// SPDX-License-Identifier: Apache-2.0
// RefusedConnections: counts and tells of connections that were closed before they could ask anything. One
// warning in ten seconds for each cause at most: who is attacked has no use for more. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "eas451/core/organization_relationship.hpp"
#include "eas451/io/metrics/metrics.hpp"

namespace eas451 {

class RefusedConnections {
public:
    explicit RefusedConnections(Metrics& metrics) : metrics_(metrics) {}

    /// `client` is the address, where one is at fault.
    void note(ConnectionRefusal why, std::string_view client = {});
    /// accept() failed, and so many that waited were turned away.
    void note_trouble(const boost::system::error_code& error, std::size_t turned_away);

private:
    /// Of one cause.
    struct Warnings {
        std::atomic<std::uint64_t> so_far{0};
        std::atomic<SteadyTime::rep> next{SteadyTime::min().time_since_epoch().count()};
    };
    static constexpr std::size_t causes = static_cast<std::size_t>(ConnectionRefusal::admin) + 1;

    static bool is_due(Warnings& warnings);

    Metrics& metrics_;
    std::array<Warnings, causes> refusals_;
    Warnings troubles_;
};

}  // namespace eas451
