// SPDX-License-Identifier: Apache-2.0
#include "ldap_link.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "eas451/io/runtime/failure_report.hpp"
#include "ldap_bind_outcome.hpp"
#include "ldap_result_code.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using Kind = LdapFailure::Kind;

constexpr auto as_result = net::as_tuple(net::use_awaitable);

SteadyTime now() {
    return std::chrono::steady_clock::now();
}

LdapFailure failure(Kind kind, std::string text) {
    return {kind, std::move(text)};
}

LdapLink::Replied failed(LdapFailure why) {
    return LdapLink::Replied(boost::system::in_place_error, std::move(why));
}

/// A server that is busy, or knows nobody who could judge: nothing is counted against the account, and soon
/// it may be better.
bool was_not_looked_at(const LdapResult& result) {
    const BindOutcome outcome = bind_outcome_of(result);
    const auto* unavailable = std::get_if<BindUnavailable>(&outcome);
    return unavailable != nullptr && !unavailable->may_have_counted;
}

/// The cheapest question there is: the root entry, without attributes.
const LdapSearch& question_for_nothing() {
    static const LdapSearch question{"", LdapScope::base, "(objectClass=*)", {"1.1"}, 1, 5};
    return question;
}

}  // namespace

/// One of the few places for a bind. What is not put into it as still good is closed.
struct LdapLink::BindPlace {
    explicit BindPlace(std::shared_ptr<LdapLink> link) : of(std::move(link)) { ++of->busy_binds_; }
    ~BindPlace() {
        --of->busy_binds_;
        if (is_good) {
            of->give_back(std::move(connection));
        } else if (connection != nullptr) {
            connection->close(failure(Kind::broken, of->server_.name + ": not needed any more"));
        }
        of->hand_over_place();
    }
    BindPlace(const BindPlace&) = delete;
    BindPlace& operator=(const BindPlace&) = delete;

    std::shared_ptr<LdapLink> of;
    Connection connection;
    bool is_good = false;
};

LdapLink::LdapLink(net::any_io_executor loop, LdapServer server, std::shared_ptr<net::ssl::context> tls,
                   std::shared_ptr<const LdapAccount> account, std::chrono::milliseconds limit, LdapLinkTimes times)
    : loop_(std::move(loop)),
      server_(std::move(server)),
      tls_(std::move(tls)),
      account_(std::move(account)),
      limit_(limit),
      times_(times),
      why_(server_.name + " is not connected yet"),
      pause_(loop_),
      waiting_binds_(loop_),
      sweep_(loop_) {
    idle_binds_.reserve(max_bind_connections);
}

void LdapLink::start(Changed changed) {
    changed_ = std::move(changed);
    auto ended = [](const std::exception_ptr& thrown) {
        if (thrown) report_failure("keeping an LDAP server up", thrown);
    };
    auto work = keep_up(shared_from_this());
    net::co_spawn(loop_, std::move(work), std::move(ended));
}

void LdapLink::stop() {
    if (stopped_) return;
    stopped_ = true;
    change_state(State::down, server_.name + ": stopped");
    pause_.cancel();
    sweep_.cancel();
    if (search_connection_ != nullptr) search_connection_->close(failure(Kind::broken, why_));
}

net::awaitable<void> LdapLink::keep_up(std::shared_ptr<LdapLink> self) {
    while (!self->stopped_) {
        co_await come_up();
        if (is_up()) co_await stay_up();
        if (stopped_) break;
        if (state_ == State::connecting) continue;
        pause_.expires_after(state_ == State::account_refused ? times_.account_retry_after : times_.retry_after);
        co_await pause_.async_wait(as_result);
    }
    search_connection_.reset();
}

net::awaitable<void> LdapLink::come_up() {
    const SteadyTime deadline = now() + limit_;
    const Connection connection = LdapConnection::make(loop_, server_, tls_);
    search_connection_ = connection;
    ++connection_number_;
    const auto not_opened = co_await connection->open(deadline);
    // Only where it answers now: a name may lead elsewhere after it was lost. Binds need no name then.
    server_.address = not_opened ? std::string{} : connection->address();
    if (not_opened) co_return change_state(State::down, not_opened->text);
    if (account_->name.empty()) co_return change_state(State::up, {});
    const Replied replied = co_await connection->bind(account_->name, *account_->password, deadline);
    if (!replied) {
        const std::string why = replied.error().text;
        connection->close(failure(Kind::broken, why));
        change_state(State::down, why);
    } else if (was_not_looked_at(replied->result)) {
        const std::string why = server_.name + " cannot log the service account in: " + text_of(replied->result);
        connection->close(failure(Kind::broken, why));
        change_state(State::down, why);
    } else if (replied->result.code != 0) {
        const std::string why = server_.name +
                                " refuses the service account: " + text_of(replied->result) +
                                " (tried again in 5 min, or at once after a reload)";
        connection->close(failure(Kind::broken, why));
        change_state(State::account_refused, why);
    } else {
        change_state(State::up, {});
    }
}

net::awaitable<void> LdapLink::stay_up() {
    const Connection connection = search_connection_;
    const SteadyTime begun = now();
    while (connection->is_alive()) {
        co_await connection->wait_until_dead(now() + times_.keep_alive_every);
        if (!connection->is_alive()) break;
        const Replied replied = co_await connection->search(question_for_nothing(), now() + limit_);
        const bool was_sent = replied || replied.error().kind != Kind::unreachable;  // there were too many others
        if (!replied && was_sent) connection->close(replied.error());
    }
    const LdapFailure& why = connection->why_dead();
    // A server that takes us and drops us at once is not asked in a tight loop.
    const bool was_good = now() - begun >= times_.retry_after && why.kind != Kind::timed_out;
    change_state(was_good ? State::connecting : State::down, why.text);
}

void LdapLink::change_state(State state, std::string why) {
    if (stopped_) state = State::down;
    const State before = state_;
    state_ = state;
    why_ = std::move(why);
    if (!is_up()) close_idle();
    handed_over_ += waiting_binds_.size();
    waiting_binds_.wake_all();
    if (before != state && changed_) changed_(*this, before);
}

net::awaitable<LdapLink::Replied> LdapLink::search(const LdapSearch& search, SteadyTime deadline) {
    const auto self = shared_from_this();
    const Connection connection = search_connection_;
    if (!is_up()) co_return failed(failure(Kind::unreachable, why_));
    const SteadyTime begun = now();
    auto replied = co_await connection->search(search, deadline);
    // Not for a question that came with hardly any time left.
    const bool had_time = deadline - begun >= limit_ / 4;
    const bool is_silent = connection->last_heard() < begun;
    if (!replied && replied.error().kind == Kind::timed_out && had_time && is_silent)
        connection->close(replied.error());
    co_return replied;
}

std::shared_ptr<LdapWatch> LdapLink::watch(const std::vector<std::string>& containers, LdapWatchEvents events) {
    return can_search() ? LdapWatch::place(search_connection_, containers, std::move(events)) : nullptr;
}

bool LdapLink::binds_failed_lately() const {
    return now() < binds_avoided_until_;
}

net::awaitable<LdapLink::Bound> LdapLink::bind(const std::string& dn, const Secret& password, SteadyTime connected_by,
                                               SteadyTime deadline) {
    const auto self = shared_from_this();
    Bound bound = co_await bind_once(dn, password, connected_by, deadline);
    const bool is_good = bound.replied && !ldap_code::is_servers_own_trouble(bound.replied->result.code);
    if (bound.had_place) binds_avoided_until_ = is_good ? SteadyTime{} : now() + times_.bind_avoided;
    co_return bound;
}

net::awaitable<LdapLink::Bound> LdapLink::bind_once(const std::string& dn, const Secret& password, SteadyTime connected_by,
                                                    SteadyTime deadline) {
    const auto self = shared_from_this();
    auto no_place = co_await wait_for_place(connected_by);
    if (no_place) co_return Bound{failed(std::move(*no_place)), false, false};
    BindPlace place(self);
    place.connection = take_idle();
    if (place.connection == nullptr) {
        place.connection = LdapConnection::make(loop_, server_, tls_);
        auto not_opened = co_await place.connection->open(connected_by);
        if (not_opened) co_return Bound{failed(std::move(*not_opened)), false};
        if (stopped_) co_return Bound{failed(failure(Kind::unreachable, why_)), false};
    }
    auto replied = co_await place.connection->bind(dn, password, deadline);
    place.is_good = replied.has_value();
    co_return Bound{std::move(replied), true};
}

net::awaitable<std::optional<LdapFailure>> LdapLink::wait_for_place(SteadyTime deadline) {
    const bool is_full = busy_binds_ + handed_over_ >= max_bind_connections || waiting_binds_.size() != 0;
    if (is_up() && is_full) {
        if (waiting_binds_.size() >= max_waiting_binds)
            co_return failure(Kind::unreachable, server_.name + ": too many logins wait");
        const bool is_ours = co_await waiting_binds_.wait(deadline);
        if (is_ours) --handed_over_;
        if (is_up() && (!is_ours || now() >= deadline)) {
            if (is_ours) hand_over_place();
            co_return failure(Kind::timed_out, server_.name + ": no bind connection in time");
        }
    }
    if (!is_up()) co_return failure(Kind::unreachable, why_);
    co_return std::nullopt;
}

void LdapLink::hand_over_place() {
    if (waiting_binds_.size() == 0) return;
    ++handed_over_;
    waiting_binds_.wake_one();
}

LdapLink::Connection LdapLink::take_idle() {
    while (!idle_binds_.empty()) {
        const IdleBind last = std::move(idle_binds_.back());
        idle_binds_.pop_back();
        if (last.connection->is_alive() && now() - last.since < times_.bind_idle) return last.connection;
        last.connection->close(failure(Kind::broken, server_.name + ": idle for too long"));
    }
    return nullptr;
}

void LdapLink::give_back(Connection connection) {
    if (!is_up() || !connection->is_alive()) {
        connection->close(failure(Kind::broken, server_.name + ": not needed any more"));
        return;
    }
    idle_binds_.push_back(IdleBind{std::move(connection), now()});
    if (idle_binds_.size() == 1) sweep_idle();
}

/// Closes what has been idle for too long, and comes again when the next one will have been.
void LdapLink::sweep_idle() {
    const SteadyTime limit = now() - times_.bind_idle;
    while (!idle_binds_.empty() &&
           (idle_binds_.front().since <= limit || !idle_binds_.front().connection->is_alive())) {
        idle_binds_.front().connection->close(failure(Kind::broken, server_.name + ": idle for too long"));
        idle_binds_.erase(idle_binds_.begin());
    }
    if (idle_binds_.empty()) return;
    sweep_.expires_at(idle_binds_.front().since + times_.bind_idle);
    sweep_.async_wait([link = weak_from_this()](const boost::system::error_code& error) {
        const auto self = link.lock();
        if (!error && self != nullptr) self->sweep_idle();
    });
}

void LdapLink::close_idle() {
    for (const IdleBind& idle : idle_binds_) idle.connection->close(failure(Kind::broken, why_));
    idle_binds_.clear();
    sweep_.cancel();
}

}  // namespace eas451
