// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/forwarded_for.hpp"

#include <algorithm>

#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

constexpr std::string_view field_name = "X-Forwarded-For";

/// The hops of all fields, the last one first.
class HopsFromTheEnd {
public:
    explicit HopsFromTheEnd(const RequestHead& head) : fields_(head.fields()) {}

    std::optional<std::string_view> next() {
        if (!left_ && !take_field()) return std::nullopt;
        const std::size_t comma = left_->rfind(',');
        const bool is_first = comma == std::string_view::npos;
        const std::string_view hop = trim(is_first ? *left_ : left_->substr(comma + 1));
        left_ = is_first ? std::nullopt : std::optional(left_->substr(0, comma));
        return hop;
    }

private:
    bool take_field() {
        while (!fields_.empty()) {
            const HeaderField field = fields_.back();
            fields_ = fields_.first(fields_.size() - 1);
            if (!equals_ignore_case(field.name, field_name)) continue;
            left_ = field.value;
            return true;
        }
        return false;
    }

    std::span<const HeaderField> fields_;     // not looked at yet
    std::optional<std::string_view> left_;  // of the value that is being read
};

}  // namespace

std::optional<IpAddress> parse_hop(std::string_view text) {
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        const std::string_view inside = text.substr(1, end - 1);
        const std::string_view behind = text.substr(end + 1);
        const bool is_end_fine = behind.empty() || (behind.front() == ':' && parse_port(behind.substr(1)).has_value());
        if (!is_end_fine || inside.find(':') == std::string_view::npos) return std::nullopt;
        return IpAddress::parse(inside);
    }
    const std::size_t colon = text.find(':');
    const bool is_v4_with_port = colon != std::string_view::npos && text.substr(0, colon).find('.') != std::string_view::npos;
    if (!is_v4_with_port) return IpAddress::parse(text);
    return parse_port(text.substr(colon + 1)) ? IpAddress::parse(text.substr(0, colon)) : std::nullopt;
}

IpAddress client_behind(const IpAddress& peer, const RequestHead& head, const NetworkSet& trusted) {
    IpAddress client = peer;
    HopsFromTheEnd hops(head);
    for (std::size_t i = 0; i < max_forwarded_hops && trusted.contains(client); ++i) {
        const auto text = hops.next();
        const auto hop = text ? parse_hop(*text) : std::nullopt;
        if (!hop) break;
        client = *hop;
    }
    return client;
}

}  // namespace eas451
