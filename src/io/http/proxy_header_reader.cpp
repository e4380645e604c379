// SPDX-License-Identifier: Apache-2.0
#include "proxy_header_reader.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace eas451 {

namespace net = boost::asio;

net::awaitable<ProxyHeaderRead> read_proxy_header(StreamSocket& socket) {
    constexpr auto as_result = net::as_tuple(net::use_awaitable);
    std::array<char, max_proxy_header_bytes> bytes{};
    std::size_t count = 0;
    ProxyHeaderRead read;
    for (;;) {
        const auto missing = missing_of_proxy_header({bytes.data(), count});
        if (!missing) {
            read.outcome = ProxyHeaderOutcome::malformed;
            co_return read;
        }
        if (*missing == 0) break;
        const auto room = net::buffer(bytes.data() + count, *missing);
        const auto [error, got] = co_await socket.async_read_some(room, as_result);
        if (error || got == 0) co_return read;
        count += got;
    }
    const auto header = parse_proxy_header({bytes.data(), count});
    read.outcome = header ? ProxyHeaderOutcome::ok : ProxyHeaderOutcome::malformed;
    if (header) read.header = *header;
    co_return read;
}

}  // namespace eas451
