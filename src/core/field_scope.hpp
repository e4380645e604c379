// SPDX-License-Identifier: Apache-2.0
// Whom a field of a head is for: who reads last, the next one on the way, or nobody whom a stranger may
// write to. The one place that decides what is passed on.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "eas451/core/request_head.hpp"

namespace eas451 {

enum class FieldScope : std::uint8_t {
    end_to_end,
    hop_by_hop,
    written_anew,  // what it says stands in what is written from the head, or was acted upon
    front_end,     // only a front end may say it to Exchange, so of a client's request it is dropped
};
/// Case-insensitive. What is not known is end_to_end.
FieldScope scope_of_field(std::string_view name);

/// A crumb of a Cookie field that is dropped from a request. `name` is that of the crumb, without blanks.
bool is_front_end_cookie(std::string_view name);

/// The options of all Connection fields of a head that was read without a fault. They are views into it.
class NamedInConnection {
public:
    explicit NamedInConnection(std::span<const HeaderField> fields);
    [[nodiscard]] bool holds(std::string_view name) const;

private:
    union {
        std::array<std::string_view, max_connection_options> names_;  // room that is not filled before they come
    };
    std::size_t count_ = 0;
};

/// Appends "NAME: VALUE" and the line end.
void append_field(std::string& out, std::string_view name, std::string_view value);
/// Appends the line of a framing, if it has one.
void append_framing(std::string& out, BodyFraming framing, std::uint64_t content_length);

}  // namespace eas451
