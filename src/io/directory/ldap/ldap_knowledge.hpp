// SPDX-License-Identifier: Apache-2.0
// LdapKnowledge: what the directory loop has learnt and every thread may see: logins, relationships,
// whether there is a server at all.
//
// Any thread.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "../login_memory.hpp"
#include "eas451/core/organization_relationship.hpp"
#include "eas451/io/directory/password_turns.hpp"

namespace eas451 {

class LdapKnowledge {
public:
    LdapKnowledge(LoginMemoryOptions options, std::shared_ptr<const RelationshipTable> relationships)
        : logins(std::move(options)), relationships_(std::move(relationships)) {}

    LoginMemory logins;
    PasswordTurns turns;
    std::atomic<bool> every_server_is_down{true};
    std::atomic<bool> was_ready{false};

    [[nodiscard]] std::shared_ptr<const RelationshipTable> relationships() const {
        const std::scoped_lock lock(mutex_);
        return relationships_;
    }
    void set_relationships(std::shared_ptr<const RelationshipTable> table) {
        const std::scoped_lock lock(mutex_);
        relationships_.swap(table);  // the old table ends outside the lock, or with its last user
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const RelationshipTable> relationships_;
};

}  // namespace eas451
