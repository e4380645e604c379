// SPDX-License-Identifier: Apache-2.0
// What systemd and a service say to each other (systemd.exec(5), sd_notify(3), sd_listen_fds(3)), spoken by ourselves:
// environment variables, descriptors that are there from the start, and datagrams.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eas451/core/result.hpp"
#include "eas451/io/config/settings.hpp"

namespace eas451 {

/// How the service is, for systemd. Without systemd every call does nothing. One thread.
class ServiceNotice {
public:
    /// Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment. Before privileges are dropped.
    static ServiceNotice from_environment();
    ServiceNotice() = default;
    ~ServiceNotice();
    ServiceNotice(ServiceNotice&& other) noexcept;
    ServiceNotice& operator=(ServiceNotice&& other) noexcept;
    ServiceNotice(const ServiceNotice&) = delete;
    ServiceNotice& operator=(const ServiceNotice&) = delete;

    /// Also after a reload, whatever became of it. `status` is what `systemctl status` shows: one line.
    void ready(std::string_view status);
    void reloading();
    void stopping(std::string_view status);
    void is_alive();
    /// How often is_alive() has to be said; nothing when nobody waits for it.
    [[nodiscard]] std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

private:
    void send(const std::string& text) const;

    int socket_ = -1;
    std::optional<std::chrono::microseconds> watchdog_;
};

/// The listening sockets that systemd opened for us and keeps while no process of the service runs, so that a restart
/// refuses nobody. Owns those that nobody has taken.
class InheritedSockets {
public:
    /// Takes LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES out of the environment. The error: a descriptor that is no
    /// listening stream socket. Called once, before anything else opens a descriptor.
    static Result<InheritedSockets, std::string> from_environment();
    InheritedSockets() = default;
    ~InheritedSockets();
    InheritedSockets(InheritedSockets&&) noexcept = default;
    InheritedSockets& operator=(InheritedSockets&&) = delete;
    InheritedSockets(const InheritedSockets&) = delete;
    InheritedSockets& operator=(const InheritedSockets&) = delete;

    /// The descriptor that listens there, which is the caller's from now on; -1: none does. One of "::" that takes IPv4,
    /// too, is that of "0.0.0.0" where there is no other.
    int take(const BindAddress& bind);
    int take_unix(const std::string& path);
    /// Where the others listen.
    [[nodiscard]] std::vector<std::string> left() const;

private:
    struct Socket {
        int descriptor;
        std::string where;           // as BindAddress writes it, or the path
        std::string also;            // empty, or where else it listens
    };
    int take_at(const std::string& where);

    std::vector<Socket> sockets_;
};

}  // namespace eas451
