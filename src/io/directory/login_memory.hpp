// SPDX-License-Identifier: Apache-2.0
// LoginMemory: what the directory said lately, and for how long it may be said again. The times are
// here; RecipientCache and LoginCache only keep.
//
// Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "eas451/io/directory/directory.hpp"
#include "login_cache.hpp"
#include "recipient_cache.hpp"

namespace eas451 {

class Metrics;

struct LoginMemoryOptions {
    std::string realm;
    std::chrono::milliseconds ttl;           // of a recipient: no redirect is made from an older one
    std::chrono::milliseconds negative_ttl;  // of a login that nobody has
    std::chrono::milliseconds login_ttl;     // of a password that was right
    std::chrono::milliseconds stale_local;   // beyond both, while every server is down
    std::size_t max_entries;                 // of recipients, and of logins
};

class LoginMemory {
public:
    explicit LoginMemory(LoginMemoryOptions options);

    /// The key of a question, to know it again; of its password nothing can be found out from it.
    [[nodiscard]] LoginCache::Key key_of(const LoginQuestion& question) const;

    /// What is still known of a question. Accepted::is_stale only when `every_server_is_down`. No
    /// password is refused here as a stranger's would be: at once, that would show who is nobody.
    [[nodiscard]] std::optional<LoginOutcome> recall(const LoginQuestion& question, SteadyTime now,
                                                     bool every_server_is_down, Metrics* metrics) const;
    /// Whether this password was right for that very entry, recently enough not to try it again. Of an
    /// entry without identity nobody knows whether it is the same.
    [[nodiscard]] bool knows_password(const LoginCache::Key& key, const Recipient& recipient, SteadyTime now) const;

    /// Whether this password was right for that entry within 24 hours.
    [[nodiscard]] bool was_right(const LoginCache::Key& key, const Recipient& recipient, SteadyTime now) const;
    /// Whether the login is known as nobody's, or as several entries'.
    [[nodiscard]] std::optional<LoginOutcome> nobody(const LoginName& login, SteadyTime now) const;

    /// Of proxyAddresses the primary one: no decision asks for more.
    void remember(const LoginName& login, Recipient recipient, LoginForm matched, SteadyTime looked_up);
    void remember_nobody(const LoginName& login, const LoginOutcome& nobody, SteadyTime looked_up);
    void remember_password(const LoginCache::Key& key, const Recipient& recipient, SteadyTime tried);
    /// It is wrong now.
    void forget_password(const LoginCache::Key& key) const;

    /// When the login was last looked up, whatever came of it.
    [[nodiscard]] std::optional<SteadyTime> looked_up(const LoginName& login) const;
    /// All that is known, and whatever is told from now on of a time before `now`.
    ForgottenLogins forget_all(SteadyTime now);

    /// Good; good enough while there is no directory; or neither.
    enum class Freshness : std::uint8_t { fresh, stale, gone };

private:
    [[nodiscard]] Freshness freshness_of_password(const LoginCache::Key& key, const Recipient& recipient,
                                                  SteadyTime looked_up, SteadyTime now, std::chrono::milliseconds beyond) const;

    LoginMemoryOptions options_;
    /// Whether something that was learnt then has to be forgotten again. Asked when it is there for forget_all() to see.
    [[nodiscard]] bool is_forgotten(SteadyTime learnt) const { return learnt.time_since_epoch().count() <= forgotten_before_; }

    std::atomic<SteadyTime::rep> forgotten_before_{SteadyTime::min().time_since_epoch().count()};
    RecipientCache recipients_;
    mutable LoginCache logins_;  // forgetting changes no answer but into "ask"
};

}  // namespace eas451
