// SPDX-License-Identifier: Apache-2.0
// Listener: accepts connections of one endpoint on the control loop and hands each socket on.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "eas451/io/http/handler.hpp"

namespace eas451 {

/// Where to listen: an address and port, or the path of a Unix socket.
struct ListenAddress {
    std::string address;
    std::uint16_t port = 0;
    std::string unix_path;  // when not empty, instead of the two above
    /// When there is one, a socket that listens there already. It becomes the listener's, but whoever opened it may have it
    /// too: stop() refuses nobody then, and leaves the file of a Unix socket where it is.
    int inherited = -1;
};

/// An accepted connection on its way to the loop that will serve it. Owns the descriptor.
class AcceptedSocket {
public:
    AcceptedSocket(int descriptor, boost::asio::generic::stream_protocol protocol)
        : descriptor_(descriptor), protocol_(protocol) {}
    AcceptedSocket(AcceptedSocket&& other) noexcept;
    AcceptedSocket(const AcceptedSocket&) = delete;
    AcceptedSocket& operator=(const AcceptedSocket&) = delete;
    AcceptedSocket& operator=(AcceptedSocket&&) = delete;
    ~AcceptedSocket();
    /// Gives the descriptor to a socket of that loop.
    boost::asio::generic::stream_protocol::socket attach(boost::asio::io_context& loop) &&;

private:
    int descriptor_;
    boost::asio::generic::stream_protocol protocol_;
};

class Listener {
public:
    using OnAccept = std::function<void(AcceptedSocket, ConnectionFacts)>;
    /// accept() failed: no descriptors left, mostly. So many connections that waited were accepted with the
    /// descriptor kept in reserve and closed; with 0 they go on waiting until it is tried again, after 5 ms
    /// and then ever longer, up to a second.
    using OnTrouble = std::function<void(const boost::system::error_code& why, std::size_t turned_away)>;

    /// Binds and listens, unless the socket does already; throws boost::system::system_error when it cannot. Nothing is accepted
    /// before start().
    Listener(boost::asio::io_context& loop, const ListenAddress& where, OnAccept on_accept, OnTrouble on_trouble);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    void start();
    /// Closes the listening socket; what is accepted stays.
    void stop();
    /// The port in use, which is a free one when 0 was asked for; 0 for a Unix socket.
    [[nodiscard]] std::uint16_t port() const;

private:
    class Acceptor;
    std::shared_ptr<Acceptor> acceptor_;
};

}  // namespace eas451
