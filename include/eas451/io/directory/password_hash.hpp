// SPDX-License-Identifier: Apache-2.0
// Password hashes for the file directory and the admin listener: scrypt by OpenSSL, written as a
// PHC string `$scrypt$ln=15,r=8,p=1$SALT$HASH` (base64 without padding).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace eas451 {

/// A new hash with a random salt. Takes tens of milliseconds and 32 MiB on purpose.
std::string hash_password(std::string_view password);

/// Whether the text is a hash that verify_password() can read: known scheme, parameters within
/// bounds (ln 10 to 18, r and p small), salt of 8 to 64 bytes, hash of 16 to 64.
bool is_password_hash(std::string_view hash);

/// Compares in constant time. False for a hash that is_password_hash() refuses.
bool verify_password(std::string_view password, std::string_view hash);

}  // namespace eas451
