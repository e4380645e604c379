// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/http/listener.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstring>
#include <optional>
#include <utility>

#include "back_off.hpp"
#include "reserve_descriptor.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using Protocol = net::generic::stream_protocol;

/// Connections turned away in one turn of the loop, which has other things to do.
constexpr std::size_t turned_away_at_once = 64;
constexpr mode_t unix_socket_mode = 0660;

Protocol::endpoint endpoint_of(const ListenAddress& where) {
    if (!where.unix_path.empty()) return net::local::stream_protocol::endpoint(where.unix_path);
    return net::ip::tcp::endpoint(net::ip::make_address(where.address), where.port);
}

/// The generic endpoint as an IP one; nothing for a Unix socket.
std::optional<net::ip::tcp::endpoint> ip_endpoint(const Protocol::endpoint& endpoint) {
    const int family = endpoint.protocol().family();
    if (family != AF_INET && family != AF_INET6) return std::nullopt;
    net::ip::tcp::endpoint ip;
    ip.resize(endpoint.size());
    std::memcpy(ip.data(), endpoint.data(), endpoint.size());
    return ip;
}

using SocketFile = std::pair<dev_t, ino_t>;

/// Which file a socket's path is; nothing when there is none, or it is no socket.
std::optional<SocketFile> file_of(const std::string& path) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return std::nullopt;
    return SocketFile{status.st_dev, status.st_ino};
}

/// What a killed predecessor left behind is in nobody's way; a living one's socket and any other file
/// stay, and bind() then says that the address is in use.
void remove_dead_socket(net::io_context& loop, const std::string& path) {
    if (!file_of(path)) return;
    boost::system::error_code error;
    net::local::stream_protocol::socket probe(loop);
    probe.connect(path, error);
    if (error == boost::system::errc::connection_refused) ::unlink(path.c_str());
}

bool lacks_descriptors(const boost::system::error_code& error) {
    return error == boost::system::errc::too_many_files_open || error == boost::system::errc::too_many_files_open_in_system;
}

std::string address_text(net::ip::address address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        address = net::ip::make_address_v4(net::ip::v4_mapped, address.to_v6());
    }
    return address.to_string();
}

}  // namespace

AcceptedSocket::AcceptedSocket(AcceptedSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), protocol_(other.protocol_) {}

AcceptedSocket::~AcceptedSocket() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Protocol::socket AcceptedSocket::attach(net::io_context& loop) && {
    Protocol::socket socket(loop);
    socket.assign(protocol_, descriptor_);
    descriptor_ = -1;
    return socket;
}

/// Shared with its own handlers, so that one which comes after stop() finds it alive.
class Listener::Acceptor : public std::enable_shared_from_this<Acceptor> {
public:
    Acceptor(net::io_context& loop, const ListenAddress& where, OnAccept on_accept, OnTrouble on_trouble)
        : unix_path_(where.unix_path),
          acceptor_(loop),
          retry_(loop),
          on_accept_(std::move(on_accept)),
          on_trouble_(std::move(on_trouble)) {
        const Protocol::endpoint endpoint = endpoint_of(where);
        if (where.inherited >= 0) {
            acceptor_.assign(endpoint.protocol(), where.inherited);
        } else {
            bind(loop, endpoint);
        }
        acceptor_.native_non_blocking(true);
        reserve_.keep();
    }

    void accept() {
        acceptor_.async_accept([self = shared_from_this()](const boost::system::error_code& error, Protocol::socket socket) {
            if (!self->acceptor_.is_open()) return;
            if (error && error != boost::system::errc::connection_aborted) return self->give_way(error);
            self->back_off_.reset();
            self->reserve_.keep();
            // A client that went away again is its own affair.
            if (!error) self->hand_on(std::move(socket));
            self->accept();
        });
    }

    void stop() {
        if (!acceptor_.is_open()) return;
        boost::system::error_code ignored;
        acceptor_.close(ignored);
        retry_.cancel();
        // Not that of a successor which has taken the path over.
        if (own_file_ && file_of(unix_path_) == own_file_) ::unlink(unix_path_.c_str());
    }

    [[nodiscard]] std::uint16_t port() const {
        const auto ip = ip_endpoint(acceptor_.local_endpoint());
        return ip ? ip->port() : std::uint16_t{0};
    }

private:
    void bind(net::io_context& loop, const Protocol::endpoint& endpoint) {
        if (!unix_path_.empty()) remove_dead_socket(loop, unix_path_);
        acceptor_.open(endpoint.protocol());
        if (unix_path_.empty()) acceptor_.set_option(net::socket_base::reuse_address(true));
        // "::" is IPv6 alone, so that it can stand beside "0.0.0.0".
        if (endpoint.protocol().family() == AF_INET6) acceptor_.set_option(net::ip::v6_only(true));
        acceptor_.bind(endpoint);
        if (!unix_path_.empty()) {
            ::chmod(unix_path_.c_str(), unix_socket_mode);
            own_file_ = file_of(unix_path_);
        }
        acceptor_.listen(net::socket_base::max_listen_connections);
    }

    /// Without descriptors, whoever waits is turned away, and the next to come is served as soon as there
    /// are some. Where nobody can be turned away, accept() would fail again as fast as the processor can.
    void give_way(const boost::system::error_code& error) {
        ReserveDescriptor::TurnedAway turned_away;
        if (lacks_descriptors(error)) turned_away = reserve_.turn_away(acceptor_.native_handle(), turned_away_at_once);
        // The kernel looks for a descriptor before it looks for a connection: perhaps there was none.
        const bool nobody_came = turned_away.count == 0 && turned_away.was_last;
        if (!nobody_came) on_trouble_(error, turned_away.count);
        if (turned_away.count == 0 && !nobody_came) return wait_and_accept();
        back_off_.reset();
        accept_when_somebody_comes();
    }

    void accept_when_somebody_comes() {
        acceptor_.async_wait(net::socket_base::wait_read, [self = shared_from_this()](const boost::system::error_code& error) {
            if (!error && self->acceptor_.is_open()) self->accept();
        });
    }

    void wait_and_accept() {
        retry_.expires_after(back_off_.next());
        retry_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (!error && self->acceptor_.is_open()) self->accept();
        });
    }

    void hand_on(Protocol::socket socket) {
        boost::system::error_code error;
        const auto local = ip_endpoint(socket.local_endpoint(error));
        const auto remote = error ? std::nullopt : ip_endpoint(socket.remote_endpoint(error));
        if (error) return;  // gone already
        ConnectionFacts facts;
        if (local && remote) {
            facts = {address_text(local->address()), local->port(), address_text(remote->address()), false};
            const int on = 1;
            ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
        } else {
            facts = {"unix", 0, "unix", false};
        }
        const Protocol protocol = local ? Protocol(local->protocol()) : Protocol(net::local::stream_protocol());
        AcceptedSocket accepted(socket.release(), protocol);
        on_accept_(std::move(accepted), std::move(facts));
    }

    std::string unix_path_;
    std::optional<SocketFile> own_file_;
    net::basic_socket_acceptor<Protocol> acceptor_;
    net::steady_timer retry_;
    BackOff back_off_;
    ReserveDescriptor reserve_;
    OnAccept on_accept_;
    OnTrouble on_trouble_;
};

Listener::Listener(net::io_context& loop, const ListenAddress& where, OnAccept on_accept, OnTrouble on_trouble)
    : acceptor_(std::make_shared<Acceptor>(loop, where, std::move(on_accept), std::move(on_trouble))) {}

Listener::~Listener() { stop(); }

void Listener::start() { acceptor_->accept(); }

void Listener::stop() { acceptor_->stop(); }

std::uint16_t Listener::port() const { return acceptor_->port(); }

}  // namespace eas451
