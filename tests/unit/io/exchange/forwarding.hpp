// SPDX-License-Identifier: Apache-2.0
// Requests that are passed on to servers of the test's own.
#pragma once

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <optional>
#include <string>
#include <vector>

#include "eas451/io/exchange/forward.hpp"
#include "fake_client.hpp"
#include "fake_exchange.hpp"

namespace eas451 {

using namespace std::chrono_literals;
using Said = std::optional<std::string>;

inline const std::string forward_target = "POST /Microsoft-Server-ActiveSync?Cmd=Sync HTTP/1.1\r\nHost: mail.contoso.com\r\n";
inline const std::string forward_ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

inline FakeExchange::Answer always(const Said& answer) {
    return [answer](const std::string&) { return answer; };
}

class Forwarding : public testing::Test {
protected:
    static constexpr std::chrono::seconds patience{30};

    static const ExchangeCertificate& certificate() {
        static const ExchangeCertificate made;
        return made;
    }

    Forwarding() {
        options_.tls = certificate().trust();
        options_.connect = options_.held = options_.write = patience;
        pool_.set_options(options_);
    }
    void use(const std::vector<std::string>& urls) {
        auto known = std::make_shared<ExchangeServers>();
        for (const std::string& url : urls) {
            known->servers.push_back(ExchangeServer::at(url));
            known->servers.back().is_up = true;
        }
        pool_.set_servers(std::move(known), [this](std::size_t server) { suspected_.push_back(server); });
    }
    template <class Condition>
    void run_until(Condition condition) {
        const auto limit = std::chrono::steady_clock::now() + patience;
        while (!condition()) {
            ASSERT_LT(std::chrono::steady_clock::now(), limit);
            loop_.restart();
            loop_.run_one_for(20ms);
        }
    }
    static ForwardedRequest request(const std::string& body = "hello", std::uint64_t user = 1) {
        ForwardedRequest made;
        made.method = "POST";
        made.head = forward_target + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
        made.framing = BodyFraming::content_length;
        made.max_body = 1 << 20;
        made.user = user;
        return made;
    }
    static ForwardedRequest chunked() {
        ForwardedRequest made = request();
        made.head = forward_target + "Transfer-Encoding: chunked\r\n\r\n";
        made.framing = BodyFraming::chunked;
        return made;
    }
    void begin(FakeClient& client, ForwardedRequest what, std::optional<Forwarded>& result) {
        auto ended = [&result](const std::exception_ptr& thrown, Forwarded forwarded) {
            EXPECT_EQ(thrown, nullptr);
            result = std::move(forwarded);
        };
        auto work = forward(pool_, std::move(what), client);
        boost::asio::co_spawn(loop_, std::move(work), std::move(ended));
    }
    Forwarded pass(FakeClient& client, ForwardedRequest what) {
        std::optional<Forwarded> result;
        begin(client, std::move(what), result);
        run_until([&] { return result.has_value(); });
        return result.value_or(Forwarded{});
    }
    Forwarded pass(ForwardedRequest what) {
        FakeClient client(loop_);
        client.here = {"hello"};
        return pass(client, std::move(what));
    }
    /// One whose requests go to that server first.
    [[nodiscard]] std::uint64_t user_of(std::size_t server) const {
        std::uint64_t user = 0;
        while (pool_.servers()->order_for(user)[0] != server) ++user;
        return user;
    }

    boost::asio::io_context loop_{1};
    ExchangePoolOptions options_;
    ExchangePool pool_{loop_};
    std::vector<std::size_t> suspected_;
};

}  // namespace eas451
