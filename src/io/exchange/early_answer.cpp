// SPDX-License-Identifier: Apache-2.0
#include "early_answer.hpp"

#include "eas451/core/response_head.hpp"

namespace eas451 {

bool EarlyAnswer::has_begun(ExchangeConnection& connection, std::span<char> scratch, std::string_view request_method) {
    for (;;) {
        const StreamStep step = connection.read(scratch);
        if (step.error || !is_interim_so_far(connection, request_method)) return true;
        if (step.bytes == 0) return false;
    }
}

/// Nothing is left but, perhaps, the beginning of one more. What is not understood is for who reads the answer.
bool EarlyAnswer::is_interim_so_far(ExchangeConnection& connection, std::string_view request_method) {
    constexpr std::string_view begin = "HTTP/1.1 100";
    while (connection.in().starts_with(begin) && interim_ < most_interim_answers) {
        const auto end = find_head_end(connection.in(), 0);
        if (!end) return connection.in().size() < max_response_head_bytes;
        ResponseHead head;
        if (parse_response_head(connection.in().substr(0, *end), request_method, head)) return false;
        connection.use(*end);
        ++interim_;
    }
    return begin.starts_with(connection.in());
}

}  // namespace eas451
