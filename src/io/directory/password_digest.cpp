// SPDX-License-Identifier: Apache-2.0
#include "password_digest.hpp"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <stdexcept>

#include "eas451/core/secret.hpp"

namespace eas451 {

PasswordKey::PasswordKey() : key_(digest_size, '\0') {
    if (RAND_bytes(reinterpret_cast<unsigned char*>(key_.data()), static_cast<int>(key_.size())) != 1) {
        throw std::runtime_error("no random bytes for the passwords of the file directory");
    }
}

PasswordKey::~PasswordKey() {
    cleanse(key_);
}

std::string PasswordKey::digest(std::string_view password) const {
    std::string bytes(digest_size, '\0');
    const auto* made = HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
                            reinterpret_cast<const unsigned char*>(password.data()), password.size(),
                            reinterpret_cast<unsigned char*>(bytes.data()), nullptr);
    if (made == nullptr) throw std::runtime_error("HMAC-SHA-256 failed");
    return bytes;
}

bool PasswordKey::matches(std::string_view password, std::string_view digest) const {
    const std::string given = this->digest(password);
    const bool stored = digest.size() == digest_size;
    const char* with = stored ? digest.data() : key_.data();
    const bool equal = CRYPTO_memcmp(given.data(), with, digest_size) == 0;
    return stored && equal;
}

}  // namespace eas451
