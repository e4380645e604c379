// SPDX-License-Identifier: Apache-2.0
#include "ldap_connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <unordered_map>

#include "eas451/io/net/server_name.hpp"
#include "eas451/io/runtime/failure_report.hpp"
#include "eas451/io/runtime/waiters.hpp"
#include "ldap_dial.hpp"
#include "ldap_result_code.hpp"

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
    TlsLdapConnection(const net::any_io_executor& loop, LdapServer server, std::shared_ptr<net::ssl::context> tls)
        : server_(std::move(server)),
          tls_(std::move(tls)),
          dial_(std::make_shared<LdapDial>(loop)),
          stream_(loop, *tls_),
          guard_(loop),
          dead_(loop) {
        // There are few of us, and to cleanse and allocate them for each record takes longer than the record.
        SSL_clear_mode(stream_.native_handle(), SSL_MODE_RELEASE_BUFFERS);
    }

    net::awaitable<std::optional<LdapFailure>> open(SteadyTime deadline) override {
        const auto self = shared_from_this();
        auto reached = co_await dial_->reach(server_, deadline);
        if (!reached) die(reached.error());
        if (state_ == State::dead) co_return why_dead_;
        stream_.next_layer() = std::move(*reached);
        arm_guard(deadline);
        Error ignored;
        address_ = stream_.next_layer().remote_endpoint(ignored).address().to_string();
        std::optional<LdapFailure> failure;
        if (server_.start_tls) failure = co_await ask_for_tls();
        if (!failure) failure = co_await shake_hands(server_, stream_);
        guard_.cancel();
        if (failure) die(std::move(*failure));
        if (state_ == State::dead) co_return why_dead_;
        expiry_ = peer_certificate_expiry(stream_.native_handle());
        start_reading();
        co_return std::nullopt;
    }

    net::awaitable<Replied> search(const LdapSearch& search, SteadyTime deadline) override {
        if (pending_.size() >= max_in_flight) co_return failed({Kind::unreachable, server_.name + ": too many searches at once"});
        const std::size_t most = search.page             ? static_cast<std::size_t>(search.page->size)
                                 : search.size_limit > 0 ? static_cast<std::size_t>(search.size_limit)
                                                         : max_entries;
        co_return co_await send(LdapOperation::search, is_alive() ? codec_.search(search) : std::nullopt, most, deadline);
    }

    net::awaitable<Replied> bind(const std::string& dn, const Secret& password, SteadyTime deadline) override {
        co_return co_await send(LdapOperation::bind, is_alive() ? codec_.bind(dn, password.reveal()) : std::nullopt, 0, deadline);
    }

    std::optional<int> watch(const std::string& container, LdapWatchEvents events) override {
        if (!is_alive() || watches_.size() >= max_watches) return std::nullopt;
        const auto id = codec_.watch(container);
        if (id) watches_.add(*id, std::move(events));
        flush();
        return id;
    }

    void unwatch(int id) override {
        if (!watches_.remove(id) || !is_alive()) return;
        codec_.abandon(id);
        flush();
    }

    [[nodiscard]] bool is_alive() const override { return state_ == State::alive; }
    [[nodiscard]] const std::string& address() const override { return address_; }
    [[nodiscard]] std::optional<std::int64_t> certificate_expiry() const override { return expiry_; }
    [[nodiscard]] SteadyTime last_heard() const override { return last_heard_; }
    [[nodiscard]] const LdapFailure& why_dead() const override { return why_dead_; }

    net::awaitable<void> wait_until_dead(SteadyTime until) override {
        const auto self = shared_from_this();
        if (state_ != State::dead) co_await dead_.wait(until);
    }

    void close(LdapFailure why) override { die(std::move(why)); }

private:
    enum class State : std::uint8_t { opening, alive, dead };

    /// One request in flight, in the frame of its send(): its timer is cancelled when the reply is whole
    /// or the connection dead.
    struct Pending {
        Pending(TlsLdapConnection& connection, LdapOperation asked, int request, std::size_t entries, SteadyTime deadline)
            : of(connection), operation(asked), id(request), most_entries(entries), done(connection.stream_.get_executor(), deadline) {
            of.pending_.emplace(id, this);
        }
        ~Pending() { of.pending_.erase(id); }
        Pending(const Pending&) = delete;
        Pending& operator=(const Pending&) = delete;

        TlsLdapConnection& of;
        LdapOperation operation;
        int id;
        std::size_t most_entries;
        net::steady_timer done;
        LdapReply reply;
        bool complete = false;
    };

    static Replied failed(LdapFailure why) { return Replied(boost::system::in_place_error, std::move(why)); }

    /// Whatever open() waits for once there is a socket ends when that is closed.
    void arm_guard(SteadyTime deadline) {
        guard_.expires_at(deadline);
        guard_.async_wait([self = shared_from_this()](const Error& error) {
            if (!error && self->state_ == State::opening) self->die(self->too_late());
        });
    }

    /// StartTLS: its answer has to be the last plain byte, or somebody in between has added to it.
    net::awaitable<std::optional<LdapFailure>> ask_for_tls() {
        const auto id = codec_.start_tls();
        const std::string request = codec_.take_output();
        const auto [write_error, written] =
            co_await net::async_write(stream_.next_layer(), net::buffer(request), as_result);
        if (!id) co_return LdapFailure{Kind::broken, server_.name + ": StartTLS cannot be encoded"};
        if (write_error) co_return LdapFailure{Kind::unreachable, server_.name + ": " + write_error.message()};
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
        if (message.id != id || result == nullptr)
            return LdapFailure{Kind::broken, server_.name + ": no answer to StartTLS"};
        if (result->code != 0) {
            return LdapFailure{Kind::tls, server_.name + " refuses StartTLS: " + text_of(*result)};
        }
        if (codec_.has_unread_bytes()) return LdapFailure{Kind::tls, server_.name + ": bytes between StartTLS and TLS"};
        return std::nullopt;
    }

    void start_reading() {
        state_ = State::alive;
        auto ended = [](const std::exception_ptr& failure) {
            if (failure) report_failure("reading from the directory", failure);
        };
        auto work = read_all(shared_from_this());
        net::co_spawn(stream_.get_executor(), std::move(work), std::move(ended));
    }

    net::awaitable<void> read_all([[maybe_unused]] std::shared_ptr<TlsLdapConnection> self) {
        std::string bytes(read_bytes, '\0');
        while (is_alive()) {
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
        while (is_alive()) {
            auto message = codec_.next();
            if (!message) return die({Kind::broken, server_.name + ": " + message.error()});
            if (!*message) return;
            dispatch(std::move(**message));
        }
    }

    void dispatch(LdapMessage message) {
        last_heard_ = std::chrono::steady_clock::now();
        if (message.id == 0) return die({Kind::broken, server_.name + " says that it disconnects"});
        if (watches_.has(message.id)) return watches_.take(message, server_.name);
        const auto found = pending_.find(message.id);
        if (found == pending_.end()) return;  // abandoned
        Pending& pending = *found->second;
        if (pending.complete) return;
        if (message.answers != pending.operation) return die({Kind::broken, server_.name + " answers what was not asked"});
        if (auto* entry = std::get_if<LdapEntry>(&message.content)) {
            if (pending.reply.entries.size() < pending.most_entries) {
                pending.reply.entries.push_back(std::move(*entry));
            } else {
                cut_off(message.id, pending);
            }
        } else if (auto* result = std::get_if<LdapResult>(&message.content)) {
            pending.reply.result = std::move(*result);
            pending.complete = true;
            pending.done.cancel();
        } else {
            pending.reply.has_references = true;
        }
    }

    /// A server that knows no size limit, as Samba, is told to stop; the reply is what it would have been.
    void cut_off(int id, Pending& pending) {
        pending.reply.result.code = ldap_code::size_limit_exceeded;
        pending.complete = true;
        pending.done.cancel();
        codec_.abandon(id);
        flush();
    }

    /// Sends what the codec has just encoded, and waits for the reply with that id.
    net::awaitable<Replied> send(LdapOperation operation, std::optional<int> id, std::size_t most_entries, SteadyTime deadline) {
        const auto self = shared_from_this();
        if (!id) co_return failed(not_sent());
        Pending pending(*this, operation, *id, most_entries, deadline);
        flush();
        co_await pending.done.async_wait(as_result);
        if (pending.complete) co_return Replied(std::move(pending.reply));
        if (state_ == State::dead) co_return failed(why_dead_);
        codec_.abandon(*id);
        flush();
        co_return failed(too_late());
    }

    [[nodiscard]] LdapFailure not_sent() const {
        if (state_ == State::dead) return why_dead_;
        return {Kind::broken, server_.name + ": a request that cannot be encoded"};
    }
    [[nodiscard]] LdapFailure too_late() const { return {Kind::timed_out, server_.name + " did not answer in time"}; }

    /// One write at a time; what is encoded meanwhile goes with the next.
    void flush() {
        if (writing_ || !is_alive()) return;
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
        if (state_ == State::dead) return;
        state_ = State::dead;
        why_dead_ = std::move(why);
        dial_->give_up();
        guard_.cancel();
        Error ignored;
        stream_.lowest_layer().close(ignored);
        for (auto& [id, pending] : pending_) pending->done.cancel();
        dead_.wake_all();
        watches_.end_all(why_dead_.text);
    }

    LdapServer server_;
    std::shared_ptr<net::ssl::context> tls_;
    std::shared_ptr<LdapDial> dial_;
    net::ssl::stream<tcp::socket> stream_;
    net::steady_timer guard_;
    Waiters dead_;
    LdapCodec codec_;
    std::unordered_map<int, Pending*> pending_;
    LdapWatches watches_;
    std::string sending_;
    LdapFailure why_dead_;
    std::string address_;
    std::optional<std::int64_t> expiry_;
    SteadyTime last_heard_{};
    State state_ = State::opening;
    bool writing_ = false;
};

}  // namespace

std::shared_ptr<LdapConnection> LdapConnection::make(const net::any_io_executor& loop, LdapServer server,
                                                     std::shared_ptr<net::ssl::context> tls) {
    return std::make_shared<TlsLdapConnection>(loop, std::move(server), std::move(tls));
}

}  // namespace eas451
