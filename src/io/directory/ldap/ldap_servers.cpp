// SPDX-License-Identifier: Apache-2.0
#include "ldap_servers.hpp"

#include <algorithm>

#include "ldap_result_code.hpp"
#include "part_of_time.hpp"

namespace eas451 {
namespace {

namespace net = boost::asio;
using Kind = LdapFailure::Kind;
using Replied = LdapConnection::Replied;
using State = LdapLink::State;

}  // namespace

std::string text_of(const LdapAsked& asked) {
    if (!asked.replied) return asked.replied.error().text;
    return asked.server + ": " + text_of(asked.replied->result);
}

LdapServers::LdapServers(const net::any_io_executor& loop, std::vector<LdapServer> servers,
                         const std::shared_ptr<net::ssl::context>& tls, LdapAccount account,
                         std::chrono::milliseconds limit, LdapLinkEvents events, LdapLinkTimes times)
    : events_(std::move(events)), changed_(loop) {
    const auto shared_account = std::make_shared<const LdapAccount>(std::move(account));
    for (LdapServer& server : servers) {
        links_.push_back(std::make_shared<LdapLink>(loop, std::move(server), tls, shared_account, limit, times));
    }
}

LdapServers::~LdapServers() {
    stop();
}

void LdapServers::start() {
    for (const auto& link : links_) {
        link->start([self = weak_from_this()](const LdapLink& changed, State before) {
            if (const auto servers = self.lock()) servers->link_changed(changed, before);
        });
    }
}

void LdapServers::stop() {
    stopped_ = true;
    for (const auto& link : links_) link->stop();
    changed_.wake_all();
}

void LdapServers::link_changed(const LdapLink& link, State before) {
    const State now = link.state();
    if (now == State::up) ++up_;
    if (before == State::up) --up_;
    changed_.wake_all();
    if (stopped_) return;
    if (now == State::up) {
        if (events_.up) events_.up(link.server());
    } else if (events_.down) {
        events_.down(link.server(), link.why());
    }
}

bool LdapServers::may_be_tried(std::size_t link, const Tries& tries) const {
    return links_[link]->can_search() && !tries[link].is_over &&
           tries[link].connection != links_[link]->connection_number();
}

bool LdapServers::may_come(std::size_t link, const Tries& tries) const {
    const State state = links_[link]->state();
    const bool was_just_lost = state == State::up && !links_[link]->can_search();
    return !tries[link].is_over && (state == State::connecting || was_just_lost);
}

net::awaitable<std::size_t> LdapServers::next_link(Use use, const Tries& tries, SteadyTime deadline) {
    const std::size_t none = links_.size();
    for (;;) {
        bool one_may_come = false;
        std::size_t last_resort = none;
        for (std::size_t i = 0; i < links_.size(); ++i) {
            const bool may_be = may_be_tried(i, tries);
            const bool is_doubtful = use == Use::bind && links_[i]->binds_failed_lately();
            if (may_be && !is_doubtful) co_return i;
            if (may_be) last_resort = std::min(last_resort, i);
            one_may_come = one_may_come || may_come(i, tries);
        }
        if (last_resort != none) co_return last_resort;
        const bool has_time = std::chrono::steady_clock::now() < deadline;
        if (!one_may_come || !has_time || changed_.size() >= max_waiting) co_return none;
        co_await changed_.wait(deadline);
    }
}

SteadyTime LdapServers::part_for_one(const Tries& tries, SteadyTime deadline) const {
    std::size_t left = 0;
    for (std::size_t i = 0; i < links_.size(); ++i) left += may_be_tried(i, tries) ? 1 : 0;
    return part_of(deadline, left);
}

LdapAsked LdapServers::nobody_asked(SteadyTime deadline) const {
    std::string why;
    for (const auto& link : links_) why += (why.empty() ? "" : "; ") + link->why();
    const Kind kind = std::chrono::steady_clock::now() < deadline ? Kind::unreachable : Kind::timed_out;
    return LdapAsked{Replied(boost::system::in_place_error, LdapFailure{kind, std::move(why)}), {}, 0};
}

net::awaitable<LdapAsked> LdapServers::search(LdapSearch search, SteadyTime deadline) {
    return search_somewhere(shared_from_this(), std::move(search), deadline);
}

net::awaitable<LdapAsked> LdapServers::search_somewhere(Self self, LdapSearch search, SteadyTime deadline) {
    LdapAsked asked{Replied(), {}, 0};
    Tries tries(self->links_.size());
    for (;;) {
        const std::size_t next = co_await self->next_link(Use::search, tries, deadline);
        if (next == tries.size()) break;
        LdapLink& link = *self->links_[next];
        const SteadyTime until = self->part_for_one(tries, deadline);
        Tried& tried = tries[next];
        tried.connection = link.connection_number();
        ++tried.times;
        ++asked.requests;
        asked.server = link.server().name;
        asked.replied = co_await link.search(search, until);
        if (asked.replied) {
            if (!ldap_code::is_servers_own_trouble(asked.replied->result.code)) co_return asked;
            tried.is_over = true;
        } else {
            tried.is_over = tried.times > 1 || asked.replied.error().kind == Kind::timed_out;
        }
    }
    if (asked.requests == 0) co_return self->nobody_asked(deadline);
    co_return asked;
}

std::shared_ptr<LdapWatch> LdapServers::watch(const std::string& server, const std::vector<std::string>& containers,
                                              LdapWatchEvents events) {
    const auto found = std::ranges::find_if(links_, [&](const auto& link) { return link->server().name == server; });
    return found == links_.end() ? nullptr : (*found)->watch(containers, std::move(events));
}

std::string LdapServers::first_up() const {
    const auto found = std::ranges::find_if(links_, [](const auto& link) { return link->can_search(); });
    return found == links_.end() ? std::string() : (*found)->server().name;
}

net::awaitable<LdapAsked> LdapServers::bind(std::string dn, Secret password, SteadyTime deadline) {
    return bind_somewhere(shared_from_this(), std::move(dn), std::move(password), deadline);
}

net::awaitable<LdapAsked> LdapServers::bind_somewhere(Self self, std::string dn, Secret password, SteadyTime deadline) {
    LdapAsked asked{Replied(), {}, 0};
    Tries tries(self->links_.size());
    for (;;) {
        const std::size_t next = co_await self->next_link(Use::bind, tries, deadline);
        if (next == tries.size()) break;
        LdapLink& link = *self->links_[next];
        const SteadyTime until = self->part_for_one(tries, deadline);
        tries[next].is_over = true;
        asked.server = link.server().name;
        auto bound = co_await link.bind(dn, password, until, deadline);
        asked.replied = std::move(bound.replied);
        asked.requests = bound.sent ? 1 : 0;
        if (bound.sent) co_return asked;
    }
    if (asked.server.empty()) co_return self->nobody_asked(deadline);
    co_return asked;
}

}  // namespace eas451
