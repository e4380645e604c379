// SPDX-License-Identifier: Apache-2.0
// ExchangeProbe: one question to an Exchange server on a connection of its own, made, verified, asked and closed, for
// the checks of its health. One loop's thread, held by shared_ptr.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/result.hpp"
#include "eas451/io/exchange/exchange_servers.hpp"

namespace eas451 {

enum class ExchangeQuestion : std::uint8_t {
    health,     // GET /Microsoft-Server-ActiveSync/healthcheck.htm, what balancers ask (eas-protocol.md 1.1)
    challenge,  // OPTIONS with an empty Bearer, which has Exchange tell its challenge (section 6 there)
    target,     // OPTIONS without credentials: 401 of whoever serves ActiveSync, and nothing is counted as a wrong password
};

struct ExchangeReply {
    unsigned status = 0;
    bool is_of_eas451 = false;                    // it has the mark of health_answer()
    bool speaks_eas = false;                      // it has a field that only ActiveSync has
    std::vector<std::string> challenges;          // values of WWW-Authenticate
    std::string version;                          // as it calls itself, where it does; no more than visible characters
    std::optional<std::int64_t> certificate_expiry;  // Unix seconds
    boost::asio::ip::tcp::endpoint answered_from;
};

class ExchangeProbe : public std::enable_shared_from_this<ExchangeProbe> {
public:
    using Replied = Result<ExchangeReply, std::string>;
    /// Of the fields of an answer's head, with the blank line. Its body is not read.
    static constexpr std::size_t most_field_bytes = 16U << 10U;

    /// `limit` is that of limits.exchange_connect.
    ExchangeProbe(const boost::asio::any_io_executor& loop, std::shared_ptr<boost::asio::ssl::context> tls,
                  std::chrono::milliseconds limit);

    /// Tries the server's addresses one after the other until there is a verified connection, each for an equal part of
    /// the limit, and asks there. Two limits and no longer. The error is one sentence without the server's name. Once.
    boost::asio::awaitable<Replied> ask(ExchangeServer server, ExchangeQuestion question);
    /// It failed, and for what the server's certificate says.
    [[nodiscard]] bool is_distrusted() const { return is_distrusted_; }
    /// Ends ask() with the next turns of the loop, with some error.
    void give_up();

private:
    using Error = boost::system::error_code;
    using Stream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;
    using Failure = std::optional<std::string>;

    boost::asio::awaitable<Failure> connect(const std::string& host, const boost::asio::ip::tcp::endpoint& address);
    boost::asio::awaitable<Replied> converse(std::string_view authority, ExchangeQuestion question);
    /// What goes on then is ended by closing its socket.
    void end_at(SteadyTime deadline);
    void close();
    [[nodiscard]] std::string why(const std::string& otherwise) const;

    boost::asio::any_io_executor loop_;
    std::shared_ptr<boost::asio::ssl::context> tls_;
    std::chrono::milliseconds limit_;
    std::optional<Stream> stream_;
    boost::asio::steady_timer deadline_;
    unsigned deadlines_ = 0;  // one that is not waited for any more has a lower number
    bool timed_out_ = false;
    bool given_up_ = false;
    bool is_distrusted_ = false;
};

}  // namespace eas451
