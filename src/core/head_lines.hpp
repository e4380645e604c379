// SPDX-License-Identifier: Apache-2.0
// The lines of a head: what is the same for requests and answers, stated once. The faults are those of the
// head that is read, which call the same things by the same names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "byte_set.hpp"
#include "eas451/core/request_head.hpp"
#include "eas451/core/text.hpp"
#include "http_bytes.hpp"

namespace eas451 {

/// Takes the next line, up to its CRLF, off the front. Nothing when it ends in any other way. A CR within the
/// line is left to be found by who reads it.
inline std::optional<std::string_view> take_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos || end == 0 || rest[end - 1] != '\r') return std::nullopt;
    const auto line = rest.substr(0, end - 1);
    rest.remove_prefix(end + 1);
    return line;
}

/// "HTTP/1.1": true. "HTTP/1.0": false. Nothing for any other.
inline std::optional<bool> parse_http_version(std::string_view text) {
    if (text == "HTTP/1.1") return true;
    return text == "HTTP/1.0" ? std::optional(false) : std::nullopt;
}

inline bool is_field_value(std::string_view text) {
    return !contains_control(text) || field_value_bytes.holds_all_of(text);  // a tab is one, and may be there
}

inline bool is_chunked(std::string_view coding) {
    return equals_ignore_case(coding, "chunked");
}

/// `visit(element)` for each element of a comma list; false from it ends the walk and is the result.
template <class Visit>
bool all_elements(std::string_view list, Visit visit) {
    while (true) {
        const auto comma = list.find(',');
        if (!visit(trim(list.substr(0, comma)))) return false;
        if (comma == std::string_view::npos) return true;
        list.remove_prefix(comma + 1);
    }
}

/// Digits alone, at most as many as always fit into 64 bits.
std::optional<std::uint64_t> parse_content_length(std::string_view value);

/// No blank line, or one before the end. Whatever else is wrong with such a head, it is that and nothing else.
bool is_unfinished(std::string_view head);

/// Reads the value of one Connection field: with "close", keep_alive becomes false; `options` counts on over all
/// fields of the head. An option is a name of `names`. False when it is not, when there are too many of them, or
/// when one asks a proxy to drop what the next reader needs to see the same message as we do.
bool read_connection(std::string_view value, const ByteSet& names, std::size_t& options, bool& keep_alive);

template <class Fault>
std::optional<Fault> split_field(std::string_view line, const ByteSet& names, HeaderField& field) {
    const auto colon = names.run_at_front_of(line);
    if (colon == 0 || colon == line.size() || line[colon] != ':') return Fault::bad_field;
    field = {line.substr(0, colon), trim(line.substr(colon + 1))};
    return is_field_value(field.value) ? std::optional<Fault>{} : Fault::bad_field_value;
}

/// All lines of `rest`, which ends with the blank one: `read(field)` for each, until that finds a fault too.
template <class Fault, class Read>
std::optional<Fault> read_fields(std::string_view rest, const ByteSet& names, Read read) {
    while (true) {
        const auto line = take_line(rest);
        if (!line) return Fault::bad_line_end;
        if (line->empty()) return rest.empty() ? std::optional<Fault>{} : Fault::bad_line_end;
        HeaderField field;
        auto fault = split_field<Fault>(*line, names, field);
        if (!fault) fault = read(field);
        if (!fault) continue;
        // Whatever else is wrong with a line: a bare CR is a line end that not everybody would see.
        return line->find('\r') == std::string_view::npos ? fault : Fault::bad_line_end;
    }
}

}  // namespace eas451
