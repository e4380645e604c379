// SPDX-License-Identifier: Apache-2.0
// What a phone does with an answer, in a word and in a sentence (docs/exchange-behaviour.md tells what is known of
// phones). Pure and total: there is a reaction to every status.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "eas451/core/eas_endpoint.hpp"
#include "eas451/core/phone_answer.hpp"

namespace eas451 {

enum class PhoneVerdict : std::uint8_t {
    works,          // it is served
    asks_policies,  // it sends Provision, as after every new account, and goes on
    redirected,     // it saves another URL
    bad_redirect,   // 451 without a URL, or with one that phones do not take
    redirect_loop,  // 451 again
    asks_password,
    needs_modern_authentication,  // it would have to be set up again
    version_not_offered,          // the same
    tries_again,
    no_mailbox,      // Status 123
    refused,         // for good: the account, the device
    fails,           // the server does not understand, or cannot
    not_activesync,  // another server
    unreachable,     // no answer at all: these three come from who asked
    bad_certificate,
    bad_answer,  // that is no HTTP
};
/// "asks-password".
std::string_view to_string(PhoneVerdict verdict);
/// The phone has its mail, or was told where it is.
bool is_fine(PhoneVerdict verdict);

struct PhoneReaction {
    PhoneVerdict verdict = PhoneVerdict::fails;
    std::string sentence;  // of the phone, without a full stop
};

/// `version` is what the phone speaks.
PhoneReaction react(const PhoneAnswer& answer, ProtocolVersion version);

/// Where a 451 sends the phone. The error says why no phone should go there.
Result<EasEndpoint, std::string> redirect_of(const PhoneAnswer& answer);

/// The highest version that both know, as a phone chooses; nothing when there is none, or no list.
std::optional<ProtocolVersion> best_version(const PhoneAnswer& options);

}  // namespace eas451
