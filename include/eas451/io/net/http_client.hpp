// SPDX-License-Identifier: Apache-2.0
// One HTTP request to a server of our own, for commands. Blocks the caller, never longer than the
// limit it gives.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "eas451/core/result.hpp"

namespace eas451 {

struct HttpRequest {
    std::string address;    // numeric
    std::uint16_t port = 0;
    std::string unix_path;  // when not empty, instead of the two above
    bool tls = false;       // encrypted but not verified: for our own listener on this machine only
    std::string target;
};

struct HttpReply {
    unsigned status = 0;
    std::string body;
};

/// GET. The error is one sentence.
Result<HttpReply, std::string> fetch(const HttpRequest& request, std::chrono::milliseconds limit);

}  // namespace eas451
