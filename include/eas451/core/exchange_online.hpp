// SPDX-License-Identifier: Apache-2.0
// Which hosts are Microsoft's Exchange Online, where other rules hold than on any Exchange of one's own.
#pragma once

#include <string_view>

#include "eas451/core/eas_request.hpp"

namespace eas451 {

/// The first version that it accepts; and it takes no passwords (Basic authentication): docs/exchange-behaviour.md.
inline constexpr ProtocolVersion exchange_online_version{16, 1};

/// The worldwide service and the national ones. `host`: lower-case.
bool is_exchange_online(std::string_view host);

}  // namespace eas451
