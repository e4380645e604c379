// SPDX-License-Identifier: Apache-2.0
#include "ldap_servers.hpp"

#include <algorithm>

namespace eas451 {
namespace {

namespace net = boost::asio;
using Kind = LdapFailure::Kind;
using Replied = LdapConnection::Replied;

/// An equal part of what is left of the deadline for each server that may still be asked.
SteadyTime part_of(SteadyTime deadline, std::size_t servers_left) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (servers_left <= 1 || now >= deadline) return deadline;
    return now + (deadline - now) / static_cast<SteadyTime::rep>(servers_left);
}

bool was_not_sent(const LdapFailure& failure) { return failure.kind == Kind::unreachable || failure.kind == Kind::tls; }

Secret copy_of(const Secret& secret) { return Secret(std::string(secret.reveal())); }

}  // namespace

LdapServers::LdapServers(std::vector<std::shared_ptr<LdapLink>> links) : links_(std::move(links)) {}

void LdapServers::start() {
    for (const auto& link : links_) link->start();
}

void LdapServers::stop() {
    for (const auto& link : links_) link->stop();
}

net::awaitable<std::vector<std::shared_ptr<LdapLink>>> LdapServers::usable(SteadyTime deadline) {
    std::vector<std::shared_ptr<LdapLink>> up;
    for (const auto& link : links_) {
        if (link->state() == LdapLink::State::up) up.push_back(link);
    }
    if (!up.empty()) co_return up;
    for (const auto& link : links_) {
        co_await link->wait_for_state(deadline);
        if (link->state() == LdapLink::State::up) up.push_back(link);
        if (!up.empty()) break;
    }
    co_return up;
}

std::string LdapServers::why_none() const {
    std::string text;
    for (const auto& link : links_) text += (text.empty() ? "" : "; ") + link->why();
    return text;
}

net::awaitable<LdapAsked> LdapServers::search(LdapSearch search, SteadyTime deadline) {
    LdapAsked asked{Replied(boost::system::in_place_error, LdapFailure{Kind::unreachable, why_none()}), {}, 0};
    const auto links = co_await usable(deadline);
    for (std::size_t i = 0; i < links.size(); ++i) {
        asked.server = links[i]->server().name;
        ++asked.requests;
        asked.replied = co_await links[i]->search(search, part_of(deadline, links.size() - i));
        if (asked.replied) break;
    }
    co_return asked;
}

net::awaitable<LdapAsked> LdapServers::bind(std::string dn, Secret password, SteadyTime deadline) {
    LdapAsked asked{Replied(boost::system::in_place_error, LdapFailure{Kind::unreachable, why_none()}), {}, 0};
    const auto links = co_await usable(deadline);
    for (std::size_t i = 0; i < links.size(); ++i) {
        asked.server = links[i]->server().name;
        const SteadyTime until = part_of(deadline, links.size() - i);
        asked.replied = co_await links[i]->bind(dn, copy_of(password), until);
        if (asked.replied || !was_not_sent(asked.replied.error())) {
            ++asked.requests;
            break;
        }
    }
    co_return asked;
}

}  // namespace eas451
