// SPDX-License-Identifier: Apache-2.0
#include "exchange_connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/ssl/context.hpp>

namespace eas451 {
namespace {

/// What was sent has to be acknowledged within this. A Ping that is held sends nothing, so the kernel asks after a minute
/// of silence whether anybody is there, and gives up as soon.
constexpr int user_timeout_ms = 30000;
constexpr int keep_alive_after_s = 60;
constexpr int keep_alive_between_s = 10;
constexpr int keep_alive_tries = 3;

void notice_who_vanishes(int socket) {
    const auto set = [socket](int level, int name, int value) { ::setsockopt(socket, level, name, &value, sizeof value); };
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    set(IPPROTO_TCP, TCP_USER_TIMEOUT, user_timeout_ms);
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, keep_alive_after_s);
    set(IPPROTO_TCP, TCP_KEEPINTVL, keep_alive_between_s);
    set(IPPROTO_TCP, TCP_KEEPCNT, keep_alive_tries);
}

}  // namespace

ExchangeConnection::ExchangeConnection(StreamSocket socket, ExchangePool::Options options)
    : options_(std::move(options)), stream_(std::move(socket), options_->tls->native_handle(), TlsStream::AsClient{}) {
    notice_who_vanishes(stream_.socket().native_handle());
}

StreamStep ExchangeConnection::read(std::span<char> scratch) {
    in_.erase(0, std::exchange(used_, 0));
    const StreamStep step = stream_.read(boost::asio::buffer(scratch.data(), scratch.size()));
    in_.append(scratch.data(), step.bytes);
    return step;
}

bool ExchangeConnection::is_quiet() {
    char byte = 0;
    const bool has_bytes = stream_.has_pending() || !in().empty();
    // Session tickets come behind a handshake; whatever else comes, a connection that has something to say is not used.
    return !has_bytes && ::recv(socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

void ExchangeConnection::rest() {
    in_ = std::string();
    used_ = 0;
    rests = true;
    stream_.release_buffers();
}

}  // namespace eas451
