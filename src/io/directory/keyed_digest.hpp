// SPDX-License-Identifier: Apache-2.0
// Digests under keys of this process, made at random with the first of them and never shown: what
// they give is worth nothing elsewhere, and nobody can choose inputs that collide. Any thread, without
// a lock or an allocation (beyond the first call of each thread). std::runtime_error when OpenSSL has
// no random bytes, no such algorithm or no memory.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace eas451 {

using SecretDigest = std::array<std::uint8_t, 32>;
using NameDigest = std::array<std::uint8_t, 16>;

/// HMAC-SHA-256 over the parts, each with its length before it, so that no two lists of parts are the
/// same bytes. For passwords: they are copied nowhere but into OpenSSL's own block, which it cleanses.
SecretDigest secret_digest(std::initializer_list<std::string_view> parts);

/// SipHash-2-4 of 128 bits over the name, A-Z taken as a-z; `kind` keeps names of different meaning
/// apart. For what strangers may choose and is no secret; a fifth of the price of the other.
NameDigest name_digest(std::uint8_t kind, std::string_view name);

}  // namespace eas451
