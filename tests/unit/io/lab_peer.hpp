// SPDX-License-Identifier: Apache-2.0
// Both ends of a connection within one process, and the TLS of a listener.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <filesystem>
#include <memory>

#include "eas451/io/net/server_tls.hpp"
#include "eas451/io/net/stream_step.hpp"
#include "eas451/io/net/tls_context.hpp"

namespace eas451 {

/// As the settings make it, with a self-signed certificate for mail.contoso.com. One for the whole process.
inline const std::shared_ptr<boost::asio::ssl::context>& lab_server_tls() {
    static const auto made = [] {
        char name[] = "/tmp/eas451-test-lab-XXXXXX";
        const std::filesystem::path folder = ::mkdtemp(name);
        EXPECT_TRUE(make_lab_certificate(folder / "a.crt", folder / "a.key", {"mail.contoso.com"}));
        CertificateFiles files;
        files.certificate = folder / "a.crt";
        files.key = folder / "a.key";
        auto loaded = load_server_tls({files}, std::make_shared<TicketKeys>(std::chrono::hours(1)), std::chrono::hours(1));
        EXPECT_TRUE(loaded);
        std::filesystem::remove_all(folder);
        return loaded->context;
    }();
    return made;
}

/// Two sockets that are connected, for their callers to close.
inline std::array<int, 2> connected_sockets(int flags = 0) {
    std::array<int, 2> pair{-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0, pair.data()), 0);
    return pair;
}

/// Owns the descriptor from now on.
inline StreamSocket owned(boost::asio::io_context& loop, int descriptor) {
    StreamSocket socket(loop);
    socket.assign(boost::asio::local::stream_protocol(), descriptor);
    return socket;
}

}  // namespace eas451
