// SPDX-License-Identifier: Apache-2.0
// What DNS says of a service: the SRV records of one answer, and the order in which their hosts are tried
// (RFC 2782). Pure, but for
// chance().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "eas451/core/result.hpp"

namespace eas451 {

struct SrvRecord {
    std::uint16_t priority = 0;  // the lowest first
    std::uint16_t weight = 0;    // of those of one priority, the larger the more often first
    std::uint16_t port = 0;
    std::string host;  // lower-case
    auto operator<=>(const SrvRecord&) const = default;
};

/// An answer, which may well be that there are none.
struct SrvRecords {
    std::vector<SrvRecord> records;
    bool is_not_offered = false;  // the only one is for the host ".": decidedly no such service
    unsigned unusable = 0;        // left out: the host is no host name, or the port is 0
};

/// Of a whole DNS message. The error says why it is no answer: broken, cut, or the server's own trouble.
Result<SrvRecords, std::string> srv_records_of(std::string_view message);

/// By priority, and within one priority by chance as the weights want it; the same seed gives the same
/// order. Those behind the first `most` are left out.
std::vector<SrvRecord> srv_in_order(std::vector<SrvRecord> records, std::uint64_t seed, std::size_t most);

/// A seed that nobody can tell before.
std::uint64_t chance();

}  // namespace eas451
