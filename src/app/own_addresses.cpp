// SPDX-License-Identifier: Apache-2.0
#include "own_addresses.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace eas451 {
namespace {

using boost::asio::ip::address;

struct InterfacesDeleter {
    void operator()(ifaddrs* first) const { ::freeifaddrs(first); }
};

std::vector<address> interface_addresses() {
    std::vector<address> all;
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) return all;
    const std::unique_ptr<ifaddrs, InterfacesDeleter> interfaces(first);
    for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
        if (one->ifa_addr == nullptr) continue;
        if (one->ifa_addr->sa_family == AF_INET) {
            sockaddr_in found{};
            std::memcpy(&found, one->ifa_addr, sizeof found);
            all.emplace_back(boost::asio::ip::address_v4(ntohl(found.sin_addr.s_addr)));
        } else if (one->ifa_addr->sa_family == AF_INET6) {
            sockaddr_in6 found{};
            std::memcpy(&found, one->ifa_addr, sizeof found);
            boost::asio::ip::address_v6::bytes_type bytes{};
            std::memcpy(bytes.data(), &found.sin6_addr, bytes.size());
            all.emplace_back(boost::asio::ip::address_v6(bytes));
        }
    }
    return all;
}

}  // namespace

std::vector<boost::asio::ip::tcp::endpoint> own_addresses(const std::vector<ListenerSettings>& listeners) {
    std::vector<boost::asio::ip::tcp::endpoint> all;
    for (const ListenerSettings& listener : listeners) {
        boost::system::error_code not_an_address;
        const address bound = boost::asio::ip::make_address(listener.bind.address, not_an_address);
        if (not_an_address) continue;
        const std::vector<address> meant = bound.is_unspecified() ? interface_addresses() : std::vector<address>{bound};
        for (const address& one : meant) all.emplace_back(one, listener.bind.port);
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

}  // namespace eas451
