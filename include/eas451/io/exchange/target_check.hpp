// SPDX-License-Identifier: Apache-2.0
// What `check --online` finds out about where moved users are sent: each target is looked up, connected to and asked for
// ActiveSync, as a device would that has no password yet. The server itself never connects to a target.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace boost::asio::ssl {
class context;
}

namespace eas451 {

struct TargetCheckOptions {
    std::shared_ptr<boost::asio::ssl::context> tls;  // of make_client_context()
    std::chrono::milliseconds limit{5000};           // for the name; as long again for the connection, and for each of two answers
};

/// What is known of one target; what comes after a trouble is not.
struct TargetFacts {
    std::string host;
    std::uint16_t port = 443;
    std::string canonical_name;  // where the host is an alias: what it stands for, lower-case; else empty
    std::vector<boost::asio::ip::address> addresses;
    std::string trouble;         // why it could not be asked, one sentence without its name; empty: it was
    bool is_distrusted = false;  // the trouble is its certificate
    unsigned status = 0;         // to OPTIONS without credentials
    bool speaks_eas = false;     // with a field that only ActiveSync has
    bool is_eas451 = false;
    std::optional<std::int64_t> certificate_expiry;  // Unix seconds
};

/// Targets at most in one call; the names of all are looked up at once.
inline constexpr std::size_t most_targets_checked = 16;

/// All of them at once, within four limits; the facts in the order of the targets. `targets`: https://HOST or
/// https://HOST:PORT, lower-case, most_targets_checked at most.
std::vector<TargetFacts> check_targets(const std::vector<std::string>& targets, const TargetCheckOptions& options);

}  // namespace eas451
