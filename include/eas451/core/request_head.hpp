// SPDX-License-Identifier: Apache-2.0
// RequestHead: the head of one HTTP/1.1 request, read strictly.
//
// The one reader of raw heads. What it does not understand completely it refuses (law 5), because a
// lenient reader in front of another lenient reader is how requests are smuggled (reliability: T11,
// T13). The names and values are views into the bytes given; they live as long as those do.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "eas451/core/result.hpp"

namespace eas451 {

inline constexpr std::size_t max_head_bytes = 16 * 1024;
inline constexpr std::size_t max_head_fields = 100;
inline constexpr std::size_t max_target_bytes = 8 * 1024;
/// Of all Connection fields of one head together.
inline constexpr std::size_t max_connection_options = 32;

struct HeaderField {
    std::string_view name;
    std::string_view value;  // without blanks at both ends
};

/// How the end of the body is found (RFC 9112 section 6). Exactly one of them; until_close in answers alone.
enum class BodyFraming : std::uint8_t { none, content_length, chunked, until_close };

/// Why a head was refused. All of them are the answer "400", but for target_too_long, "414".
enum class HeadFault : std::uint8_t {
    bad_request_line,   // not METHOD SP TARGET SP HTTP/1.x CRLF
    bad_version,        // not HTTP/1.0 or HTTP/1.1
    bad_target,         // not in origin form, a byte outside 0x21..0x7e, a fragment, a broken escape or %00 in the path
    target_too_long,    // above max_target_bytes
    bad_line_end,       // bare CR or bare LF, or anything before the request line
    bad_field,          // no colon, blank before it, a name with '_', '.' or a foreign byte, folding; an
                        // expectation other than 100-continue; a Connection that names a field which is needed, or
                        // more than max_connection_options
    bad_field_value,    // a control byte other than tab
    too_many_fields,    // above max_head_fields
    too_large,          // above max_head_bytes
    bad_host,           // not exactly one Host with the syntax of a host and port (1.0: at most one)
    bad_framing,        // two framings, two lengths, a list, a coding other than chunked, TE on 1.0
    duplicate_field,    // Authorization, Content-Type, MS-ASProtocolVersion … more than once
};
std::string_view to_string(HeadFault fault);

/// The fields that every request is asked for. All before `connection` may be there once only, because two
/// readers could each believe another one.
enum class KnownField : std::uint8_t {
    host, content_length, transfer_encoding, authorization, content_type, protocol_version, policy_key, expect,
    connection, user_agent,
    other,
};
inline constexpr std::size_t known_field_count = static_cast<std::size_t>(KnownField::other);
/// Case-insensitive.
KnownField known_field(std::string_view name);
constexpr bool is_single(KnownField field) { return field < KnownField::connection; }

/// Known fields are found at once, others by a walk over all.
class RequestHead {
public:
    // Room for so many fields is not filled before they come.
    RequestHead() {}  // NOLINT(modernize-use-equals-default)

    std::string_view method;  // as sent; methods are case-sensitive
    std::string_view target;  // as sent
    std::string_view path;    // target up to '?'
    std::string_view query;   // after '?', without it; empty when there is none
    std::string_view host;    // as sent, with port; empty only on HTTP/1.0
    bool http_1_1 = true;
    bool keep_alive = true;   // HTTP/1.1 and no "Connection: close"
    bool expects_continue = false;
    BodyFraming framing = BodyFraming::none;
    std::uint64_t content_length = 0;

    [[nodiscard]] std::span<const HeaderField> fields() const { return {fields_.data(), count_}; }
    /// The value of the first field of that name, case-insensitive.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
    [[nodiscard]] std::optional<std::string_view> find(KnownField field) const;
    /// There is a second one of that name.
    [[nodiscard]] bool is_repeated(KnownField field) const { return (repeated_ & bit_of(field)) != 0; }
    /// Appends a field. False when there is no room for it.
    bool add(HeaderField field) { return add(field, known_field(field.name)); }
    /// The same for who knows already which one it is.
    bool add(HeaderField field, KnownField known);
    /// As new.
    void clear();

private:
    static constexpr unsigned bit_of(KnownField field) { return 1U << static_cast<unsigned>(field); }

    union {
        std::array<HeaderField, max_head_fields> fields_;
    };
    std::size_t count_ = 0;
    std::array<std::uint8_t, known_field_count> places_{};  // of the first of each, counted from 1
    unsigned repeated_ = 0;
};

/// The number of bytes of the head at the front of `bytes`, its blank line included, or nothing
/// while it is incomplete. Looks only at bytes from `seen` on (with three of overlap), so that a
/// head that arrives byte by byte costs linear time.
std::optional<std::size_t> find_head_end(std::string_view bytes, std::size_t seen);

/// Reads one complete head, as long as find_head_end() said; or the first max_head_bytes (or more) of
/// one that has no end yet, which are target_too_long or too_large. `out` is filled only in part when a
/// fault comes back; then nothing in it may be used but method, target, path and query, which are
/// for the log and hold what could be read of them.
std::optional<HeadFault> parse_request_head(std::string_view head, RequestHead& out);

}  // namespace eas451
