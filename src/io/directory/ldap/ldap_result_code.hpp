// SPDX-License-Identifier: Apache-2.0
// The result codes of RFC 4511 appendix A that mean something to us, and the limits that every search has.
#pragma once

#include <algorithm>
#include <chrono>
#include <iterator>

namespace eas451::ldap_code {

inline constexpr int success = 0;
inline constexpr int size_limit_exceeded = 4;
inline constexpr int referral = 10;
inline constexpr int unavailable_critical_extension = 12;
inline constexpr int no_such_object = 32;
inline constexpr int insufficient_access_rights = 50;

/// Those that speak of the server and not of what it was asked: another server may know better.
constexpr bool is_servers_own_trouble(int code) {
    constexpr int codes[]{
        1,   // operationsError; Active Directory: nobody is bound on this connection
        3,   // timeLimitExceeded
        8,   // strongerAuthRequired
        11,  // adminLimitExceeded
        13,  // confidentialityRequired
        51,  // busy
        52,  // unavailable
        53,  // unwillingToPerform
        80,  // other
    };
    return std::ranges::find(codes, code) != std::end(codes);
}

}  // namespace eas451::ldap_code

namespace eas451 {

/// For the server's own use: it gives up when nobody waits any more.
inline constexpr int ldap_time_limit_seconds = 30;
/// A server that does not answer has failed by its own deadline, and then there is a reason to tell: who
/// waits this much longer hears it.
inline constexpr std::chrono::milliseconds time_for_the_reason{500};

}  // namespace eas451
