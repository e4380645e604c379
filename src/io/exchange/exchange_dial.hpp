// SPDX-License-Identifier: Apache-2.0
// ExchangeDial: one try of a server for a request that is passed on: connected, verified, ready for bytes. One thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "exchange_connection.hpp"

namespace eas451 {

class ExchangeDial {
public:
    /// Who waits, and may not want to any more.
    class Waits {
    public:
        /// From now on for something of that socket, for so long at most: then it is closed.
        virtual void wait_begins(std::chrono::milliseconds limit, StreamSocket& socket) = 0;
        /// False: nobody wants it any more.
        virtual bool wait_ends() = 0;

    protected:
        ~Waits() = default;
    };

    /// `waits` outlives it.
    ExchangeDial(boost::asio::io_context& loop, ExchangePool::Options options, Waits& waits)
        : loop_(loop), options_(std::move(options)), waits_(waits) {}

    /// To one of the server's addresses, each with an equal part of the time. Null: trouble() says why.
    boost::asio::awaitable<std::unique_ptr<ExchangeConnection>> connect(const ExchangeServer& server, SteadyTime deadline);
    [[nodiscard]] const std::string& trouble() const { return trouble_; }

private:
    boost::asio::awaitable<void> connect_to(const std::string& host, const boost::asio::ip::tcp::endpoint& address,
                                            SteadyTime deadline);
    boost::asio::awaitable<void> shake_hands(SteadyTime deadline);
    void failed(std::string trouble);

    boost::asio::io_context& loop_;
    ExchangePool::Options options_;
    Waits& waits_;
    std::unique_ptr<ExchangeConnection> connection_;
    std::string trouble_ = "its name has no address";
    bool is_wanted_ = true;
};

}  // namespace eas451
