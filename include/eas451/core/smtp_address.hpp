// SPDX-License-Identifier: Apache-2.0
// SMTP addresses, and the RemoteRoutingAddress that Exchange stores in `targetAddress`. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace eas451 {

/// One to 253 characters of dot-separated labels of letters, digits, '-' and '_'. International
/// names appear in the directory as punycode and need nothing more.
bool is_domain_name(std::string_view text);

struct SmtpAddress {
    std::string local_part;
    std::string domain;  // lower-case

    /// local@domain, split at the last '@'; no blanks or controls; nothing else checked.
    static std::optional<SmtpAddress> parse(std::string_view text);
};

/// The domain of a targetAddress such as `SMTP:user12@contoso.mail.onmicrosoft.com`, as a view into
/// it, not lower-cased; nothing when the address has another type (X400:, NOTES:), none at all, or
/// no well-formed domain. The prefix compares case-insensitively. Allocates nothing.
std::optional<std::string_view> remote_routing_domain(std::string_view target_address);

}  // namespace eas451
