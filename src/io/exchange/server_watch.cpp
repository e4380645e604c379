// SPDX-License-Identifier: Apache-2.0
#include "server_watch.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "bearer_challenges.hpp"
#include "eas451/io/runtime/failure_report.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;

constexpr auto as_result = net::as_tuple(net::use_awaitable);

SteadyTime now() { return std::chrono::steady_clock::now(); }

}  // namespace

ServerWatch::ServerWatch(net::any_io_executor loop, Tls tls, ExchangeServer server, ExchangeWatchTimes times, ServerWatchEvents events)
    : loop_(std::move(loop)),
      tls_(std::move(tls)),
      server_(std::move(server)),
      times_(times),
      events_(std::move(events)),
      is_name_(ExchangeServer::at(server_.url).addresses.empty()),
      resolved_(loop_),
      due_(loop_) {
    if (server_.was_checked) told_ = server_.is_up;
}

ServerWatch::~ServerWatch() {
    if (lookup_ != nullptr) lookup_->abandon();
}

void ServerWatch::start() {
    auto ended = [](const std::exception_ptr& thrown) {
        if (thrown) report_failure("watching an Exchange server", thrown);
    };
    auto work = run(shared_from_this());
    net::co_spawn(loop_, std::move(work), std::move(ended));
}

void ServerWatch::stop() {
    stopped_ = true;
    events_ = {};
    if (lookup_ != nullptr) lookup_->abandon();
    if (probe_ != nullptr) probe_->give_up();
    resolved_.cancel();
    due_.cancel();
}

void ServerWatch::tell(LogLevel level, const std::string& text) const {
    if (events_.tell) events_.tell(level, "exchange: " + server_.url + text);
}

net::awaitable<void> ServerWatch::run(std::shared_ptr<ServerWatch> self) {
    while (!self->stopped_) {
        begun_ = now();
        suspected_ = false;
        const auto miss = co_await check();
        if (stopped_) break;
        if (miss) {
            note_miss(*miss);
        } else {
            note_good();
        }
        if (server_.is_up && !miss && events_.begin_challenge()) {
            const auto lines = co_await ask_challenge();
            if (stopped_) break;
            events_.end_challenge(server_.url, lines);
        }
        plan_next();
        while (!stopped_ && now() < due_at_) {
            due_.expires_at(due_at_);
            co_await due_.async_wait(as_result);
        }
    }
}

void ServerWatch::plan_next() {
    const bool is_well = server_.is_up && misses_ == 0;
    due_at_ = begun_ + (is_well ? times_.check_every : std::min(times_.check_every, times_.recheck_after));
    if (suspected_) due_at_ = std::min(due_at_, begun_ + times_.between_checks);
}

void ServerWatch::suspect() {
    suspected_ = true;  // for one that is going on, which may have begun before
    due_at_ = std::min(due_at_, begun_ + times_.between_checks);
    due_.cancel();
}

void ServerWatch::note_good() {
    misses_ = 0;
    ++goods_;
    const bool is_known_to_be_down = server_.was_checked && !server_.is_up;
    if (is_known_to_be_down && goods_ < goods_when_up) return tell(LogLevel::debug, " answers again; checked once more");
    become(true, {});
}

void ServerWatch::note_miss(const std::string& why) {
    ++misses_;
    goods_ = 0;
    // A loop is no accident that passes: every request that is passed on until then goes round.
    if (server_.is_up && misses_ < misses_when_down && !is_eas451_) return tell(LogLevel::debug, ": " + why + "; checked once more");
    become(false, why);
}

void ServerWatch::become(bool up, const std::string& why_down) {
    if (!server_.was_checked || server_.is_up != up) ++changes_;
    server_.was_checked = true;
    server_.is_up = up;
    server_.why_down = why_down;
    events_.changed();
    tell_change();
}

/// A change that comes too soon after the last one of its kind is told by a later check, if it is so still then: what the
/// log says last is so.
void ServerWatch::tell_change() {
    if (told_ == server_.is_up) return;
    SteadyTime& due = server_.is_up ? up_line_due_ : down_line_due_;
    if (now() < due) return;
    if (told_) due = now() + times_.between_lines;
    told_ = server_.is_up;
    const unsigned others = std::exchange(changes_, 0) - 1;
    const std::string more = others == 0 ? "" : " (and " + std::to_string(others) + " more changes since the last such line)";
    if (server_.is_up) return tell(LogLevel::info, " is up" + more);
    tell(LogLevel::warning, ": " + server_.why_down + "; not used until it is back" + more);
}

net::awaitable<std::optional<std::string>> ServerWatch::check() {
    constexpr unsigned ok = 200;
    if (is_name_) look_up();
    if (server_.addresses.empty()) co_await wait_for_addresses();
    if (server_.addresses.empty()) co_return lookup_ != nullptr ? "its name was not resolved in time" : name_trouble_;
    is_eas451_ = false;
    const auto replied = co_await probe(ExchangeQuestion::health);
    if (!replied) co_return replied.error();
    is_eas451_ = replied->is_of_eas451;
    if (is_eas451_) co_return "it is an eas451, not Exchange: a loop";
    if (replied->status != ok) co_return "its health check answers " + std::to_string(replied->status);
    const auto good = std::ranges::find(server_.addresses, replied->answered_from);
    if (good != server_.addresses.end()) std::rotate(server_.addresses.begin(), good, good + 1);
    co_return std::nullopt;
}

net::awaitable<std::optional<std::string>> ServerWatch::ask_challenge() {
    constexpr unsigned unauthorized = 401;
    const auto replied = co_await probe(ExchangeQuestion::challenge);
    if (!replied || replied->status != unauthorized) co_return std::nullopt;
    co_return bearer_challenge_lines(replied->challenges);
}

net::awaitable<ExchangeProbe::Replied> ServerWatch::probe(ExchangeQuestion question) {
    const auto probe = std::make_shared<ExchangeProbe>(loop_, tls_, times_.limit);
    probe_ = probe;
    if (stopped_) probe->give_up();
    auto replied = co_await probe->ask(server_, question);
    probe_.reset();
    if (replied) last_reply_ = *replied;
    co_return replied;
}

net::awaitable<void> ServerWatch::wait_for_addresses() {
    const SteadyTime until = now() + times_.limit;
    while (lookup_ != nullptr && !stopped_ && now() < until) {
        resolved_.expires_at(until);
        co_await resolved_.async_wait(as_result);
    }
}

/// One that hangs is left to hang, so that there is one for each server and not one more with every check.
void ServerWatch::look_up() {
    if (lookup_ != nullptr || stopped_) return;
    auto take = [weak = weak_from_this()](const Error& error, NameLookup::Endpoints found) {
        if (const auto self = weak.lock()) self->take_addresses(error, std::move(found));
    };
    lookup_ = NameLookup::start(loop_, server_.host, server_.port, std::move(take));
}

void ServerWatch::take_addresses(const Error& error, NameLookup::Endpoints found) {
    lookup_.reset();
    resolved_.cancel();
    const bool was_resolved = name_trouble_.empty();
    name_trouble_ = error ? "its name is not resolved: " + error.message() : found.empty() ? "its name has no address" : "";
    if (!name_trouble_.empty()) {
        if (was_resolved && !server_.addresses.empty()) tell(LogLevel::warning, ": " + name_trouble_ + "; the addresses that it had are used");
        return;
    }
    if (found.size() > ExchangeServer::most_addresses) found.resize(ExchangeServer::most_addresses);
    const bool are_known = std::ranges::is_permutation(found, server_.addresses);
    if (are_known) return;  // name servers turn them round
    const auto is_new = [this](const auto& address) { return std::ranges::find(server_.addresses, address) == server_.addresses.end(); };
    const bool leads_elsewhere = std::ranges::all_of(found, is_new);
    server_.addresses = std::move(found);
    if (events_.changed) events_.changed();
    if (server_.is_up && leads_elsewhere) suspect();
}

}  // namespace eas451
