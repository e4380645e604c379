// SPDX-License-Identifier: Apache-2.0
// Reason: why a request was answered as it was. One word each, fixed by the contract: it is in the
// access log, the metrics and every report, and administrators' scripts match on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace eas451 {

enum class Reason : std::uint8_t {
    bad_request, no_credentials, directory_down, relationships_unreadable,
    bad_credentials, bad_credentials_cached, not_found, ambiguous, account_locked, account_disabled,
    account_expired, password_expired, must_change_password, logon_restricted,
    login_held, proxied, bearer, exchange_down, eas_disabled, no_exchange_server, no_mailbox,
    redirect_off, client_unsupported, no_relationship, no_target, self_redirect, client_too_old,
    would_redirect, redirected,
    body_too_large, body_too_slow, client_gone,
    health, unknown_path,
};
inline constexpr std::size_t reason_count = static_cast<std::size_t>(Reason::unknown_path) + 1;

/// "no-credentials"; with '-' for '_' throughout.
std::string_view to_string(Reason reason);

}  // namespace eas451
