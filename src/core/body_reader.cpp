// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/body_reader.hpp"

#include <algorithm>
#include <limits>

#include "http_bytes.hpp"

namespace eas451 {

BodyReader::BodyReader(BodyFraming framing, std::uint64_t content_length) : chunked_(framing == BodyFraming::chunked) {
    if (chunked_) {
        state_ = State::size;
    } else if (framing == BodyFraming::until_close) {
        state_ = State::content;
        left_ = std::numeric_limits<std::uint64_t>::max();  // more than any connection carries
    } else if (framing == BodyFraming::content_length && content_length != 0) {
        state_ = State::content;
        left_ = content_length;
    }
}

BodyReader::Step BodyReader::read(std::string_view bytes) {
    Step step;
    while (step.taken < bytes.size() && !has_ended() && !is_malformed()) {
        if (state_ == State::content) {
            step.content = take_content(bytes.substr(step.taken));
            step.taken += step.content.size();
            return step;
        }
        state_ = after(bytes[step.taken]);
        ++step.taken;
    }
    return step;
}

std::size_t BodyReader::feed(std::string_view bytes) {
    std::size_t taken = 0;
    while (true) {
        const Step step = read(bytes.substr(taken));
        if (step.taken == 0) return taken;
        taken += step.taken;
    }
}

std::string_view BodyReader::take_content(std::string_view bytes) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    left_ -= count;
    body_bytes_ += count;
    if (left_ == 0) state_ = chunked_ ? State::content_cr : State::ended;
    return bytes.substr(0, count);
}

/// What comes behind one byte that is not content.
BodyReader::State BodyReader::after(char c) {
    switch (state_) {
        case State::size:
            return after_size(c);
        case State::size_lf:
            return c == '\n' ? after_size_line() : State::malformed;
        case State::content_cr:
            return c == '\r' ? State::content_lf : State::malformed;
        case State::content_lf:
            return c == '\n' ? State::size : State::malformed;
        case State::last_lf:
            return c == '\n' ? State::ended : State::malformed;
        case State::trailer_line:
        case State::trailer_name:
        case State::trailer_value:
        case State::trailer_lf:
            return after_trailer(c);
        default:
            return after_extension(c);
    }
}

BodyReader::State BodyReader::after_size(char c) {
    const int digit = hex_value(c);
    if (digit < 0) return size_digits_ == 0 ? State::malformed : behind_size(c);
    left_ = left_ * 16 + static_cast<unsigned>(digit);
    return ++size_digits_ > max_chunk_size_digits ? State::malformed : State::size;
}

/// Behind a size, and behind each extension.
BodyReader::State BodyReader::behind_size(char c) {
    if (c == '\r') return State::size_lf;
    return c == ';' ? counted_extension(State::extension_start) : State::malformed;
}

BodyReader::State BodyReader::counted_extension(State next) {
    return ++extension_bytes_ > max_chunk_extension_bytes ? State::malformed : next;
}

BodyReader::State BodyReader::after_extension(char c) {
    const bool in_token = token_bytes.holds(c);
    switch (state_) {
        case State::extension_start:
            return in_token ? counted_extension(State::extension_name) : State::malformed;
        case State::extension_name:
            if (in_token) return counted_extension(State::extension_name);
            return c == '=' ? counted_extension(State::extension_value) : behind_size(c);
        case State::extension_value:
            if (c == '"') return counted_extension(State::extension_quoted);
            return in_token ? counted_extension(State::extension_token) : State::malformed;
        case State::extension_token:
            return in_token ? counted_extension(State::extension_token) : behind_size(c);
        case State::extension_quoted:
            if (c == '"') return counted_extension(State::extension_end);
            if (c == '\\') return counted_extension(State::extension_escaped);
            return is_field_value_byte(c) ? counted_extension(State::extension_quoted) : State::malformed;
        case State::extension_escaped:
            return is_field_value_byte(c) ? counted_extension(State::extension_quoted) : State::malformed;
        case State::extension_end:
            return behind_size(c);
        default:
            return State::malformed;
    }
}

BodyReader::State BodyReader::after_size_line() {
    size_digits_ = 0;
    return left_ == 0 ? State::trailer_line : State::content;
}

BodyReader::State BodyReader::after_trailer(char c) {
    if (state_ == State::trailer_line && c == '\r') return State::last_lf;
    if (++trailer_bytes_ > max_trailer_bytes) return State::malformed;
    switch (state_) {
        case State::trailer_line:
            if (++trailer_fields_ > max_trailer_fields) return State::malformed;
            return field_name_bytes.holds(c) ? State::trailer_name : State::malformed;
        case State::trailer_name:
            if (c == ':') return State::trailer_value;
            return field_name_bytes.holds(c) ? State::trailer_name : State::malformed;
        case State::trailer_value:
            if (c == '\r') return State::trailer_lf;
            return is_field_value_byte(c) ? State::trailer_value : State::malformed;
        default:
            return c == '\n' ? State::trailer_line : State::malformed;
    }
}

}  // namespace eas451
