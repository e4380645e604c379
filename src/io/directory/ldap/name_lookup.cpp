// SPDX-License-Identifier: Apache-2.0
#include "name_lookup.hpp"

#include <netdb.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <system_error>
#include <thread>
#include <utility>

namespace eas451 {
namespace {

namespace net = boost::asio;

std::atomic<unsigned> under_way{0};

struct AddressesDeleter {
    void operator()(addrinfo* first) const { ::freeaddrinfo(first); }
};

boost::system::error_code error_of(int status) {
    if (status == 0) return {};
    if (status == EAI_SYSTEM) return {errno, boost::system::system_category()};
    return {status == EAI_AGAIN ? net::error::host_not_found_try_again : net::error::host_not_found};
}

NameLookup::Endpoints look_up(const std::string& host, std::uint16_t port, boost::system::error_code& error) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    error = error_of(::getaddrinfo(host.c_str(), nullptr, &wanted, &found));
    const std::unique_ptr<addrinfo, AddressesDeleter> addresses(found);
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

std::shared_ptr<NameLookup> NameLookup::start(net::any_io_executor executor, std::string host, std::uint16_t port, Done done) {
    std::shared_ptr<NameLookup> lookup(new NameLookup(std::move(executor), std::move(done)));
    if (++under_way > most_at_once) {
        --under_way;
        lookup->finish(net::error::no_buffer_space, {});
        return lookup;
    }
    auto work = [lookup, host = std::move(host), port] {
        boost::system::error_code error;
        Endpoints found = look_up(host, port, error);
        --under_way;
        lookup->finish(error, std::move(found));
    };
    try {
        std::thread(std::move(work)).detach();
    } catch (const std::system_error&) {
        --under_way;
        lookup->finish(net::error::no_memory, {});
    }
    return lookup;
}

void NameLookup::abandon() {
    const std::scoped_lock lock(mutex_);
    done_ = nullptr;
    executor_ = {};
}

void NameLookup::finish(const boost::system::error_code& error, Endpoints found) {
    const std::scoped_lock lock(mutex_);  // so that the executor lives while it is posted to
    if (!done_) return;
    net::post(executor_, [self = shared_from_this(), error, found = std::move(found)]() mutable {
        self->deliver(error, std::move(found));
    });
    executor_ = {};
}

/// It may have been abandoned since it was posted.
void NameLookup::deliver(const boost::system::error_code& error, Endpoints found) {
    Done done;
    {
        const std::scoped_lock lock(mutex_);
        done = std::exchange(done_, nullptr);
    }
    if (done) done(error, std::move(found));
}

}  // namespace eas451
