// SPDX-License-Identifier: Apache-2.0
// LdapKnowledge: what the directory loop has learnt and every thread may see: logins, relationships,
// whether there is a server at all.
//
// Any thread.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

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
    void set_relationships(std::shared_ptr<const RelationshipTable> table, SteadyTime read, SteadyTime good_until) {
        const std::scoped_lock lock(mutex_);
        relationships_.swap(table);  // the old table ends outside the lock, or with its last user
        relationships_read_ = read;
        relationships_good_until_ = good_until;
    }

    void set_server(const std::string& name, bool is_up) {
        const std::scoped_lock lock(mutex_);
        servers_[name] = is_up;
    }
    void remove_server(const std::string& name) {
        const std::scoped_lock lock(mutex_);
        servers_.erase(name);
    }
    [[nodiscard]] DirectoryState state(bool reads_relationships) const {
        const std::scoped_lock lock(mutex_);
        DirectoryState state{{}, reads_relationships, relationships_read_, relationships_good_until_};
        for (const auto& [name, is_up] : servers_) state.servers.push_back({name, is_up});
        return state;
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const RelationshipTable> relationships_;
    std::optional<SteadyTime> relationships_read_;
    std::optional<SteadyTime> relationships_good_until_;
    std::map<std::string, bool> servers_;  // whether they are up
};

}  // namespace eas451
