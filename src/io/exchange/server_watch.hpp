// SPDX-License-Identifier: Apache-2.0
// ServerWatch: one Exchange server, checked again and again. One loop's thread, held by shared_ptr.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "eas451/io/exchange/exchange_watch.hpp"
#include "eas451/io/net/name_lookup.hpp"
#include "exchange_probe.hpp"

namespace eas451 {

struct ServerWatchEvents {
    std::function<void()> changed;  // what server() gives
    std::function<void(LogLevel, const std::string&)> tell;
    /// Whether to ask this server for the challenge, after a good check; then end_challenge() follows.
    std::function<bool()> begin_challenge;
    std::function<void(const std::string& server, const std::optional<std::string>& lines)> end_challenge;
};

class ServerWatch : public std::enable_shared_from_this<ServerWatch> {
public:
    /// A server that is up is taken down by so many failed checks in a row.
    static constexpr unsigned misses_when_down = 2;
    /// One that is known to be down is taken up by so many good ones in a row: one that answers now and then would move
    /// its users to and fro.
    static constexpr unsigned goods_when_up = 2;

    using Tls = std::shared_ptr<boost::asio::ssl::context>;
    ServerWatch(boost::asio::any_io_executor loop, Tls tls, ExchangeServer server, ExchangeWatchTimes times, ServerWatchEvents events);
    ~ServerWatch();
    ServerWatch(const ServerWatch&) = delete;
    ServerWatch& operator=(const ServerWatch&) = delete;

    /// Checks until stop(), after which no event is called.
    void start();
    void stop();
    void suspect();
    [[nodiscard]] const ExchangeServer& server() const { return server_; }

    /// One check, for who does not start(): why it failed, in one sentence without the server's name.
    boost::asio::awaitable<std::optional<std::string>> check();
    /// To the last question that was answered.
    [[nodiscard]] const ExchangeReply& last_reply() const { return last_reply_; }
    /// What bearer_challenge_lines() makes of its 401; nothing where it gives none.
    boost::asio::awaitable<std::optional<std::string>> ask_challenge();

private:
    using Error = boost::system::error_code;

    boost::asio::awaitable<void> run(std::shared_ptr<ServerWatch> self);
    boost::asio::awaitable<ExchangeProbe::Replied> probe(ExchangeQuestion question);
    boost::asio::awaitable<void> wait_for_addresses();
    void look_up();
    void take_addresses(const Error& error, NameLookup::Endpoints found);
    void note_good();
    void note_miss(const std::string& why);
    void become(bool up, const std::string& why_down);
    void plan_next();
    void tell_change();
    void tell(LogLevel level, const std::string& text) const;

    boost::asio::any_io_executor loop_;
    Tls tls_;
    ExchangeServer server_;
    const ExchangeWatchTimes times_;
    ServerWatchEvents events_;
    const bool is_name_;  // and no address
    std::shared_ptr<BlockingCall> lookup_;  // null: none is under way
    std::string name_trouble_;              // why the last one failed; empty: it did not
    std::shared_ptr<ExchangeProbe> probe_;
    boost::asio::steady_timer resolved_;  // cancelled when a look-up ends
    boost::asio::steady_timer due_;
    SteadyTime begun_{};   // the last check
    SteadyTime due_at_{};  // the next
    unsigned misses_ = 0;
    bool is_eas451_ = false;    // by its last answer
    unsigned goods_ = 0;        // while it is down
    std::optional<bool> told_;  // whether it is up, as the log has it
    SteadyTime up_line_due_{};  // no such line before
    SteadyTime down_line_due_{};
    unsigned changes_ = 0;  // since the last of these lines
    ExchangeReply last_reply_;
    bool suspected_ = false;
    bool stopped_ = false;
};

}  // namespace eas451
