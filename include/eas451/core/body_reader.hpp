// SPDX-License-Identifier: Apache-2.0
// BodyReader: where the body of one HTTP/1.1 request or answer ends, and which bytes are its content.
//
// Strict, like the reader of heads (law 5): a chunk line that two readers could read differently is the
// end of the connection (RFC 9112 7.1; reliability: T11). It goes byte by byte and keeps no bytes, so the
// verdict cannot depend on how they were split. No allocation, no exception; used by one thread at a time.
//
// Taken: a size of 1 to 16 hexadecimal digits; extensions `;name`, `;name=token` and `;name="quoted"`,
// no blank anywhere, which are dropped; CR LF and nothing else at the end of each line and behind each
// chunk; trailers under the rules of a head's fields, which are dropped too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "eas451/core/request_head.hpp"

namespace eas451 {

inline constexpr std::size_t max_chunk_size_digits = 16;
/// Of all extensions of one body together, so that nobody pays for a body of one-byte chunks with them.
inline constexpr std::size_t max_chunk_extension_bytes = 1024;
/// Of all trailer lines of one body together, line ends included but for the last, empty line.
inline constexpr std::size_t max_trailer_bytes = 4 * 1024;
inline constexpr std::size_t max_trailer_fields = 32;

class BodyReader {
public:
    /// For a head that parse_request_head() accepted, which need not live on. Without a body it has ended.
    explicit BodyReader(const RequestHead& head) : BodyReader(head.framing, head.content_length) {}
    /// The length counts with BodyFraming::content_length alone. With until_close all is content, and only who sees
    /// the connection end knows that the body has.
    BodyReader(BodyFraming framing, std::uint64_t content_length);

    struct Step {
        std::size_t taken = 0;     // bytes from the front that are done with
        std::string_view content;  // of these, the last ones; a view into the bytes given
    };
    /// Takes bytes from the front up to and including the next run of content. Everything is taken, in
    /// as many steps as there are runs, up to the end of the body or the first mistake; from there on
    /// nothing.
    Step read(std::string_view bytes);

    /// The same for who has no use for the content. Returns how many bytes were taken.
    std::size_t feed(std::string_view bytes);

    [[nodiscard]] bool has_ended() const { return state_ == State::ended; }
    [[nodiscard]] bool is_malformed() const { return state_ == State::malformed; }
    /// Bytes of content so far.
    [[nodiscard]] std::uint64_t body_bytes() const { return body_bytes_; }

private:
    enum class State : std::uint8_t {
        content,  // of a Content-Length, of a chunk, or all there is
        size,
        extension_start,
        extension_name,
        extension_value,
        extension_token,
        extension_quoted,
        extension_escaped,
        extension_end,
        size_lf,
        content_cr,
        content_lf,
        trailer_line,
        trailer_name,
        trailer_value,
        trailer_lf,
        last_lf,
        ended,
        malformed,
    };

    std::string_view take_content(std::string_view bytes);
    State after(char c);
    State after_size(char c);
    State behind_size(char c);
    State after_extension(char c);
    State counted_extension(State next);
    State after_size_line();
    State after_trailer(char c);

    State state_ = State::ended;
    bool chunked_ = false;
    std::size_t size_digits_ = 0;  // of the chunk line being read
    std::size_t extension_bytes_ = 0;
    std::size_t trailer_bytes_ = 0;
    std::size_t trailer_fields_ = 0;
    std::uint64_t left_ = 0;  // of the content being read
    std::uint64_t body_bytes_ = 0;
};

}  // namespace eas451
