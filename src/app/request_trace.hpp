// SPDX-License-Identifier: Apache-2.0
// What the log tells of a request of a traced user (log.trace_users), as lines. Never a password, a token, or the value of
// a header field that is not known to hold no secret. Each line has its limit, whatever was sent.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "eas451/core/access_record.hpp"
#include "eas451/core/answer.hpp"
#include "eas451/core/request_head.hpp"
#include "eas451/io/directory/directory.hpp"
#include "eas451/io/exchange/forward.hpp"

namespace eas451 {

/// Bytes of a line at most, without the id of the request.
inline constexpr std::size_t most_trace_bytes = 4096;

/// The request, its header fields, its login, and each step of the decision. `record.login` is not set by then: `login`
/// is as it was typed.
std::vector<std::string> trace_of_request(const AccessRecord& record, const RequestHead& head, std::string_view login,
                                          const LoginAnswer& answer, const Verdict& verdict);
/// An answer of ours.
std::string trace_of_answer(const Answer& answer);
/// What came of a request that was passed on: "https://ex1.contoso.com answered 200".
std::string trace_of_passing(const Forwarded& forwarded);
/// How it ended, and what it took.
std::string trace_of_end(const AccessRecord& record);

}  // namespace eas451
