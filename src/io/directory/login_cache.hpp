// SPDX-License-Identifier: Apache-2.0
// LoginCache: logins whose password was right, known again without asking anybody. It keeps neither
// name nor password, only digests of them; how long a success is good is the caller's to say. Full, it
// gives up what was used longest ago: a login in use stays, and only right passwords come in.
// Any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "eas451/core/organization_relationship.hpp"
#include "keyed_digest.hpp"
#include "sharded_lru.hpp"

namespace eas451 {

class LoginCache {
public:
    /// What realm, login and password become. A stranger who does not know the process's key can
    /// neither make nor foresee one, so how long a comparison takes tells nothing, and it need not
    /// take constant time.
    using Key = SecretDigest;
    static Key key_of(std::string_view realm, std::string_view login, std::string_view password) {
        return secret_digest({realm, login, password});
    }

    /// Which entry the password was right for. A login may be another entry's by the time it is looked
    /// up again; then the success is not that entry's.
    struct Account {
        NameDigest digest{};
        friend bool operator==(const Account&, const Account&) = default;
    };
    /// Of the name of an entry; A-Z count as a-z.
    static Account account_of(std::string_view distinguished_name) { return {name_digest(0, distinguished_name)}; }

    struct Success {
        Account account;
        SteadyTime accepted;
    };

    /// std::runtime_error when there are no random bytes.
    explicit LoginCache(std::size_t max_entries);

    /// Counts as a use; the time stays that of the check.
    [[nodiscard]] std::optional<Success> find(const Key& key) const { return successes_.find(key); }
    void remember(const Key& key, const Account& account, SteadyTime now) { successes_.put(key, {account, now}); }
    void forget(const Key& key) { successes_.forget(key); }
    void clear() { successes_.clear(); }
    [[nodiscard]] std::size_t size() const { return successes_.size(); }

private:
    ShardedLru<Key, Success> successes_;
};

}  // namespace eas451
