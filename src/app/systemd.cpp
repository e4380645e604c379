// SPDX-License-Identifier: Apache-2.0
#include "systemd.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>

namespace eas451 {
namespace {

constexpr int first_inherited = 3;  // sd_listen_fds(3)
constexpr int most_inherited = 256;

/// The variable's value, which no child of ours and no second reader gets.
std::string take_variable(const char* name) {
    const char* value = std::getenv(name);
    std::string text = value == nullptr ? "" : value;
    ::unsetenv(name);
    return text;
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

bool is_ours(std::string_view pid) { return number_of<pid_t>(pid) == ::getpid(); }

/// A datagram socket to systemd's; "@" stands for the zero byte of an abstract name.
int connect_to(std::string_view name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (name.empty() || (name[0] != '/' && name[0] != '@') || name.size() >= sizeof address.sun_path) return -1;
    std::copy(name.begin(), name.end(), address.sun_path);
    if (name[0] == '@') address.sun_path[0] = '\0';
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket < 0) return -1;
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), size) == 0) return socket;
    ::close(socket);
    return -1;
}

/// CLOCK_MONOTONIC, which systemd compares with when it asked for the reload.
std::string monotonic_microseconds() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::to_string(std::uint64_t{1'000'000} * static_cast<std::uint64_t>(now.tv_sec) +
                          static_cast<std::uint64_t>(now.tv_nsec) / 1000);
}

bool option_is_on(int descriptor, int level, int name) {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(descriptor, level, name, &value, &size) == 0 && value != 0;
}

bool listens_for_streams(int descriptor) {
    int type = 0;
    socklen_t size = sizeof type;
    const bool is_stream = ::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
    return is_stream && option_is_on(descriptor, SOL_SOCKET, SO_ACCEPTCONN);
}

std::string where_of(const sockaddr_storage& address, socklen_t size) {
    if (address.ss_family == AF_UNIX) {
        const auto& named = reinterpret_cast<const sockaddr_un&>(address);
        const std::size_t length = size - offsetof(sockaddr_un, sun_path);
        return {named.sun_path, ::strnlen(named.sun_path, length)};
    }
    if (address.ss_family != AF_INET && address.ss_family != AF_INET6) return {};
    boost::asio::ip::tcp::endpoint endpoint;
    endpoint.resize(size);
    std::memcpy(endpoint.data(), &address, size);
    return BindAddress{endpoint.address().to_string(), endpoint.port()}.to_string();
}

}  // namespace

ServiceNotice ServiceNotice::from_environment() {
    ServiceNotice notice;
    notice.socket_ = connect_to(take_variable("NOTIFY_SOCKET"));
    const auto every = number_of<std::uint64_t>(take_variable("WATCHDOG_USEC"));
    const std::string whose = take_variable("WATCHDOG_PID");
    constexpr std::uint64_t longest = std::uint64_t{1'000'000} * 86400;
    if (notice.socket_ >= 0 && every.value_or(0) != 0 && (whose.empty() || is_ours(whose))) {
        notice.watchdog_ = std::chrono::microseconds(std::min(*every, longest));
    }
    return notice;
}

ServiceNotice::~ServiceNotice() {
    if (socket_ >= 0) ::close(socket_);
}

ServiceNotice::ServiceNotice(ServiceNotice&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), watchdog_(std::exchange(other.watchdog_, std::nullopt)) {}

ServiceNotice& ServiceNotice::operator=(ServiceNotice&& other) noexcept {
    std::swap(socket_, other.socket_);
    std::swap(watchdog_, other.watchdog_);
    return *this;
}

void ServiceNotice::ready(std::string_view status) { send("READY=1\nSTATUS=" + std::string(status)); }

void ServiceNotice::reloading() { send("RELOADING=1\nMONOTONIC_USEC=" + monotonic_microseconds()); }

void ServiceNotice::stopping(std::string_view status) { send("STOPPING=1\nSTATUS=" + std::string(status)); }

void ServiceNotice::is_alive() { send("WATCHDOG=1"); }

void ServiceNotice::send(const std::string& text) const {
    // systemd that does not listen is nobody to tell it to.
    if (socket_ >= 0) ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
}

Result<InheritedSockets, std::string> InheritedSockets::from_environment() {
    const bool for_us = is_ours(take_variable("LISTEN_PID"));
    const std::string count = take_variable("LISTEN_FDS");
    take_variable("LISTEN_FDNAMES");
    InheritedSockets inherited;
    if (!for_us || count.empty()) return inherited;
    const auto descriptors = number_of<int>(count);
    if (!descriptors || *descriptors < 0 || *descriptors > most_inherited) return "LISTEN_FDS is no number of sockets: " + count;
    for (int descriptor = first_inherited; descriptor < first_inherited + *descriptors; ++descriptor) {
        if (!listens_for_streams(descriptor)) {
            return "descriptor " + std::to_string(descriptor) + " of LISTEN_FDS does not listen for streams: ListenStream= is wanted";
        }
        ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
        Socket socket{descriptor, where_of(address, size), {}};
        const bool takes_both = address.ss_family == AF_INET6 && !option_is_on(descriptor, IPPROTO_IPV6, IPV6_V6ONLY);
        if (takes_both && socket.where.starts_with("[::]:")) socket.also = "0.0.0.0" + socket.where.substr(4);
        inherited.sockets_.push_back(std::move(socket));
    }
    return inherited;
}

InheritedSockets::~InheritedSockets() {
    for (const Socket& socket : sockets_) ::close(socket.descriptor);
}

int InheritedSockets::take(const BindAddress& bind) {
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(bind.address, error);
    return error ? -1 : take_at(BindAddress{address.to_string(), bind.port}.to_string());
}

int InheritedSockets::take_unix(const std::string& path) { return take_at(path); }

int InheritedSockets::take_at(const std::string& where) {
    auto found = std::ranges::find(sockets_, where, &Socket::where);
    if (found == sockets_.end()) found = std::ranges::find(sockets_, where, &Socket::also);
    if (found == sockets_.end()) return -1;
    const int descriptor = found->descriptor;
    sockets_.erase(found);
    return descriptor;
}

std::vector<std::string> InheritedSockets::left() const {
    std::vector<std::string> places;
    places.reserve(sockets_.size());
    for (const Socket& socket : sockets_) places.push_back(socket.where);
    return places;
}

}  // namespace eas451
