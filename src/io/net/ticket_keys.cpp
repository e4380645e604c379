// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/net/ticket_keys.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

namespace eas451 {
namespace {

bool set_mac(EVP_MAC_CTX* mac, const std::array<unsigned char, 32>& key) {
    char sha256[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
                                     OSSL_PARAM_construct_end()};
    return EVP_MAC_init(mac, key.data(), key.size(), parameters) == 1;
}

bool fill(std::array<unsigned char, 32>& bytes) {
    return RAND_priv_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1;
}

}  // namespace

TicketKeys::TicketKeys(std::chrono::milliseconds lifetime)
    : lifetime_(lifetime),
      keys_(make_key<std::array<Key, most_keys>>()),
      cipher_(EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr)) {
    if (cipher_ == nullptr) throw std::runtime_error("OpenSSL lacks AES-256-CBC");
}

TicketKeys::~TicketKeys() {
    EVP_CIPHER_free(cipher_);
}

void TicketKeys::set_lifetime(std::chrono::milliseconds lifetime) {
    const std::lock_guard guard(mutex_);
    lifetime_ = lifetime;
}

bool TicketKeys::has_current(Time now) const {
    return made_[current_] && now - *made_[current_] < lifetime_ / 2;
}

bool TicketKeys::make_current(Time now) {
    const std::size_t next = (current_ + 1) % most_keys;
    Key& key = (*keys_)[next];
    // What is public comes from the other generator.
    const bool made = RAND_bytes(key.name.data(), name_bytes) == 1 && fill(key.cipher) && fill(key.mac);
    made_[next] = made ? std::optional(now) : std::nullopt;
    if (made) current_ = next;
    return made;
}

void TicketKeys::drop_old(Time now) {
    for (std::size_t i = 0; i < most_keys; ++i) {
        if (!made_[i] || now - *made_[i] < lifetime_ / 2 + lifetime_) continue;
        OPENSSL_cleanse(&(*keys_)[i], sizeof(Key));
        made_[i].reset();
    }
}

bool TicketKeys::seal(Time now, unsigned char* name, unsigned char* vector, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
    if (RAND_bytes(vector, vector_bytes) != 1) return false;
    const std::lock_guard guard(mutex_);
    drop_old(now);
    if (!has_current(now) && !make_current(now)) return false;
    const Key& key = (*keys_)[current_];
    std::copy(key.name.begin(), key.name.end(), name);
    return EVP_EncryptInit_ex2(cipher, cipher_, key.cipher.data(), vector, nullptr) == 1 && set_mac(mac, key.mac);
}

TicketKeys::Found TicketKeys::open(Time now, const unsigned char* name, const unsigned char* vector,
                                   EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
    const std::lock_guard guard(mutex_);
    drop_old(now);
    for (std::size_t i = 0; i < most_keys; ++i) {
        const Key& key = (*keys_)[i];
        if (!made_[i] || CRYPTO_memcmp(key.name.data(), name, name_bytes) != 0) continue;
        const bool ready = set_mac(mac, key.mac) &&
                           EVP_DecryptInit_ex2(cipher, cipher_, key.cipher.data(), vector, nullptr) == 1;
        if (!ready) return Found::failed;
        return i == current_ && has_current(now) ? Found::current : Found::former;
    }
    return Found::unknown;
}

}  // namespace eas451
