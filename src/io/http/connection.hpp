// SPDX-License-Identifier: Apache-2.0
// Longer than 300 lines: one class template, whose waits share what ends them.
//
// Connection: one connection of a client below its requests: how it is opened, read, waited for and ended. Bytes and
// time; what is a request in them is the session's business (session.cpp). One owner, its loop's thread alone.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "eas451/io/http/session.hpp"
#include "eas451/io/net/client_side.hpp"
#include "proxy_header_reader.hpp"
#include "session_parts.hpp"

namespace eas451 {

template <class Stream>
class Connection {
public:
    static constexpr bool is_tls = Stream::is_tls;

    template <class... Made>
    Connection(SessionContext& context, ConnectionFacts facts, Made... made)
        : context_(context),
          stream_(std::move(made)...),
          facts_(std::move(facts)),
          task_(context.tasks, [this](TaskGroup::Task::Event event) { on_event(event); }),
          count_(context.metrics) {}
    ~Connection() { cleanse(in_); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] const ConnectionFacts& facts() const { return facts_; }
    [[nodiscard]] Stream& stream() { return stream_; }
    [[nodiscard]] bool is_draining() const { return task_.is_draining(); }
    /// It was ended from here, with whatever was going on, because the process ends.
    [[nodiscard]] bool is_aborted() const { return is_aborted_; }
    /// Bytes read and not used yet.
    [[nodiscard]] std::string& in() { return in_; }
    /// A request on it came from a user: it counts no longer among those of its address that have not.
    void authenticated() { place_.give_back(); }

    /// Up to where the first byte of a request can come; once. False: there is nothing more to do with it.
    boost::asio::awaitable<bool> open() {
        if (facts_.has_proxy_header) {
            const bool named = co_await take_proxy_header();
            if (!named) co_return false;
        }
        if (!take_place()) co_return false;
        if constexpr (is_tls) co_return co_await shake_hands();
        co_return true;
    }

    /// The wait that begins now.
    void expires(WaitEnd end) {
        ends_by_ = end.by;
        task_.expires_at(end.at);
    }

    /// Takes what is there into in(), by way of the buffer that all sessions of the thread share. Nothing when something
    /// has to be waited for (`wanted`); false at the end of the connection.
    std::optional<bool> read_now(StreamStep& wanted) {
        const StreamStep step = stream_.read(boost::asio::buffer(context_.scratch));
        if (step.bytes == 0) {
            if (step.wants == StreamStep::Wants::nothing) return false;
            wanted = step;
            return std::nullopt;
        }
        append(in_, {context_.scratch.data(), step.bytes});
        cleanse(context_.scratch.data(), step.bytes);
        return true;
    }

    /// False: the end of the connection.
    boost::asio::awaitable<bool> read_more() {
        for (;;) {
            StreamStep wanted;
            const auto got = read_now(wanted);
            if (got && *got && ++reads_this_turn_ == reads_a_turn) co_await let_others();
            if (got) co_return *got;
            if (body_read_ == BodyRead::late) co_return false;
            const bool ready = co_await wait_for(wanted);
            if (!ready) co_return false;
        }
    }

    /// As read_more(), but `end` ends the reading alone: there is still an answer to give.
    boost::asio::awaitable<BodyRead> read_body(WaitEnd end) {
        expires(end);
        body_read_ = BodyRead::more;
        const bool got = co_await read_more();
        const bool is_late = body_read_ == BodyRead::late;
        body_read_.reset();
        if (is_late) co_return BodyRead::late;
        co_return got ? BodyRead::more : BodyRead::ended;
    }

    /// Until the step can be made again. False: the connection was closed meanwhile.
    boost::asio::awaitable<bool> wait_for(StreamStep step) {
        reads_this_turn_ = 0;
        const auto [error] = co_await stream_.socket().async_wait(step.wait_type(), as_result);
        co_return !error;
    }

    /// What is there already is worked on without a wait; others have been waiting meanwhile.
    boost::asio::awaitable<void> let_others() {
        reads_this_turn_ = 0;
        co_await boost::asio::post(stream_.socket().get_executor(), boost::asio::use_awaitable);
    }

    /// Between two requests: tens of thousands of phones are, and hold no buffer.
    void begin_idle(SteadyTime ends) {
        in_.shrink_to_fit();  // it is empty
        ends_by_ = TimeLimit::idle;
        task_.begin_idle(steady_now(), ends);
    }
    void end_idle() { task_.end_idle(); }

    /// Somebody else is waited for, who may take an hour: this connection rests meanwhile. `upstream` is given up when that
    /// takes too long, or when the client goes away.
    void begin_wait_for_upstream(WaitEnd end, ClientSide::Upstream& upstream) {
        upstream_ = &upstream;
        ends_by_ = end.by;
        task_.begin_long_wait(steady_now(), end.at);
    }
    /// False when the client has gone away.
    bool end_wait_for_upstream() {
        upstream_ = nullptr;
        task_.end_idle();
        if (std::exchange(watch_, nullptr) != nullptr) {
            boost::system::error_code ignored;
            stream_.socket().cancel(ignored);
        }
        return !client_left_ && stream_.socket().is_open();
    }

    /// Keeps an answer back; not longer than the connection is ours.
    boost::asio::awaitable<void> hold(SteadyTime until) {
        if (!stream_.socket().is_open()) co_return;
        boost::asio::steady_timer timer(stream_.socket().get_executor(), until);
        expires({until + context_.limits.write, TimeLimit::write});
        held_ = &timer;
        [[maybe_unused]] const auto [error] = co_await timer.async_wait(as_result);
        held_ = nullptr;
    }

    /// The client may still be sending: closing now would reset the connection and take the answer
    /// from it.
    boost::asio::awaitable<void> discard() {
        if constexpr (!is_tls) stream_.shut_down();
        expires({steady_now() + discard_limit, std::nullopt});
        for (bool got = true; got;) {
            cleanse(in_);
            got = co_await read_more();
        }
    }

    boost::asio::awaitable<void> say_goodbye() {
        if (!stream_.socket().is_open()) co_return;
        expires({steady_now() + goodbye_limit, std::nullopt});
        for (bool waits = true; waits;) {
            const StreamStep step = stream_.shut_down();
            waits = step.wants != StreamStep::Wants::nothing;
            if (waits) waits = co_await wait_for(step);
        }
    }

    /// After the goodbye of a connection that we end in a pause: what the client sent before it heard of that is taken
    /// off the socket, since closing it now would be a reset.
    boost::asio::awaitable<void> see_off() {
        boost::system::error_code error;
        stream_.socket().shutdown(StreamSocket::shutdown_send, error);
        expires({steady_now() + goodbye_limit, std::nullopt});
        while (!error) {
            const auto [waited] = co_await stream_.socket().async_wait(StreamSocket::wait_read, as_result);
            error = waited;
            if (!error) stream_.socket().read_some(boost::asio::buffer(context_.scratch), error);
            if (error == boost::asio::error::would_block) error.clear();
            cleanse(context_.scratch.data(), context_.scratch.size());
        }
    }

    [[nodiscard]] bool is_open() { return stream_.socket().is_open(); }

private:
    static constexpr auto as_result = boost::asio::as_tuple(boost::asio::use_awaitable);

    void on_event(TaskGroup::Task::Event event) {
        if (event == TaskGroup::Task::Event::rest) {
            stream_.release_buffers();
            if (upstream_ == nullptr) return;
            upstream_->rest();
            return watch_client();
        }
        boost::system::error_code ignored;
        if (event == TaskGroup::Task::Event::leave) return static_cast<void>(stream_.socket().cancel(ignored));
        if (event == TaskGroup::Task::Event::late) return on_late();
        is_aborted_ = true;
        if (upstream_ != nullptr) upstream_->give_up();
        close();
    }

    /// Where somebody else is waited for, or a body, there is still an answer to give.
    void on_late() {
        if (context_.metrics != nullptr && ends_by_) context_.metrics->count_timeout(*ends_by_);
        if (upstream_ != nullptr) return upstream_->give_up();
        if (!body_read_) return close();
        body_read_ = BodyRead::late;
        boost::system::error_code ignored;
        stream_.socket().cancel(ignored);
    }

    /// From when a wait for somebody else has become a long one: most are over by then. Who has sent a buffer full ahead
    /// is not read any more, only asked for now and then; nor is who `owes_room`: until TLS's answer to a key update is
    /// out, what was sent stays in the socket, which could always be read.
    void watch_client(bool owes_room = false) {
        if (owes_room || in_.size() >= context_.scratch.size()) {
            client_left_ = has_hung_up(stream_.socket().native_handle());
            return client_left_ ? upstream_->give_up() : task_.rest_again(steady_now());
        }
        watch_ = std::make_shared<Connection*>(this);
        auto on_ready = [watch = std::weak_ptr(watch_)](const boost::system::error_code& error) {
            const auto still = watch.lock();
            if (still != nullptr && !error) (*still)->client_stirs();
        };
        stream_.socket().async_wait(StreamSocket::wait_read, std::move(on_ready));
    }

    /// It has sent something, or left.
    void client_stirs() {
        StreamStep wanted;
        const auto got = read_now(wanted);
        client_left_ = got && !*got;
        if (client_left_) return upstream_->give_up();
        watch_client(!got && wanted.wants == StreamStep::Wants::to_write);
    }

    void close() {
        boost::system::error_code ignored;
        stream_.socket().close(ignored);
        if (held_ != nullptr) held_->cancel();
    }

    void refused(ConnectionRefusal why) const {
        if (context_.on_refusal) context_.on_refusal(why, facts_);
    }

    /// Where a proxy says who the client is, before all else.
    boost::asio::awaitable<bool> take_proxy_header() {
        expires({steady_now() + context_.limits.proxy_header, TimeLimit::proxy_header});
        const ProxyHeaderRead read = co_await read_proxy_header(stream_.socket());
        if (context_.metrics != nullptr) context_.metrics->count_proxy_header(read.outcome);
        if (read.outcome != ProxyHeaderOutcome::ok) refused(ConnectionRefusal::proxy);
        if (read.header.client) facts_.client_address = read.header.client->to_string();
        co_return read.outcome == ProxyHeaderOutcome::ok;
    }

    /// Among those of its address that have not authenticated. Of a proxy that carries many clients in one
    /// connection there may be any number.
    bool take_place() {
        if (context_.addresses == nullptr || facts_.forwarders != nullptr) return true;
        auto place = context_.addresses->take(facts_.client_address);
        if (place) {
            place_ = std::move(*place);
        } else {
            refused(ConnectionRefusal::address);
        }
        return place.has_value();
    }

    boost::asio::awaitable<bool> shake_hands() {
        expires({steady_now() + context_.limits.handshake, TimeLimit::handshake});
        std::optional<Handshakes::Place> place;
        if (context_.handshakes != nullptr) {
            const auto peer = address_of_peer(facts_.client_address);
            place.emplace(*context_.handshakes, peer ? peer->client() : 0, [this] { give_way(); });
        }
        StreamStep step = stream_.shake_hands();
        for (bool waits = true; waits && step.wants != StreamStep::Wants::nothing;) {
            waits = co_await wait_for(step);
            step = stream_.shake_hands();
        }
        if (context_.metrics != nullptr) context_.metrics->count_handshake(step.error ? "none" : stream_.version(), !step.error);
        co_return !step.error;
    }

    /// Another's handshake needs the place of this one.
    void give_way() {
        refused(ConnectionRefusal::handshakes);
        close();
    }

    SessionContext& context_;
    Stream stream_;
    ConnectionFacts facts_;
    TaskGroup::Task task_;
    ConnectionCount count_;
    ConnectionsByAddress::Place place_;  // until it has authenticated
    std::optional<TimeLimit> ends_by_;   // the limit of the present wait
    std::optional<BodyRead> body_read_;  // while a body is waited for
    ClientSide::Upstream* upstream_ = nullptr;  // while somebody else is waited for
    std::shared_ptr<Connection*> watch_;  // while it is looked at meanwhile whether the client leaves
    bool client_left_ = false;
    bool is_aborted_ = false;
    unsigned reads_this_turn_ = 0;
    boost::asio::steady_timer* held_ = nullptr;  // while an answer is kept back
    std::string in_;
};

}  // namespace eas451
