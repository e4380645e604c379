// SPDX-License-Identifier: Apache-2.0
#include "organization_watch.hpp"

#include <algorithm>
#include <utility>

namespace eas451 {
namespace {

namespace net = boost::asio;

SteadyTime now() { return std::chrono::steady_clock::now(); }

/// As many as may be watched.
std::vector<std::string> first_of(const std::vector<std::string>& containers) {
    const std::size_t count = std::min(containers.size(), LdapConnection::max_watches);
    return {containers.begin(), containers.begin() + static_cast<std::ptrdiff_t>(count)};
}

std::string begun_line(const std::string& server, std::size_t containers) {
    std::string line = "organization relationships: watched on " + server;
    if (containers <= LdapConnection::max_watches) return line;
    return line + ", but for those in " + std::to_string(containers - LdapConnection::max_watches) + " of " +
           std::to_string(containers) + " containers";
}

}  // namespace

OrganizationWatch::OrganizationWatch(const net::any_io_executor& loop, std::function<void()> wake,
                                     std::function<void(const std::string&)> tell, OrganizationWatchTimes times)
    : due_(loop), wake_(std::move(wake)), tell_(std::move(tell)), times_(times) {}

void OrganizationWatch::reading_begins(SteadyTime now) {
    reading_begun_ = now;
    wants_reading_ = false;
    is_demanded_ = false;
    due_.cancel();
}

void OrganizationWatch::follow(LdapServers& servers, const LdapOrganization& read) {
    if (stopped_) return;
    // Once more is enough: for the sake of one that is up and answers in part only, it would never end.
    const bool was_overtaken = std::exchange(was_overtaken_, is_overtaken(servers, read));
    if (was_overtaken_ && !was_overtaken) return demand_reading();
    if (!read.is_of_one_server) return;
    const bool is_watched = watch_ != nullptr && read.server == server_ && read.containers == containers_;
    if (is_watched && read.can_be_watched) return say(begun_line(server_, containers_.size()));
    const bool was_watched = watch_ != nullptr;
    end_watch();
    const bool is_refused = read.server == refused_by_ && now() < refused_until_;
    if (read.can_be_watched && !read.containers.empty() && !is_refused) return place(servers, read);
    if (was_watched) say("organization relationships: not watched: " + read.server + " does not offer it");
}

bool OrganizationWatch::is_overtaken(const LdapServers& servers, const LdapOrganization& read) {
    if (!read.is_of_one_server) return true;  // and what the other one offers was not asked
    return read.can_be_watched && read.server != servers.first_up();
}

void OrganizationWatch::place(LdapServers& servers, const LdapOrganization& read) {
    const std::weak_ptr<OrganizationWatch> weak = weak_from_this();
    LdapWatchEvents events;
    events.changed = [weak] {
        if (const auto self = weak.lock()) self->demand_reading();
    };
    events.ended = [weak](const LdapWatchEnd& why) {
        if (const auto self = weak.lock()) self->ended(why);
    };
    server_ = read.server;
    containers_ = read.containers;
    placed_at_ = now();
    watch_ = servers.watch(server_, first_of(containers_), std::move(events));
    if (watch_ == nullptr) return ended({server_ + ": lost before they could be watched", false});
    wants_reading_ = true;
}

void OrganizationWatch::ended(const LdapWatchEnd& why) {
    if (stopped_) return;
    watch_.reset();
    const bool is_early = now() - placed_at_ < times_.taken_after;
    early_losses_ = is_early ? early_losses_ + 1 : 0;
    if (is_early && (why.was_refused || early_losses_ >= max_early_losses)) {
        refused_by_ = server_;
        refused_until_ = now() + times_.refused_for;
        early_losses_ = 0;
    }
    say("organization relationships: not watched: " + why.why + "; read every organization_relationships.refresh until they are");
    demand_reading();
}

void OrganizationWatch::end_watch() {
    if (const auto watch = std::exchange(watch_, nullptr)) watch->end();
}

void OrganizationWatch::demand_reading() {
    if (stopped_ || std::exchange(is_demanded_, true)) return;
    due_.expires_at(std::max(now() + times_.gathering, reading_begun_ + times_.between_readings));
    due_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (error || self == nullptr || self->stopped_) return;
        self->wants_reading_ = true;
        self->wake_();
    });
}

/// Not the same twice in a row: a server that does not take the watch is asked again and again.
void OrganizationWatch::say(std::string line) {
    if (line == last_line_) return;
    tell_(line);
    last_line_ = std::move(line);
}

void OrganizationWatch::stop() {
    stopped_ = true;
    end_watch();
    due_.cancel();
}

}  // namespace eas451
