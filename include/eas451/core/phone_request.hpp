// SPDX-License-Identifier: Apache-2.0
// The requests of a phone, as bytes: for who acts as one. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "eas451/core/eas_endpoint.hpp"
#include "eas451/core/eas_request.hpp"
#include "eas451/core/secret.hpp"

namespace eas451 {

/// The commands that can be sent, with the body that a phone sends when it begins: all of them change nothing in the
/// mailbox but that the server may note the device.
std::span<const EasCommand> phone_commands();

struct Phone {
    std::string user;         // as typed: no control byte and no colon, see is_basic_user()
    std::string device_id;    // 1 to 32 letters and digits
    std::string device_type;  // is_device_type()
    std::string user_agent;   // visible characters and blanks
};
/// RFC 7617: what can stand in front of the colon.
bool is_basic_user(std::string_view user);
bool is_device_id(std::string_view text);

/// The value of Authorization behind "Basic ".
Secret basic_token(std::string_view user, const Secret& password);

struct PhoneQuestion {
    EasMethod method = EasMethod::options;
    EasCommand command = EasCommand::folder_sync;  // one of phone_commands(); not looked at on OPTIONS
    std::optional<ProtocolVersion> version;
};
/// One whole request with "Connection: close". It holds the token, and so it is a secret.
Secret phone_request(const EasEndpoint& to, const PhoneQuestion& question, const Phone& phone, const Secret& token);

}  // namespace eas451
