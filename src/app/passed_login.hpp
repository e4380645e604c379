// SPDX-License-Identifier: Apache-2.0
// PassedLogin: the login of a request that is passed on, while Exchange has the last word on it. One that was accepted from
// memory takes its turn (PasswordTurns), and when Exchange refuses it memory forgets it; one that nobody has looked at here, a
// Bearer token, has shown whose it is when Exchange serves it. On the session's thread, for as long as the request is passed on.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string_view>

#include "eas451/core/credentials.hpp"
#include "eas451/io/directory/directory.hpp"
#include "eas451/io/directory/password_turns.hpp"
#include "eas451/io/exchange/forward.hpp"
#include "eas451/io/net/client_side.hpp"

namespace eas451 {

class PassedLogin final : public ForwardProgress, public ClientSide::Upstream {
public:
    /// Exchange refuses a token at once. Whom it lets wait for so long it knows: a long poll.
    static constexpr std::chrono::seconds refused_within{5};

    struct Asked {
        SteadyTime at;  // when memory was
        bool takes_long = false;
    };
    /// All outlive it but `outcome`.
    PassedLogin(ClientSide& client, const Directory& directory, const LoginOutcome& outcome, Asked asked, boost::asio::io_context& loop);
    virtual ~PassedLogin() = default;
    PassedLogin(const PassedLogin&) = delete;
    PassedLogin& operator=(const PassedLogin&) = delete;

    /// False: it may be sent now.
    bool has_to_wait();
    /// False: its password was refused meanwhile, or the client has left.
    boost::asio::awaitable<bool> wait();
    [[nodiscard]] bool client_left() const { return client_left_; }

    void request_sent() override;
    void answer_begins(unsigned status) override;

    void give_up() override;
    void rest() override {}

private:
    ClientSide& client_;
    const Directory& directory_;
    bool is_bearer_;
    std::optional<RememberedLogin> remembered_;
    std::optional<PasswordTurns::Turn> turn_;
    PasswordTurns::Next next_ = PasswordTurns::Next::go;
    bool client_left_ = false;
    boost::asio::io_context& loop_;
    std::optional<boost::asio::steady_timer> silence_;
    std::shared_ptr<PassedLogin*> here_;  // while silence_ runs
};

/// Of a head that append_forwarded_head() wrote.
Authorization authorization_in(std::string_view head);

}  // namespace eas451
