// SPDX-License-Identifier: Apache-2.0
// Where devices reach this machine, as far as it can know that: what is translated on the way here it cannot.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <vector>

#include "eas451/io/config/settings.hpp"

namespace eas451 {

/// Address and port of each listener; of one that listens on all addresses, those of the machine's interfaces.
std::vector<boost::asio::ip::tcp::endpoint> own_addresses(const std::vector<ListenerSettings>& listeners);

}  // namespace eas451
