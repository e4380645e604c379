// SPDX-License-Identifier: Apache-2.0
#include "tried_account.hpp"

#include <arpa/inet.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "eas451/core/text.hpp"
#include "login_cache.hpp"

namespace eas451 {
namespace {

// Kinds of names; below 16 are those of others.
constexpr std::uint8_t login = 16;
constexpr std::uint8_t four = 17;
constexpr std::uint8_t six = 18;
constexpr std::uint8_t no_address = 19;

constexpr std::size_t prefix_bytes = 8;  // of a /64

std::string hex(const unsigned char* bytes, std::size_t count) {
    return hex_upper({reinterpret_cast<const char*>(bytes), count});
}

}  // namespace

TriedAccount account_of_entry(std::string_view name, std::string_view distinguished_name) {
    return {name_digest(login, name), LoginCache::account_of(distinguished_name).digest};
}

TriedAccount account_of_nobody(std::string_view name) {
    return {name_digest(login, name), std::nullopt};
}

NameDigest source_of(std::string_view client_address) {
    const std::string address(client_address.substr(0, client_address.find('%')));
    std::array<unsigned char, 16> bytes{};
    if (::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) return name_digest(four, hex(bytes.data(), 4));
    if (::inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return name_digest(no_address, client_address);
    constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (std::memcmp(bytes.data(), mapped.data(), mapped.size()) == 0) {
        return name_digest(four, hex(bytes.data() + mapped.size(), 4));
    }
    return name_digest(six, hex(bytes.data(), prefix_bytes));
}

}  // namespace eas451
