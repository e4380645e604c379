// SPDX-License-Identifier: Apache-2.0
// ExchangePool: one worker's connections to Exchange. Those that no request uses are kept for the next one, the last used
// first, so that the others grow old and are closed. Each request authenticates by itself (Basic, Bearer), so any request
// may have any connection.
//
// Its worker's thread alone. Bounded: so many connections in all, so many that are kept.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "eas451/core/organization_relationship.hpp"
#include "eas451/io/exchange/exchange_servers.hpp"

namespace boost::asio::ssl {
class context;
}

namespace eas451 {

class ExchangeConnection;

struct ExchangePoolOptions {
    std::shared_ptr<boost::asio::ssl::context> tls;  // of make_client_context()
    std::chrono::milliseconds connect{5000};  // for a connection to a server and its handshake, over all its addresses
    std::chrono::milliseconds held{3600000};  // for an answer, and between two pieces of it
    std::chrono::milliseconds write{30000};   // while the server takes nothing
    std::chrono::milliseconds idle{60000};    // a connection that is kept; below the 120 s after which IIS closes it
    std::size_t most = 16000;                 // connections of this worker that requests use
    std::size_t most_kept = 64;               // of them for each server without a request
};

class ExchangePool {
public:
    explicit ExchangePool(boost::asio::io_context& loop);
    ~ExchangePool();
    ExchangePool(const ExchangePool&) = delete;
    ExchangePool& operator=(const ExchangePool&) = delete;

    using Options = std::shared_ptr<const ExchangePoolOptions>;

    /// For requests that begin from now on; others go on with those they began with. Connections that were made with former
    /// ones are not used again: who is trusted may have changed.
    void set_options(ExchangePoolOptions options);
    [[nodiscard]] const Options& options() const { return options_; }
    /// Who is up, and who is told of a server that could not be reached. Null servers: nobody is.
    void set_servers(std::shared_ptr<const ExchangeServers> servers, std::function<void(std::size_t)> suspect);
    [[nodiscard]] const std::shared_ptr<const ExchangeServers>& servers() const { return servers_; }
    [[nodiscard]] bool any_up() const { return servers_ != nullptr && servers_->any_up(); }
    /// The server of that URL, if it is still one of ours.
    void suspect(const std::string& url) const;

    /// One of the connections that are kept, if there is one that is not too old and that nothing has come on.
    std::unique_ptr<ExchangeConnection> take(const ExchangeServer& server);
    /// Closes it instead when its server is not up any more, when it was made with former options, or has no place.
    void keep(const ExchangeServer& server, std::unique_ptr<ExchangeConnection> connection);
    /// Closes those that have been kept too long, and takes the buffers of those that have rested for `rest_after`. By a
    /// timer of the pool's own while any is kept.
    void sweep(SteadyTime now);
    static constexpr std::chrono::milliseconds rest_after{100};
    /// Nothing is kept any more, so that the loop can end.
    void close();
    [[nodiscard]] std::size_t kept() const;

    /// A place for a connection while it lives.
    class Place {
    public:
        explicit Place(ExchangePool& pool) : pool_(&pool) { ++pool.in_use_; }
        ~Place() { --pool_->in_use_; }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

    private:
        ExchangePool* pool_;
    };
    [[nodiscard]] bool has_room() const { return in_use_ < options_->most; }
    [[nodiscard]] boost::asio::io_context& loop() { return loop_; }
    /// As much as a TLS record brings; for one read at a time.
    [[nodiscard]] std::span<char> scratch() { return scratch_; }

private:
    struct Kept {
        std::string url;
        std::vector<std::unique_ptr<ExchangeConnection>> connections;  // the last used last
    };
    [[nodiscard]] bool is_up(const std::string& url) const;
    void arm();

    boost::asio::io_context& loop_;
    boost::asio::steady_timer timer_;  // while any is kept
    bool is_armed_ = false;
    bool is_closed_ = false;
    Options options_ = std::make_shared<const ExchangePoolOptions>();
    std::shared_ptr<const ExchangeServers> servers_;
    std::function<void(std::size_t)> suspect_;
    std::vector<Kept> kept_;
    std::size_t in_use_ = 0;
    std::array<char, 16384> scratch_{};
};

}  // namespace eas451
