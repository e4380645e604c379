// SPDX-License-Identifier: Apache-2.0
// NameLookup: the addresses of a name by getaddrinfo(), on a thread of its own: it may hang for as long
// as name servers do, and neither other names nor the end of the loop wait for it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace eas451 {

class NameLookup : public std::enable_shared_from_this<NameLookup> {
public:
    using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;
    using Done = std::function<void(const boost::system::error_code&, Endpoints)>;
    /// Look-ups under way in the process; one more fails at once.
    static constexpr unsigned most_at_once = 32;

    /// Calls `done` once, on the executor, unless it is abandoned before.
    static std::shared_ptr<NameLookup> start(boost::asio::any_io_executor executor, std::string host, std::uint16_t port,
                                             Done done);
    /// From here on nothing is called, and the executor may end. Any thread.
    void abandon();

private:
    NameLookup(boost::asio::any_io_executor executor, Done done) : executor_(std::move(executor)), done_(std::move(done)) {}
    void finish(const boost::system::error_code& error, Endpoints found);
    void deliver(const boost::system::error_code& error, Endpoints found);

    std::mutex mutex_;
    boost::asio::any_io_executor executor_;
    Done done_;  // empty: called or abandoned
};

}  // namespace eas451
