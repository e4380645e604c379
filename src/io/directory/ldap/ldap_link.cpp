// SPDX-License-Identifier: Apache-2.0
#include "ldap_link.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "eas451/io/runtime/failure_report.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using Kind = LdapFailure::Kind;

constexpr auto as_result = net::as_tuple(net::use_awaitable);

SteadyTime now() { return std::chrono::steady_clock::now(); }

LdapFailure failure(Kind kind, std::string text) { return {kind, std::move(text)}; }

/// The cheapest question there is: the root entry, without attributes.
LdapSearch question_for_nothing() { return {"", LdapScope::base, "(objectClass=*)", {"1.1"}, 1, 5}; }

Secret copy_of(const Secret& secret) { return Secret(std::string(secret.reveal())); }

}  // namespace

LdapLink::LdapLink(net::any_io_executor loop, LdapServer server, std::shared_ptr<net::ssl::context> tls,
                   std::shared_ptr<const LdapAccount> account, std::chrono::milliseconds limit, LdapLinkEvents events)
    : loop_(std::move(loop)),
      server_(std::move(server)),
      tls_(std::move(tls)),
      account_(std::move(account)),
      limit_(limit),
      events_(std::move(events)),
      waiting_binds_(loop_),
      waiting_for_state_(loop_),
      pause_(loop_) {}

void LdapLink::start() {
    auto ended = [](const std::exception_ptr& thrown) {
        if (thrown) report_failure("keeping an LDAP server up", thrown);
    };
    auto work = keep_up(shared_from_this());
    net::co_spawn(loop_, std::move(work), std::move(ended));
}

void LdapLink::stop() {
    stopped_ = true;
    pause_.cancel();
    if (search_connection_ != nullptr) search_connection_->close("stopped");
    for (const Connection& connection : idle_binds_) connection->close("stopped");
    idle_binds_.clear();
    waiting_binds_.wake_all();
    waiting_for_state_.wake_all();
}

net::awaitable<void> LdapLink::keep_up(std::shared_ptr<LdapLink> self) {
    while (!self->stopped_) {
        const std::chrono::milliseconds pause = co_await be_up_once();
        if (stopped_) break;
        pause_.expires_after(pause);
        co_await pause_.async_wait(as_result);
    }
}

/// From connecting to the end of the connection; gives how long to wait before the next try.
net::awaitable<std::chrono::milliseconds> LdapLink::be_up_once() {
    auto opened = co_await LdapConnection::open(server_, tls_, now() + limit_);
    if (!opened) {
        change_state(State::down, opened.error().text);
        co_return retry_after;
    }
    const Connection connection = *opened;
    if (!account_->name.empty()) {
        auto replied = co_await connection->bind(account_->name, copy_of(account_->password), now() + limit_);
        if (!replied) {
            connection->close("the service account was not answered");
            change_state(State::down, replied.error().text);
            co_return retry_after;
        }
        if (replied->result.code != 0) {
            connection->close("the service account was refused");
            change_state(State::account_refused, server_.name + " refuses the service account: " +
                                                     ldap_result_text(replied->result.code) + " " + replied->result.diagnostic);
            co_return account_retry_after;
        }
    }
    if (stopped_) co_return retry_after;
    search_connection_ = connection;
    change_state(State::up, {});
    auto alive = keep_alive(weak_from_this(), connection);
    auto ended = [](const std::exception_ptr&) {};
    net::co_spawn(loop_, std::move(alive), std::move(ended));
    const LdapFailure end = co_await connection->wait_until_dead();
    search_connection_.reset();
    change_state(State::down, end.text);
    co_return std::chrono::milliseconds(0);
}

net::awaitable<void> LdapLink::keep_alive(std::weak_ptr<LdapLink> self, Connection connection) {
    net::steady_timer timer(loop_);
    while (connection->is_alive() && !self.expired()) {
        timer.expires_after(keep_alive_every);
        co_await timer.async_wait(as_result);
        const auto link = self.lock();
        if (link == nullptr || !connection->is_alive()) break;
        auto replied = co_await connection->search(question_for_nothing(), now() + limit_);
        if (!replied) connection->close(replied.error().text);
    }
}

void LdapLink::change_state(State state, std::string why) {
    const bool changed = state != state_;
    state_ = state;
    why_ = std::move(why);
    waiting_for_state_.wake_all();
    if (!changed || stopped_) return;
    if (state == State::up) {
        events_.up(server_);
    } else {
        events_.down(server_, why_);
    }
}

net::awaitable<void> LdapLink::wait_for_state(SteadyTime deadline) {
    if (state_ != State::connecting || stopped_) co_return;
    co_await waiting_for_state_.wait(deadline);
}

net::awaitable<LdapLink::Replied> LdapLink::search(LdapSearch search, SteadyTime deadline) {
    const Connection connection = search_connection_;
    if (connection == nullptr) co_return Replied(boost::system::in_place_error, failure(Kind::unreachable, why_));
    auto replied = co_await connection->search(std::move(search), deadline);
    if (!replied && replied.error().kind == Kind::timed_out) connection->close(replied.error().text);
    co_return replied;
}

net::awaitable<LdapLink::Replied> LdapLink::bind(std::string dn, Secret password, SteadyTime deadline) {
    auto taken = co_await take_bind_connection(deadline);
    if (!taken) co_return Replied(boost::system::in_place_error, taken.error());
    const Connection connection = *taken;
    auto replied = co_await connection->bind(std::move(dn), std::move(password), deadline);
    if (!replied) connection->close(replied.error().text);
    give_back(connection);
    co_return replied;
}

net::awaitable<Result<LdapLink::Connection, LdapFailure>> LdapLink::take_bind_connection(SteadyTime deadline) {
    using Taken = Result<Connection, LdapFailure>;
    while (bind_connections_ >= max_bind_connections && idle_binds_.empty()) {
        if (waiting_binds_.size() >= max_waiting_binds) {
            co_return Taken(boost::system::in_place_error, failure(Kind::timed_out, server_.name + ": too many logins wait"));
        }
        co_await waiting_binds_.wait(deadline);
        if (stopped_ || now() >= deadline) {
            co_return Taken(boost::system::in_place_error, failure(Kind::timed_out, server_.name + ": no bind connection in time"));
        }
    }
    while (!idle_binds_.empty()) {
        Connection connection = std::move(idle_binds_.back());
        idle_binds_.pop_back();
        if (connection->is_alive()) co_return Taken(boost::system::in_place_value, std::move(connection));
        --bind_connections_;
    }
    ++bind_connections_;
    auto opened = co_await LdapConnection::open(server_, tls_, deadline);
    if (opened) co_return Taken(boost::system::in_place_value, std::move(*opened));
    --bind_connections_;
    waiting_binds_.wake_one();
    co_return Taken(boost::system::in_place_error, opened.error());
}

void LdapLink::give_back(Connection connection) {
    if (connection->is_alive() && !stopped_) {
        idle_binds_.push_back(std::move(connection));
    } else {
        connection->close("not needed any more");
        --bind_connections_;
    }
    waiting_binds_.wake_one();
}

}  // namespace eas451
