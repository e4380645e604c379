// SPDX-License-Identifier: Apache-2.0
// RecipientCache: what the directory last said of a login, and when. How long that is good is the
// caller's to say. Full, it gives up what was used longest ago. Any thread.
//
// Strangers may send any number of logins that do not exist; those have room of their own and
// crowd out only each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

#include "eas451/core/login_outcome.hpp"
#include "eas451/core/organization_relationship.hpp"
#include "keyed_digest.hpp"
#include "sharded_lru.hpp"

namespace eas451 {

struct CachedLookup {
    struct Found {
        std::shared_ptr<const Recipient> recipient;  // made for the caller
        LoginForm matched = LoginForm::upn;
    };
    std::variant<NotFound, Ambiguous, Found> said;
    SteadyTime looked_up;
};

class RecipientCache {
public:
    using Nobody = std::variant<NotFound, Ambiguous>;

    /// So many recipients, and a quarter of that of logins that are nobody's. A recipient takes its
    /// attributes and some 180 bytes. std::runtime_error when there are no random bytes.
    explicit RecipientCache(std::size_t max_entries);

    /// Logins are the same when their form is, and their text but for ASCII case. Counts as a use.
    [[nodiscard]] std::optional<CachedLookup> find(const LoginName& login) const;
    /// Replaces what was said of that login before, whatever it was.
    void put(const LoginName& login, const Recipient& recipient, LoginForm matched, SteadyTime now);
    void put_nobody(const LoginName& login, Nobody nobody, SteadyTime now);
    void forget(const LoginName& login) { lookups_.forget(key_of(login)); }
    void clear() { lookups_.clear(); }
    [[nodiscard]] std::size_t size() const { return lookups_.size(); }

private:
    enum Ring : std::size_t { recipients, nobodies, rings };
    /// A Recipient of a dozen strings would be twice as large as its attributes in one. Homes are
    /// stored in full, although thousands share them: values counted by their users cost more steps
    /// than the memory is worth.
    struct Stored {
        std::shared_ptr<const char[]> packed;  // null: nobody
        SteadyTime looked_up;
        std::uint32_t packed_size = 0;
        LoginForm matched = LoginForm::upn;
        bool is_ambiguous = false;
    };

    static NameDigest key_of(const LoginName& login) {
        return name_digest(static_cast<std::uint8_t>(login.form), login.text);
    }

    ShardedLru<NameDigest, Stored, rings> lookups_;
};

}  // namespace eas451
