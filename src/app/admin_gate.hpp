// SPDX-License-Identifier: Apache-2.0
// AdminGate: who may ask the admin listener: nobody by a name that is not its own, no web page of somebody else's, and,
// where there is a password, nobody without it. On the control loop.
#pragma once

#include <optional>
#include <string>

#include "deployment.hpp"
#include "eas451/core/answer.hpp"
#include "eas451/core/secret.hpp"
#include "eas451/io/http/handler.hpp"

namespace eas451 {

class AdminGate {
public:
    /// The answer to who may not ask. `is_probe`: the request is one of a balancer or a container, which bring no
    /// password, and is told nothing to protect.
    std::optional<Answer> refuse(const AdminSettings& settings, const std::vector<std::string>& names, const RequestHead& head,
                                 const ConnectionFacts& connection, bool is_probe);

private:
    bool is_password_right(const AdminSettings& settings, const RequestHead& head);
    bool verify(const AdminSettings& settings, const Secret& password);

    std::string verified_digest_;  // of the hash and the password that was last right
    SteadyTime next_check_{};
};

/// Host must be the bound address, loopback or one of `names`, those of our certificate, so that a web page a browser is
/// lured to cannot reach us by a name of its own (DNS rebinding). Over a Unix socket any: no browser gets there.
bool is_host_allowed(const AdminSettings& settings, const std::vector<std::string>& names, const RequestHead& head,
                     const ConnectionFacts& connection);

/// A browser says on whose behalf it asks (Origin; Sec-Fetch-Site of W3C Fetch Metadata). Another site's page could have it
/// post a form to 127.0.0.1 without any name of its own. Who sends neither field is no browser of today.
bool is_of_another_site(const RequestHead& head);

}  // namespace eas451
