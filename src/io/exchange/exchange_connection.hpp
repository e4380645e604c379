// SPDX-License-Identifier: Apache-2.0
// ExchangeConnection: one TLS connection to an Exchange server, and what was read from it and not used yet. Owned by the
// request that uses it, or by the worker's ExchangePool between two of them. One thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/secret.hpp"
#include "eas451/io/exchange/exchange_pool.hpp"
#include "eas451/io/net/tls_stream.hpp"

namespace eas451 {

class ExchangeConnection {
public:
    /// Of a socket that has connected, with the options that it was connected by. Sees to it that a server which vanishes
    /// without a word is noticed.
    ExchangeConnection(StreamSocket socket, ExchangePool::Options options);

    [[nodiscard]] TlsStream& stream() { return stream_; }
    [[nodiscard]] StreamSocket& socket() { return stream_.socket(); }

    /// Bytes read and not used yet.
    [[nodiscard]] std::string_view in() const { return std::string_view(in_).substr(used_); }
    void use(std::size_t bytes) { used_ += bytes; }
    /// Reads what is there, behind what is not used yet, by way of `scratch`. One attempt, no wait.
    StreamStep read(std::span<char> scratch);

    /// Nobody has sent anything on it since it was last used, and it was not closed: it can be used again.
    [[nodiscard]] bool is_quiet();
    /// It has not been used for a while: it gives back its buffers.
    void rest();

    [[nodiscard]] const ExchangePool::Options& options() const { return options_; }

    bool rests = false;
    SteadyTime idle_since{};

private:
    ExchangePool::Options options_;
    TlsStream stream_;
    std::string in_;
    std::size_t used_ = 0;
};

}  // namespace eas451
