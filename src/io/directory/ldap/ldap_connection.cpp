// SPDX-License-Identifier: Apache-2.0
#include "ldap_connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <unordered_map>

#include "eas451/io/runtime/failure_report.hpp"
#include "ldap_dial.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using net::ip::tcp;
using Kind = LdapFailure::Kind;
using Error = boost::system::error_code;

constexpr auto as_result = net::as_tuple(net::use_awaitable);
constexpr std::size_t read_bytes = 16 * 1024;

class TlsLdapConnection final : public LdapConnection, public std::enable_shared_from_this<TlsLdapConnection> {
public:
    TlsLdapConnection(LdapServer server, std::shared_ptr<net::ssl::context> tls, const net::any_io_executor& loop)
        : server_(std::move(server)), tls_(std::move(tls)), stream_(loop, *tls_), guard_(loop), dead_(loop, SteadyTime::max()) {}

    /// The whole of open(), under one guard that closes the socket at the deadline.
    net::awaitable<std::optional<LdapFailure>> establish(SteadyTime deadline) {
        arm_guard(deadline);
        auto failure = co_await dial(server_, stream_.next_layer(), deadline);
        if (!failure && server_.start_tls) failure = co_await ask_for_tls();
        if (!failure) failure = co_await shake_hands(server_, stream_);
        guard_.cancel();
        if (failure && timed_out_) failure = LdapFailure{Kind::timed_out, server_.name + " did not answer in time"};
        if (!failure) start_reading();
        co_return failure;
    }

    net::awaitable<Replied> search(LdapSearch search, SteadyTime deadline) override {
        co_return co_await send(alive_ ? codec_.search(search) : std::nullopt, deadline);
    }

    net::awaitable<Replied> bind(std::string dn, Secret password, SteadyTime deadline) override {
        co_return co_await send(alive_ ? codec_.bind(dn, password.reveal()) : std::nullopt, deadline);
    }

    [[nodiscard]] bool is_alive() const override { return alive_; }
    [[nodiscard]] std::size_t in_flight() const override { return pending_.size(); }

    net::awaitable<LdapFailure> wait_until_dead() override {
        const auto self = shared_from_this();
        if (alive_) co_await dead_.async_wait(as_result);
        co_return why_dead_;
    }

    void close(std::string_view why) override { die({Kind::broken, std::string(why)}); }

private:
    /// One request in flight: its timer is cancelled when the reply is whole or the connection dead.
    struct Pending {
        net::steady_timer done;
        LdapReply reply;
        std::optional<LdapFailure> failure;
        bool complete = false;
    };

    void arm_guard(SteadyTime deadline) {
        guard_.expires_at(deadline);
        guard_.async_wait([self = shared_from_this()](const Error& error) {
            if (error || self->alive_) return;
            self->timed_out_ = true;
            Error ignored;
            self->stream_.lowest_layer().close(ignored);
        });
    }

    /// StartTLS: its answer has to be the last plain byte, or somebody in between has added to it.
    net::awaitable<std::optional<LdapFailure>> ask_for_tls() {
        const auto id = codec_.start_tls();
        const std::string request = codec_.take_output();
        const auto [write_error, written] = co_await net::async_write(stream_.next_layer(), net::buffer(request), as_result);
        if (!id || write_error) co_return LdapFailure{Kind::unreachable, server_.name + ": " + write_error.message()};
        std::string bytes(read_bytes, '\0');
        for (;;) {
            const auto [error, count] = co_await stream_.next_layer().async_read_some(net::buffer(bytes), as_result);
            if (error) co_return LdapFailure{Kind::unreachable, server_.name + ": " + error.message()};
            codec_.receive(std::string_view(bytes).substr(0, count));
            auto message = codec_.next();
            if (!message) co_return LdapFailure{Kind::broken, server_.name + ": " + message.error()};
            if (*message) co_return judge_start_tls(**message, *id);
        }
    }

    std::optional<LdapFailure> judge_start_tls(const LdapMessage& message, int id) {
        const auto* result = std::get_if<LdapResult>(&message.content);
        if (message.id != id || result == nullptr) return LdapFailure{Kind::broken, server_.name + ": no answer to StartTLS"};
        if (result->code != 0) {
            return LdapFailure{Kind::tls, server_.name + " refuses StartTLS: " + ldap_result_text(result->code)};
        }
        if (codec_.has_unread_bytes()) return LdapFailure{Kind::tls, server_.name + ": bytes between StartTLS and TLS"};
        return std::nullopt;
    }

    void start_reading() {
        alive_ = true;
        auto ended = [](const std::exception_ptr& failure) {
            if (failure) report_failure("reading from the directory", failure);
        };
        auto work = read_all(shared_from_this());
        net::co_spawn(stream_.get_executor(), std::move(work), std::move(ended));
    }

    net::awaitable<void> read_all(std::shared_ptr<TlsLdapConnection> self) {
        std::string bytes(read_bytes, '\0');
        while (self->alive_) {
            const auto [error, count] = co_await stream_.async_read_some(net::buffer(bytes), as_result);
            if (error) {
                die({Kind::broken, server_.name + " closed the connection: " + error.message()});
                break;
            }
            codec_.receive(std::string_view(bytes).substr(0, count));
            take_messages();
        }
    }

    void take_messages() {
        while (alive_) {
            auto message = codec_.next();
            if (!message) return die({Kind::broken, server_.name + ": " + message.error()});
            if (!*message) return;
            dispatch(std::move(**message));
        }
    }

    void dispatch(LdapMessage message) {
        if (message.id == 0) return die({Kind::broken, server_.name + " says that it disconnects"});
        const auto found = pending_.find(message.id);
        if (found == pending_.end()) return;  // abandoned
        Pending& pending = *found->second;
        if (auto* entry = std::get_if<LdapEntry>(&message.content)) {
            pending.reply.entries.push_back(std::move(*entry));
        } else if (auto* result = std::get_if<LdapResult>(&message.content)) {
            pending.reply.result = std::move(*result);
            pending.complete = true;
            pending.done.cancel();
        } else {
            pending.reply.has_references = true;
        }
    }

    /// Sends what the codec has just encoded, and waits for the reply with that id.
    net::awaitable<Replied> send(std::optional<int> id, SteadyTime deadline) {
        const auto self = shared_from_this();
        if (!id) co_return Replied(boost::system::in_place_error, LdapFailure(not_sent()));
        Pending pending{net::steady_timer(stream_.get_executor(), deadline), {}, {}, false};
        pending_.emplace(*id, &pending);
        flush();
        co_await pending.done.async_wait(as_result);
        pending_.erase(*id);
        if (pending.complete) co_return Replied(std::move(pending.reply));
        if (pending.failure) co_return Replied(boost::system::in_place_error, *pending.failure);
        codec_.abandon(*id);
        flush();
        co_return Replied(boost::system::in_place_error, LdapFailure(too_late()));
    }

    [[nodiscard]] LdapFailure not_sent() const {
        if (!alive_) return why_dead_;
        return {Kind::broken, server_.name + ": a request that cannot be encoded"};
    }
    [[nodiscard]] LdapFailure too_late() const { return {Kind::timed_out, server_.name + " did not answer in time"}; }

    /// One write at a time; what is encoded meanwhile goes with the next.
    void flush() {
        if (writing_ || !alive_) return;
        sending_ = codec_.take_output();
        if (sending_.empty()) return;
        writing_ = true;
        net::async_write(stream_, net::buffer(sending_), [self = shared_from_this()](const Error& error, std::size_t) {
            self->writing_ = false;
            cleanse(self->sending_);  // a bind's bytes hold a password
            if (error) return self->die({Kind::broken, self->server_.name + ": " + error.message()});
            self->flush();
        });
    }

    void die(LdapFailure why) {
        if (!alive_) return;
        alive_ = false;
        why_dead_ = std::move(why);
        Error ignored;
        stream_.lowest_layer().close(ignored);
        for (auto& [id, pending] : pending_) {
            pending->failure = why_dead_;
            pending->done.cancel();
        }
        dead_.cancel();
    }

    LdapServer server_;
    std::shared_ptr<net::ssl::context> tls_;
    net::ssl::stream<tcp::socket> stream_;
    net::steady_timer guard_;
    net::steady_timer dead_;
    LdapCodec codec_;
    std::unordered_map<int, Pending*> pending_;  // each lives in the frame of its send()
    std::string sending_;
    LdapFailure why_dead_;
    bool alive_ = false;
    bool writing_ = false;
    bool timed_out_ = false;
};

}  // namespace

net::awaitable<LdapConnection::Opened> LdapConnection::open(LdapServer server, std::shared_ptr<net::ssl::context> tls,
                                                            SteadyTime deadline) {
    const net::any_io_executor loop = co_await net::this_coro::executor;
    auto connection = std::make_shared<TlsLdapConnection>(std::move(server), std::move(tls), loop);
    auto failure = co_await connection->establish(deadline);
    if (failure) co_return Opened(boost::system::in_place_error, std::move(*failure));
    co_return Opened(boost::system::in_place_value, std::move(connection));
}

}  // namespace eas451
