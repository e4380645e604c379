// SPDX-License-Identifier: Apache-2.0
#include "tried_account.hpp"

#include <cstdint>
#include <string>

#include "eas451/core/ip_address.hpp"
#include "login_cache.hpp"

namespace eas451 {
namespace {

// Kinds of names; below 16 are those of others.
constexpr std::uint8_t login = 16;
constexpr std::uint8_t address = 17;
constexpr std::uint8_t no_address = 18;

}  // namespace

TriedAccount account_of_entry(std::string_view name, std::string_view distinguished_name) {
    return {name_digest(login, name), LoginCache::account_of(distinguished_name).digest};
}

TriedAccount account_of_nobody(std::string_view name) {
    return {name_digest(login, name), std::nullopt};
}

NameDigest source_of(std::string_view client_address) {
    const auto peer = address_of_peer(client_address);
    return peer ? name_digest(address, std::to_string(peer->client())) : name_digest(no_address, client_address);
}

}  // namespace eas451
