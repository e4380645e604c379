// SPDX-License-Identifier: Apache-2.0
#include "ldap_watch.hpp"

#include <utility>

namespace eas451 {

LdapWatch::LdapWatch(const std::shared_ptr<LdapConnection>& connection, LdapWatchEvents events)
    : connection_(connection), events_(std::move(events)) {}

std::shared_ptr<LdapWatch> LdapWatch::place(const std::shared_ptr<LdapConnection>& connection,
                                            const std::vector<std::string>& containers, LdapWatchEvents events) {
    auto watch = std::make_shared<LdapWatch>(connection, std::move(events));
    bool are_all_placed = !containers.empty();
    for (const std::string& container : containers) are_all_placed = are_all_placed && watch->add(*connection, container);
    if (are_all_placed) return watch;
    watch->end();
    return nullptr;
}

bool LdapWatch::add(LdapConnection& connection, const std::string& container) {
    const std::weak_ptr<LdapWatch> weak = weak_from_this();
    LdapWatchEvents events;
    events.changed = [weak] {
        const auto self = weak.lock();
        if (self != nullptr && !self->is_over_) self->events_.changed();
    };
    events.ended = [weak](const LdapWatchEnd& why) {
        if (const auto self = weak.lock()) self->ended(why);
    };
    const auto id = connection.watch(container, std::move(events));
    if (id) ids_.push_back(*id);
    return id.has_value();
}

void LdapWatch::ended(const LdapWatchEnd& why) {
    if (is_over_) return;
    end();
    events_.ended(why);
}

void LdapWatch::end() {
    is_over_ = true;
    const auto connection = connection_.lock();
    for (const int id : std::exchange(ids_, {})) {
        if (connection != nullptr) connection->unwatch(id);
    }
}

}  // namespace eas451
