// SPDX-License-Identifier: Apache-2.0
// The fields of a RequestHead: which ones are known, and where they are.
#include <type_traits>

#include "eas451/core/request_head.hpp"
#include "eas451/core/text.hpp"

namespace eas451 {

// So that they may be written into room that was never filled.
static_assert(std::is_trivially_copyable_v<HeaderField> && std::is_trivially_destructible_v<HeaderField>);
static_assert(max_head_fields < 256);

KnownField known_field(std::string_view name) {
    using enum KnownField;
    const auto if_it_is = [name](std::string_view known, KnownField field) {
        return equals_ignore_case(name, known) ? field : other;
    };
    switch (name.size()) {
        case 4:
            return if_it_is("Host", host);
        case 6:
            return if_it_is("Expect", expect);
        case 10:
            return ascii_lower(name[0]) == 'c' ? if_it_is("Connection", connection)
                                               : if_it_is("User-Agent", user_agent);
        case 12:
            return if_it_is("Content-Type", content_type);
        case 13:
            return if_it_is("Authorization", authorization);
        case 14:
            return ascii_lower(name[0]) == 'c' ? if_it_is("Content-Length", content_length)
                                               : if_it_is("X-MS-PolicyKey", policy_key);
        case 17:
            return if_it_is("Transfer-Encoding", transfer_encoding);
        case 20:
            return if_it_is("MS-ASProtocolVersion", protocol_version);
        default:
            return other;
    }
}

std::optional<std::string_view> RequestHead::find(KnownField field) const {
    const std::size_t place = places_[static_cast<std::size_t>(field)];
    return place == 0 ? std::nullopt : std::optional(fields_[place - 1].value);
}

std::optional<std::string_view> RequestHead::find(std::string_view name) const {
    if (const auto known = known_field(name); known != KnownField::other) return find(known);
    for (const HeaderField& field : fields()) {
        if (equals_ignore_case(field.name, name)) return field.value;
    }
    return std::nullopt;
}

bool RequestHead::add(HeaderField field, KnownField known) {
    if (count_ == fields_.size()) return false;
    fields_[count_++] = field;
    if (known == KnownField::other) return true;
    auto& place = places_[static_cast<std::size_t>(known)];
    if (place != 0) repeated_ |= bit_of(known);
    if (place == 0) place = static_cast<std::uint8_t>(count_);
    return true;
}

void RequestHead::clear() {
    method = target = path = query = host = std::string_view{};
    http_1_1 = true;
    keep_alive = true;
    expects_continue = false;
    framing = BodyFraming::none;
    content_length = 0;
    count_ = 0;
    places_ = {};
    repeated_ = 0;
}

}  // namespace eas451
