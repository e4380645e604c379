// SPDX-License-Identifier: Apache-2.0
#include "ldap_watches.hpp"

#include <utility>

namespace eas451 {

void LdapWatches::take(const LdapMessage& message, const std::string& server) {
    const auto found = watches_.find(message.id);
    if (found == watches_.end() || std::holds_alternative<LdapReference>(message.content)) return;
    if (std::holds_alternative<LdapEntry>(message.content)) {
        const auto changed = found->second.changed;  // it may end the watch that holds it
        return changed();
    }
    const LdapWatchEvents events = std::move(found->second);
    watches_.erase(found);
    events.ended({server + ": " + text_of(std::get<LdapResult>(message.content)), true});
}

void LdapWatches::end_all(const std::string& why) {
    for (const auto& [id, events] : std::exchange(watches_, {})) events.ended({why, false});
}

}  // namespace eas451
