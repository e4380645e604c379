// SPDX-License-Identifier: Apache-2.0
// What Exchange's 401 says of modern authentication.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace eas451 {

/// Of the values of WWW-Authenticate fields (RFC 9110, 11.6.1) the challenges of scheme Bearer, each as a line
/// "WWW-Authenticate: Bearer …\r\n"; the first four, and no more than 4 KiB. Those of other schemes are left out:
/// Basic is offered by us already, and Negotiate and NTLM authenticate a connection, which no proxy that shares
/// connections can pass on. What holds anything but printable ASCII, or a
/// quoted string without an end, is left out too.
std::string bearer_challenge_lines(const std::vector<std::string>& values);

/// The challenges of one value, of any scheme: a comma stands between challenges, and between the parameters of one.
std::vector<std::string_view> challenges_in(std::string_view value);

}  // namespace eas451
