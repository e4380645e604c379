// SPDX-License-Identifier: Apache-2.0
// PhoneAnswer: what of one answer a phone goes by. For who acts as a phone, and asks any server.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eas451/core/eas_request.hpp"
#include "eas451/core/response_head.hpp"

namespace eas451 {

struct PhoneAnswer {
    EasMethod method = EasMethod::post;
    EasCommand command = EasCommand::unknown;  // of POST
    unsigned status = 0;
    std::vector<std::string> locations;  // every X-MS-Location: there should be one with 451 (MS-ASHTTP 2.2.3.1.2)
    std::optional<unsigned> eas_status;  // read_wbxml_status(), read_sync_status()
    bool is_wbxml = false;               // the body begins as every document of ActiveSync does
    bool has_body = false;
    std::vector<std::string> versions;  // MS-ASProtocolVersions
    bool has_commands = false;          // MS-ASProtocolCommands is there
    std::vector<std::string> schemes;   // of WWW-Authenticate, in their order, each once
    bool basic_has_realm = false;       // a Basic challenge with a realm that is not empty
    std::string retry_after;            // as sent
};

/// Of a head that parse_response_head() took. The body may be cut off.
PhoneAnswer read_phone_answer(const ResponseHead& head, std::string_view body, EasMethod method, EasCommand command);

/// Retry-After where it is a number of seconds, at most a day's.
std::optional<unsigned> retry_seconds(const PhoneAnswer& answer);

}  // namespace eas451
