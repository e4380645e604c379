// SPDX-License-Identifier: Apache-2.0
#include "ldap_servers.hpp"

#include <algorithm>
#include <utility>

#include "eas451/io/net/part_of_time.hpp"
#include "ldap_result_code.hpp"

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
    make_link_ = [loop, tls, shared_account, limit, times](LdapServer server) {
        return std::make_shared<LdapLink>(loop, std::move(server), tls, shared_account, limit, times);
    };
    set_servers(std::move(servers));
}

LdapServers::~LdapServers() {
    stop();
}

void LdapServers::start() {
    started_ = true;
    for (const Link& link : links_) start(*link);
}

void LdapServers::start(LdapLink& link) {
    link.start([self = weak_from_this()](const LdapLink& changed, State before) {
        if (const auto servers = self.lock()) servers->link_changed(changed, before);
    });
}

void LdapServers::stop() {
    stopped_ = true;
    for (const auto& link : links_) link->stop();
    changed_.wake_all();
}

LdapServers::Link LdapServers::link_of(const LdapServer& server) const {
    const auto found = std::ranges::find_if(links_, [&](const Link& link) { return is_same_server(link->server(), server); });
    return found == links_.end() ? nullptr : *found;
}

void LdapServers::set_servers(std::vector<LdapServer> servers) {
    if (stopped_) return;
    const std::vector<Link> before = std::exchange(links_, {});
    for (LdapServer& server : servers) {
        if (link_of(server) != nullptr) continue;
        const auto kept = std::ranges::find_if(before, [&](const Link& link) { return is_same_server(link->server(), server); });
        links_.push_back(kept == before.end() ? make_link_(std::move(server)) : *kept);
    }
    // Only now, when the list is whole: what they tell may lead to questions.
    for (const Link& link : std::vector<Link>(links_)) {
        if (started_ && std::ranges::find(before, link) == before.end()) start(*link);
    }
    for (const Link& link : before) {
        if (link_of(link->server()) != nullptr) continue;
        link->stop();
        if (events_.gone) events_.gone(link->server());
    }
    changed_.wake_all();
}

void LdapServers::set_missing(std::string why, bool may_come) {
    missing_ = std::move(why);
    more_may_come_ = may_come;
    changed_.wake_all();
}

void LdapServers::link_changed(const LdapLink& link, State before) {
    const State now = link.state();
    if (now == State::up) ++up_;
    if (before == State::up) --up_;
    changed_.wake_all();
    if (stopped_ || link_of(link.server()).get() != &link) return;
    if (now == State::up) {
        if (events_.up) events_.up(link.server());
    } else if (events_.down) {
        events_.down(link.server(), link.why());
    }
}

LdapServers::Tried& LdapServers::tried_of(Tries& tries, const Link& link) {
    const auto found = std::ranges::find(tries, link, &Tried::link);
    return found == tries.end() ? tries.emplace_back(Tried{link}) : *found;
}

bool LdapServers::may_be_tried(const Link& link, const Tries& tries) {
    if (!link->can_search()) return false;
    const auto tried = std::ranges::find(tries, link, &Tried::link);
    return tried == tries.end() || (!tried->is_over && tried->connection != link->connection_number());
}

bool LdapServers::may_come(const Link& link, const Tries& tries) {
    const auto tried = std::ranges::find(tries, link, &Tried::link);
    const bool was_just_lost = link->state() == State::up && !link->can_search();
    return (tried == tries.end() || !tried->is_over) && (link->state() == State::connecting || was_just_lost);
}

net::awaitable<LdapServers::Link> LdapServers::next_link(Use use, const Tries& tries, SteadyTime deadline) {
    for (;;) {
        bool one_may_come = more_may_come_;
        Link last_resort;
        for (const Link& link : links_) {
            const bool may_be = may_be_tried(link, tries);
            const bool is_doubtful = use == Use::bind && link->binds_failed_lately();
            if (may_be && !is_doubtful) co_return link;
            if (may_be && last_resort == nullptr) last_resort = link;
            one_may_come = one_may_come || may_come(link, tries);
        }
        if (last_resort != nullptr) co_return last_resort;
        const bool has_time = std::chrono::steady_clock::now() < deadline;
        if (!one_may_come || !has_time || stopped_ || changed_.size() >= max_waiting) co_return nullptr;
        co_await changed_.wait(deadline);
    }
}

SteadyTime LdapServers::part_for_one(const Tries& tries, SteadyTime deadline) const {
    const auto left = std::ranges::count_if(links_, [&](const Link& link) { return may_be_tried(link, tries); });
    return part_of(deadline, static_cast<std::size_t>(left));
}

LdapAsked LdapServers::nobody_asked(SteadyTime deadline) const {
    std::string why;
    for (const Link& link : links_) why += (why.empty() ? "" : "; ") + link->why();
    if (!missing_.empty()) why += (why.empty() ? "" : "; ") + missing_;
    const Kind kind = std::chrono::steady_clock::now() < deadline ? Kind::unreachable : Kind::timed_out;
    return LdapAsked{Replied(boost::system::in_place_error, LdapFailure{kind, std::move(why)}), {}};
}

net::awaitable<LdapAsked> LdapServers::search(LdapSearch search, SteadyTime deadline) {
    return search_somewhere(shared_from_this(), std::move(search), deadline);
}

net::awaitable<LdapAsked> LdapServers::search_somewhere(Self self, LdapSearch search, SteadyTime deadline) {
    LdapAsked asked{Replied(), {}};
    Tries tries;
    for (;;) {
        const Link link = co_await self->next_link(Use::search, tries, deadline);
        if (link == nullptr) break;
        const SteadyTime until = self->part_for_one(tries, deadline);
        Tried& tried = tried_of(tries, link);
        asked.passed_over = static_cast<unsigned>(tries.size()) - 1;
        tried.connection = link->connection_number();
        ++tried.times;
        ++asked.requests;
        asked.server = link->server().name;
        asked.replied = co_await link->search(search, until);
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
    LdapAsked asked{Replied(), {}};
    Tries tries;
    for (;;) {
        const Link link = co_await self->next_link(Use::bind, tries, deadline);
        if (link == nullptr) break;
        const SteadyTime until = self->part_for_one(tries, deadline);
        tried_of(tries, link).is_over = true;
        asked.passed_over = static_cast<unsigned>(tries.size()) - 1;
        asked.server = link->server().name;
        auto bound = co_await link->bind(dn, password, until, deadline);
        asked.replied = std::move(bound.replied);
        asked.requests = bound.sent ? 1 : 0;
        if (bound.sent) co_return asked;
    }
    if (asked.server.empty()) co_return self->nobody_asked(deadline);
    co_return asked;
}

}  // namespace eas451
