// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/net/name_lookup.hpp"

#include <netdb.h>

#include <cerrno>
#include <cstring>
#include <boost/asio/error.hpp>
#include <utility>

namespace eas451 {
namespace {

namespace net = boost::asio;

struct AddressesDeleter {
    void operator()(addrinfo* first) const { ::freeaddrinfo(first); }
};

boost::system::error_code error_of(int status) {
    if (status == 0) return {};
    if (status == EAI_SYSTEM) return {errno, boost::system::system_category()};
    return {status == EAI_AGAIN ? net::error::host_not_found_try_again : net::error::host_not_found};
}

NameLookup::Endpoints look_up(const std::string& host, std::uint16_t port, boost::system::error_code& error, std::string* canonical) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = AI_ADDRCONFIG | (canonical != nullptr ? AI_CANONNAME : 0);
    addrinfo* found = nullptr;
    error = error_of(::getaddrinfo(host.c_str(), nullptr, &wanted, &found));
    const std::unique_ptr<addrinfo, AddressesDeleter> addresses(found);
    if (canonical != nullptr && found != nullptr && found->ai_canonname != nullptr) *canonical = found->ai_canonname;
    NameLookup::Endpoints endpoints;
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
        net::ip::tcp::endpoint endpoint;
        if (one->ai_addrlen > endpoint.capacity()) continue;
        std::memcpy(endpoint.data(), one->ai_addr, one->ai_addrlen);
        endpoint.resize(one->ai_addrlen);
        endpoint.port(port);
        endpoints.push_back(endpoint);
    }
    return endpoints;
}

}  // namespace

std::shared_ptr<BlockingCall> NameLookup::start(net::any_io_executor executor, std::string host, std::uint16_t port, Done done,
                                                std::shared_ptr<std::string> canonical) {
    struct Found {
        boost::system::error_code error;
        Endpoints endpoints;
        std::string canonical;
    };
    const auto found = std::make_shared<Found>();
    const bool wants_name = canonical != nullptr;
    auto work = [found, host = std::move(host), port, wants_name] {
        found->endpoints = look_up(host, port, found->error, wants_name ? &found->canonical : nullptr);
    };
    auto tell = [found, canonical = std::move(canonical), done = std::move(done)](const boost::system::error_code& not_called) {
        if (canonical != nullptr && !not_called) *canonical = std::move(found->canonical);
        done(not_called ? not_called : found->error, std::move(found->endpoints));
    };
    return BlockingCall::start(std::move(executor), std::move(work), std::move(tell));
}

}  // namespace eas451
