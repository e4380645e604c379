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
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "back_off.hpp"
#include "reserve_descriptor.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using Protocol = net::generic::stream_protocol;

/// Connections taken, and turned away, in one turn of the loop, which has other things to do.
constexpr int accepted_at_once = 16;
constexpr std::size_t turned_away_at_once = 64;
constexpr mode_t unix_socket_mode = 0660;

Protocol::endpoint endpoint_of(const ListenAddress& where) {
    if (!where.unix_path.empty()) return net::local::stream_protocol::endpoint(where.unix_path);
    return net::ip::tcp::endpoint(net::ip::make_address(where.address), where.port);
}

/// An address as the system gives it.
struct SystemAddress {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;

    sockaddr* data() { return reinterpret_cast<sockaddr*>(&storage); }
};

/// It as an IP endpoint; nothing for a Unix socket.
std::optional<net::ip::tcp::endpoint> ip_endpoint(const SystemAddress& address) {
    if (address.storage.ss_family != AF_INET && address.storage.ss_family != AF_INET6) return std::nullopt;
    net::ip::tcp::endpoint ip;
    ip.resize(address.size);
    std::memcpy(ip.data(), &address.storage, address.size);
    return ip;
}

/// Nothing for a Unix socket, and for one that is gone already.
std::optional<net::ip::tcp::endpoint> local_end(int socket) {
    SystemAddress address;
    if (::getsockname(socket, address.data(), &address.size) != 0) return std::nullopt;
    return ip_endpoint(address);
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
          protocol_(endpoint_of(where).protocol()),
          acceptor_(loop),
          retry_(loop),
          on_accept_(std::move(on_accept)),
          on_trouble_(std::move(on_trouble)) {
        const Protocol::endpoint endpoint = endpoint_of(where);
        if (where.inherited >= 0) {
            acceptor_.assign(protocol_, where.inherited);
        } else {
            bind(loop, endpoint);
        }
        acceptor_.native_non_blocking(true);
        reserve_.keep();
        bound_ = local_end(acceptor_.native_handle());
        if (bound_) set_for_connections();
    }

    void accept() {
        acceptor_.async_wait(net::socket_base::wait_read, [self = shared_from_this()](const boost::system::error_code& error) {
            if (!error && self->acceptor_.is_open()) self->take_those_who_wait();
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
        return bound_ ? bound_->port() : std::uint16_t{0};
    }

private:
    void bind(net::io_context& loop, const Protocol::endpoint& endpoint) {
        if (!unix_path_.empty()) remove_dead_socket(loop, unix_path_);
        acceptor_.open(protocol_);
        if (unix_path_.empty()) acceptor_.set_option(net::socket_base::reuse_address(true));
        // "::" is IPv6 alone, so that it can stand beside "0.0.0.0".
        if (protocol_.family() == AF_INET6) acceptor_.set_option(net::ip::v6_only(true));
        acceptor_.bind(endpoint);
        if (!unix_path_.empty()) {
            ::chmod(unix_path_.c_str(), unix_socket_mode);
            own_file_ = file_of(unix_path_);
        }
        acceptor_.listen(net::socket_base::max_listen_connections);
    }

    /// What every connection has from the socket that listens.
    void set_for_connections() {
        const int on = 1;
        ::setsockopt(acceptor_.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        ::setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    }

    /// Not by way of async_accept(), which would have each socket registered with this loop, too.
    void take_those_who_wait() {
        for (int taken = 0; taken < accepted_at_once && acceptor_.is_open(); ++taken) {
            SystemAddress peer;
            const int connection = ::accept4(acceptor_.native_handle(), peer.data(), &peer.size, SOCK_CLOEXEC);
            if (connection >= 0) {
                back_off_.reset();
                reserve_.keep();
                hand_on(connection, peer);
            } else if (errno == EAGAIN) {
                break;
            } else if (errno != EINTR && errno != ECONNABORTED) {  // a client that went away again is its own affair
                return give_way({errno, boost::system::system_category()});
            }
        }
        if (acceptor_.is_open()) accept();
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
        accept();
    }

    void wait_and_accept() {
        retry_.expires_after(back_off_.next());
        retry_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (!error && self->acceptor_.is_open()) self->accept();
        });
    }

    void hand_on(int connection, const SystemAddress& peer) {
        AcceptedSocket accepted(connection, protocol_);
        if (!bound_) return on_accept_(std::move(accepted), {"unix", 0, "unix", false});
        const auto remote = ip_endpoint(peer);
        const auto local = bound_->address().is_unspecified() ? local_end(connection) : bound_;
        if (!local || !remote) return;  // gone already
        on_accept_(std::move(accepted), {address_text(local->address()), local->port(), address_text(remote->address()), false});
    }

    std::string unix_path_;
    const Protocol protocol_;
    std::optional<SocketFile> own_file_;
    std::optional<net::ip::tcp::endpoint> bound_;  // none for a Unix socket
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
