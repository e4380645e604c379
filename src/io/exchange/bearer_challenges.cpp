// SPDX-License-Identifier: Apache-2.0
#include "bearer_challenges.hpp"

#include <algorithm>

#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

constexpr std::size_t most_challenges = 4;
constexpr std::size_t most_bytes = 4096;

/// Where the part that begins at `from` ends: at a comma that is in no quoted string.
std::size_t end_of_part(std::string_view value, std::size_t from) {
    bool is_quoted = false;
    for (std::size_t at = from; at < value.size(); ++at) {
        if (is_quoted && value[at] == '\\') {
            ++at;
        } else if (value[at] == '"') {
            is_quoted = !is_quoted;
        } else if (value[at] == ',' && !is_quoted) {
            return at;
        }
    }
    return value.size();
}

/// A parameter is name = value; what begins with a word and a blank, or is a word alone, begins a challenge.
bool begins_challenge(std::string_view part) {
    const std::size_t word = std::min(part.find_first_of(" \t="), part.size());
    const std::string_view rest = trim(part.substr(word));
    return !part.empty() && !rest.starts_with('=');
}

bool is_bearer(std::string_view challenge) {
    constexpr std::string_view scheme = "Bearer";
    if (!starts_with_ignore_case(challenge, scheme)) return false;
    return challenge.size() == scheme.size() || challenge[scheme.size()] == ' ';
}

bool is_clean(std::string_view challenge) {
    bool is_quoted = false;
    if (!std::ranges::all_of(challenge, [](char c) { return is_visible(c) || c == ' '; })) return false;
    for (std::size_t at = 0; at < challenge.size(); ++at) {
        if (challenge[at] == '"') is_quoted = !is_quoted;
        if (is_quoted && challenge[at] == '\\') ++at;
    }
    return !is_quoted;
}

}  // namespace

std::vector<std::string_view> challenges_in(std::string_view value) {
    std::vector<std::string_view> found;
    std::size_t begin = 0;  // of the challenge that is not complete yet
    std::size_t end = 0;
    for (std::size_t at = 0; at < value.size();) {
        const std::size_t comma = end_of_part(value, at);
        const std::string_view part = trim(value.substr(at, comma - at));
        if (begins_challenge(part)) {
            if (end > begin) found.push_back(trim(value.substr(begin, end - begin)));
            begin = at;
        }
        if (!part.empty()) end = comma;
        at = comma + 1;
    }
    if (end > begin) found.push_back(trim(value.substr(begin, end - begin)));
    return found;
}

std::string bearer_challenge_lines(const std::vector<std::string>& values) {
    std::string lines;
    std::size_t count = 0;
    for (const std::string& value : values) {
        for (const std::string_view challenge : challenges_in(value)) {
            if (!is_bearer(challenge) || !is_clean(challenge)) continue;
            const std::string line = "WWW-Authenticate: " + std::string(challenge) + "\r\n";
            if (count == most_challenges || lines.size() + line.size() > most_bytes) return lines;
            lines += line;
            ++count;
        }
    }
    return lines;
}

}  // namespace eas451
