// SPDX-License-Identifier: Apache-2.0
#include "password_digest.hpp"

#include <openssl/crypto.h>

#include "keyed_digest.hpp"

namespace eas451 {

std::string password_digest(std::string_view password) {
    const auto digest = secret_digest({password});
    return {digest.begin(), digest.end()};
}

bool matches_password_digest(std::string_view password, std::string_view digest) {
    const auto given = secret_digest({password});
    static constexpr SecretDigest nobodys{};
    const bool stored = digest.size() == given.size();
    const void* with = stored ? static_cast<const void*>(digest.data()) : nobodys.data();
    const bool equal = CRYPTO_memcmp(given.data(), with, given.size()) == 0;
    return stored && equal;
}

}  // namespace eas451
