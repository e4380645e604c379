// SPDX-License-Identifier: Apache-2.0
// Admission: whom a listener serves, and what is believed of what proxies say about their clients.
//
// A value, immutable; any thread.
#pragma once

#include <memory>

#include "eas451/core/ip_address.hpp"
#include "eas451/io/config/settings.hpp"
#include "eas451/io/http/handler.hpp"

namespace eas451 {

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
