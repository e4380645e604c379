// SPDX-License-Identifier: Apache-2.0
// WrongPasswords: passwords that the directory refused, so that none of them is tried twice. Phones send
// an old one for ever. Only digests are kept, of the account together with the password: a login that is
// spelled otherwise and leads to the same entry sends the same wrong password.
//
// For how long:
// - A wrong password stays wrong until the account's password is set again: until pwdLastSet is another
//   than it was. For 12 hours where that cannot be read, or where it had been set within the 12 hours
//   before: a domain controller that was asked may not have had the new one yet, and a right password must
//   not stay wrong for ever.
// - "Disabled", "expired", "must change" and "restricted" are told of right passwords, and end with a state
//   that is not the password's: an administrator's word, a new day. They are known for as long as
//   everything else that the directory said of the account (cache.ttl), and not longer than the password
//   itself. One bind for each such time: the domain does not count those.
// - "Locked" is told of any password, and known for as long of the one that it was told of.
//
// Full, it gives up what was used longest ago: that password is then tried once more, within the budget.
// Logins of nobody have room of their own. Any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "eas451/core/login_outcome.hpp"
#include "eas451/core/organization_relationship.hpp"
#include "keyed_digest.hpp"
#include "sharded_lru.hpp"
#include "tried_account.hpp"

namespace eas451 {

class WrongPasswords {
public:
    static constexpr std::chrono::hours without_last_set{12};

    /// What is said of when an account's password was set; only compared.
    using LastSet = std::uint64_t;

    /// Of an account and a password.
    struct Key {
        SecretDigest digest{};
        bool exists = false;  // there is an entry
    };
    /// Of its entry, or of its name where it is nobody's.
    static Key key_of(const TriedAccount& account, std::string_view password);
    /// Of the name, whether an entry has it or not.
    static Key key_of_name(const TriedAccount& account, std::string_view password);

    struct Refused {
        Rejection why = Rejection::bad_credentials;
        SteadyTime tried;
        std::optional<LastSet> last_set;  // as a search said it before the try
        bool was_set_lately = false;      // within the 12 hours before
    };

    /// So many, and a quarter of that of nobody's.
    explicit WrongPasswords(std::size_t max_entries = 65536);

    void remember(const Key& key, const Refused& refused);
    /// Why this password is refused without a try, "wrong" as bad_credentials_cached; nothing when it has to
    /// be tried. `last_set`: as the latest search says it. `ttl`: of what is not the password's fault.
    [[nodiscard]] std::optional<Rejection> recall(const Key& key, std::optional<LastSet> last_set,
                                                  std::chrono::milliseconds ttl, SteadyTime now) const;
    void forget(const Key& key) { refused_.forget(key.digest); }
    [[nodiscard]] std::size_t size() const { return refused_.size(); }

private:
    enum Ring : std::size_t { accounts, nobodies, rings };

    ShardedLru<SecretDigest, Refused, rings> refused_;
};

}  // namespace eas451
