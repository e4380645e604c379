// SPDX-License-Identifier: Apache-2.0
// Admission: whom a listener serves, and what is believed of what proxies say about their clients.
//
// A value, immutable; any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "eas451/core/ip_address.hpp"
#include "eas451/io/config/settings.hpp"
#include "eas451/io/http/handler.hpp"

namespace eas451 {

/// The address of the other side of a connection, as Listener writes it: with a zone where it is link-local,
/// which is not part of it here. Nothing for a Unix socket.
std::optional<IpAddress> address_of_peer(std::string_view text);

class Admission {
public:
    explicit Admission(const ListenerSettings& listener);

    /// Fills in what the session has to know of proxies. False: the connection is to be closed at once.
    [[nodiscard]] bool admit(ConnectionFacts& facts) const;

private:
    std::shared_ptr<const NetworkSet> trusted_;
    bool proxy_protocol_;
    bool only_trusted_;  // strangers have no business here
};

}  // namespace eas451
