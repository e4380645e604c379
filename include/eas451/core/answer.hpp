// SPDX-License-Identifier: Apache-2.0
// Answer: what goes back to the device, as a value; and the one place where each of ours is spelled
// (contract section 3). Nothing of a request is ever copied into a header (T2).
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "eas451/core/decision.hpp"

namespace eas451 {

struct Answer {
    unsigned status = 200;
    std::string header_lines;  // "Name: value\r\n" …; without Date, Content-Length, Connection, HSTS
    std::string body;
    bool is_of_held_login = false;  // it leaves no earlier than a refusal
};

/// The phrase of a status line; "Redirect" for 451, which MS-ASHTTP means by it.
std::string_view status_phrase(unsigned status);

Answer redirect_answer(std::string_view location);
/// `retry_after` in seconds, 30 to 90 at random, is used for temporary refusals only. `challenges`
/// are the WWW-Authenticate lines of a 401, made once by challenge_lines().
Answer refusal_answer(const Refuse& refuse, EasCommand command, std::string_view challenges, unsigned retry_after);
/// `WWW-Authenticate: Basic realm="…", charset="UTF-8"`; the realm must pass is_valid_realm().
std::string challenge_lines(std::string_view realm);
/// 1 to 128 visible characters and blanks, without '"' and '\'.
bool is_valid_realm(std::string_view realm);
/// A field of health_answer() by which one that takes us for Exchange can tell that we are not: else requests that each
/// passes on to the other, or to itself, would go round.
inline constexpr std::string_view health_mark_name = "X-Answered-By";
inline constexpr std::string_view health_mark = "eas451";
/// GET|HEAD healthcheck.htm.
Answer health_answer(bool ready);
Answer not_found_answer();

/// When an answer to what was `received` then may leave, at the earliest. Whether a login was refused from
/// memory, by the directory, or without a look at it, the clock does not tell as long as that takes less than
/// `refusal_delay`; nor can passwords be tried faster on one connection. That a login is held tells as little. Every other answer
/// leaves at once.
SteadyTime earliest_departure(const Answer& answer, SteadyTime received, std::chrono::milliseconds refusal_delay);

/// How the session sends an answer.
struct Framing {
    std::string_view date;      // IMF-fixdate
    bool close = false;
    bool strict_transport = false;  // over TLS
    bool head_only = false;         // the request was HEAD: Content-Length, no body
};
/// Appends the answer's bytes to `out`.
void append_answer(std::string& out, const Answer& answer, const Framing& framing);

}  // namespace eas451
