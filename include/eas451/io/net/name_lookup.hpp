// SPDX-License-Identifier: Apache-2.0
// NameLookup: the addresses of a name by getaddrinfo(), which blocks.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "eas451/io/net/blocking_call.hpp"

namespace eas451 {

struct NameLookup {
    using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;
    using Done = std::function<void(const boost::system::error_code&, Endpoints)>;

    /// Calls `done` once, on the executor, unless it is abandoned before. `canonical`, where it is given, holds by then the name
    /// at the end of the aliases (CNAME); the host itself where there are none, or empty.
    static std::shared_ptr<BlockingCall> start(boost::asio::any_io_executor executor, std::string host, std::uint16_t port,
                                               Done done, std::shared_ptr<std::string> canonical = nullptr);
};

}  // namespace eas451
