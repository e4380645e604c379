// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/smtp_address.hpp"

#include "byte_set.hpp"
#include "byte_words.hpp"
#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

constexpr std::size_t max_domain_bytes = 253;
constexpr std::string_view smtp_prefix = "SMTP:";

constexpr ByteSet label_bytes("-_");

constexpr bool is_blank_or_control(char c) {
    return c == ' ' || is_control(c);
}

constexpr bool has_blank_or_control(byte_words::Word word) {
    return byte_words::has_below(word, ' ' + 1) || byte_words::has(word, 0x7f);
}

struct Parts {
    std::string_view local_part;
    std::string_view domain;
};

std::optional<Parts> split(std::string_view text) {
    const auto at = text.rfind('@');
    if (at == std::string_view::npos || at == 0 || at + 1 == text.size()) return std::nullopt;
    if (byte_words::any_of<has_blank_or_control, is_blank_or_control>(text)) return std::nullopt;
    return Parts{text.substr(0, at), text.substr(at + 1)};
}

}  // namespace

bool is_domain_name(std::string_view text) {
    if (text.empty() || text.size() > max_domain_bytes) return false;
    bool in_label = false;
    for (const char c : text) {
        if (label_bytes.holds(c)) {
            in_label = true;
        } else if (c == '.' && in_label) {
            in_label = false;
        } else {
            return false;
        }
    }
    return in_label;
}

std::optional<SmtpAddress> SmtpAddress::parse(std::string_view text) {
    const auto parts = split(text);
    if (!parts) return std::nullopt;
    return SmtpAddress{std::string(parts->local_part), ascii_lower(parts->domain)};
}

std::optional<std::string_view> remote_routing_domain(std::string_view target_address) {
    if (!starts_with_ignore_case(target_address, smtp_prefix)) return std::nullopt;
    const auto parts = split(target_address.substr(smtp_prefix.size()));
    if (!parts || !is_domain_name(parts->domain)) return std::nullopt;
    return parts->domain;
}

}  // namespace eas451
