// SPDX-License-Identifier: Apache-2.0
// What `check --online` finds out about Exchange servers: one check of each, as ExchangeWatch makes them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "eas451/io/exchange/exchange_watch.hpp"

namespace eas451 {

/// One sentence each, which names its server.
struct ExchangeFindings {
    std::vector<std::string> facts;
    std::vector<std::string> warnings;
    std::vector<std::string> errors;
    /// As they call themselves, of those that do: "ex1.contoso.com 15.2.1118.7".
    std::vector<std::string> versions;
};

/// One server after the other, each within five options.times.limit.
boost::asio::awaitable<ExchangeFindings> check_exchange_servers(ExchangeWatchOptions options);

}  // namespace eas451
