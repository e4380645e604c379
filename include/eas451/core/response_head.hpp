// SPDX-License-Identifier: Apache-2.0
// ResponseHead: the head of one HTTP/1.1 answer of Exchange, read as strictly as a request's; and as it is
// passed on to the phone, written anew (reliability: T12).
//
// What could be read in two ways, or would leave the next answer's beginning in doubt, is a fault: the
// connection is closed, and the phone gets an answer of ours. find_head_end() tells when a head is complete.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "eas451/core/request_head.hpp"

namespace eas451 {

inline constexpr std::size_t max_response_head_bytes = 32 * 1024;
inline constexpr std::size_t max_response_fields = 150;

enum class ResponseFault : std::uint8_t {
    bad_status_line,  // not HTTP/1.x SP 3DIGIT [SP phrase] CRLF
    bad_version,      // not HTTP/1.0 or HTTP/1.1
    bad_line_end,     // bare CR or bare LF, anything before the status line, or no blank line at the end
    bad_field,        // no colon, blank before it, a name that is no token, folding; a Connection that names a field
                      // which the phone needs, or more than max_connection_options
    bad_field_value,  // a control byte other than tab
    too_many_fields,  // above max_response_fields
    too_large,        // above max_response_head_bytes
    bad_framing,      // two framings, two lengths even if alike, a list, a coding other than chunked, TE on 1.0; a
                      // length with 100, or with 204 where it is not 0, a coding with 100, 204 or 304
    bad_status,       // outside 100..599, or 1xx other than 100: we asked for no other protocol
};
std::string_view to_string(ResponseFault fault);

/// Names and values are views into the bytes given; they live as long as those do.
class ResponseHead {
public:
    // Room for so many fields is not filled before they come.
    ResponseHead() {}  // NOLINT(modernize-use-equals-default)

    unsigned status = 0;      // a 100 is not the answer yet: another head follows
    std::string_view phrase;  // as sent; may be empty
    bool http_1_1 = true;
    bool keep_alive = true;  // HTTP/1.1, no "Connection: close", and the body's end can be seen
    /// none also of answers to HEAD, and of 100, 204 and 304, whatever their fields say.
    BodyFraming framing = BodyFraming::none;
    std::uint64_t content_length = 0;  // where the framing is that

    [[nodiscard]] std::span<const HeaderField> fields() const { return {fields_.data(), count_}; }
    /// The value of the first field of that name, case-insensitive.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
    /// Appends a field. False when there is no room for it.
    bool add(HeaderField field);
    /// As new.
    void clear();

private:
    union {
        std::array<HeaderField, max_response_fields> fields_;
    };
    std::size_t count_ = 0;
};

/// Reads one complete head, as long as find_head_end() said; or the first max_response_head_bytes (or more) of one
/// that has no end yet, which are too_large. The method is that of the request. After a fault nothing in `out` may be
/// used.
std::optional<ResponseFault> parse_response_head(std::string_view head, std::string_view request_method,
                                                 ResponseHead& out);

/// How the phone gets the body.
struct PassedFraming {
    BodyFraming body = BodyFraming::none;
    bool close = false;  // the connection ends behind the answer
};
/// The framing of the answer, but that a body of which no length is known is chunked for an HTTP/1.1 client, and for
/// an HTTP/1.0 client ends with the connection. `close`: it ends in any case.
PassedFraming passed_framing(const ResponseHead& head, bool client_http_1_1, bool close);

/// Appends the head of the answer, up to its blank line, to `out`: HTTP/1.1, Exchange's own status and phrase, each
/// field as it was sent and in its order, but those of one hop, those that Connection names, and the framing, which is
/// written anew. Where there is no body a Content-Length is a field like others (RFC 9110 8.6), but not with 204. Not for
/// a 100.
void append_passed_head(std::string& out, const ResponseHead& head, const PassedFraming& framing);

}  // namespace eas451
