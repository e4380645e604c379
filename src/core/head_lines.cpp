// SPDX-License-Identifier: Apache-2.0
#include "head_lines.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace eas451 {
namespace {

constexpr std::size_t max_length_digits = 19;  // the most that always fit into 64 bits
constexpr auto npos = std::string_view::npos;

// Without them the next reader sees no login, another body or another device; or the phone another answer.
constexpr std::array<std::string_view, 5> needed_names = {"Cookie", "Content-Encoding", "Set-Cookie",
                                                          "WWW-Authenticate", "Retry-After"};
// MS-ASHTTP 2.2.1.1.2 and 2.2.3.1: the protocol's own, whether we know them or not.
constexpr std::array<std::string_view, 2> needed_prefixes = {"MS-", "X-MS-"};

/// A field that is for who reads last, and that no Connection may name.
bool is_needed(std::string_view name) {
    const auto known = known_field(name);
    if (known != KnownField::other) return known != KnownField::connection;
    const auto is_name = [name](std::string_view needed) { return equals_ignore_case(name, needed); };
    const auto is_prefix = [name](std::string_view needed) { return starts_with_ignore_case(name, needed); };
    return std::any_of(needed_names.begin(), needed_names.end(), is_name) ||
           std::any_of(needed_prefixes.begin(), needed_prefixes.end(), is_prefix);
}

}  // namespace

std::optional<std::uint64_t> parse_content_length(std::string_view value) {
    const bool digits = !value.empty() && std::all_of(value.begin(), value.end(), is_ascii_digit);
    if (!digits || value.size() > max_length_digits) return std::nullopt;
    std::uint64_t length = 0;
    std::from_chars(value.data(), value.data() + value.size(), length);
    return length;
}

bool is_unfinished(std::string_view head) {
    return find_head_end(head, 0) != head.size();
}

bool read_connection(std::string_view value, const ByteSet& names, std::size_t& options, bool& keep_alive) {
    return all_elements(value, [&](std::string_view option) {
        if (option.empty()) return true;  // RFC 9110 5.6.1.2
        if (equals_ignore_case(option, "close")) keep_alive = false;
        return ++options <= max_connection_options && names.holds_all_of(option) && !is_needed(option);
    });
}

std::optional<std::size_t> find_head_end(std::string_view bytes, std::size_t seen) {
    // A bare line feed ends a line here too: who reads the head refuses it, and nobody waits for a
    // blank line that was meant to be there already.
    for (auto at = bytes.find('\n', seen < 3 ? 0 : seen - 3); at != npos; at = bytes.find('\n', at + 1)) {
        const auto left = bytes.size() - at - 1;
        if (left > 0 && bytes[at + 1] == '\n') return at + 2;
        if (left > 1 && bytes[at + 1] == '\r' && bytes[at + 2] == '\n') return at + 3;
    }
    return std::nullopt;
}

}  // namespace eas451
