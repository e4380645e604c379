// SPDX-License-Identifier: Apache-2.0
#include "keyed_digest.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "eas451/core/text.hpp"
#include "eas451/io/runtime/key_heap.hpp"

namespace eas451 {
namespace {

void require(bool done, const char* what) {
    if (!done) throw std::runtime_error(what);
}

/// They live as long as the process does, as the digests made with them. OpenSSL's contexts, which
/// threads keep until their end, hold the same bytes, in the key heap as well.
struct ProcessKeys {
    std::array<unsigned char, 32> secrets;
    std::array<unsigned char, 16> names;
};

KeyPointer<ProcessKeys> make_process_keys() {
    auto keys = make_key<ProcessKeys>();
    require(RAND_priv_bytes(keys->secrets.data(), static_cast<int>(keys->secrets.size())) == 1 &&
                RAND_priv_bytes(keys->names.data(), static_cast<int>(keys->names.size())) == 1,
            "no random bytes for the keys of the directory");
    return keys;
}

const ProcessKeys& process_keys() {
    static const auto keys = make_process_keys();
    return *keys;
}

using MacContext = std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)>;

/// Fetching an algorithm and keying a context cost more than a digest: each thread does it once.
MacContext make_context(const char* algorithm) {
    const KeyScope in_key_heap;
    const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> mac(EVP_MAC_fetch(nullptr, algorithm, nullptr),
                                                                &EVP_MAC_free);
    MacContext context(mac ? EVP_MAC_CTX_new(mac.get()) : nullptr, &EVP_MAC_CTX_free);
    require(context != nullptr, "OpenSSL lacks HMAC or SipHash");
    return context;
}

MacContext make_hmac() {
    char sha256[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
                                     OSSL_PARAM_construct_end()};
    const KeyScope in_key_heap;
    auto context = make_context("HMAC");
    const auto& key = process_keys().secrets;
    require(EVP_MAC_init(context.get(), key.data(), key.size(), parameters) == 1, "HMAC-SHA-256 failed");
    return context;
}

void update(EVP_MAC_CTX* context, std::string_view bytes) {
    require(EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) == 1,
            "a keyed digest failed");
}

void update_with_length(EVP_MAC_CTX* context, std::string_view part) {
    std::array<char, 8> length;
    for (unsigned i = 0; i < length.size(); ++i) length[i] = static_cast<char>(std::uint64_t{part.size()} >> 8 * i);
    update(context, {length.data(), length.size()});
    update(context, part);
}

template <class Digest>
Digest finish(EVP_MAC_CTX* context) {
    Digest digest;
    std::size_t size = 0;
    require(EVP_MAC_final(context, digest.data(), &size, digest.size()) == 1 && size == digest.size(),
            "a keyed digest failed");
    return digest;
}

}  // namespace

SecretDigest secret_digest(std::initializer_list<std::string_view> parts) {
    static thread_local const MacContext context = make_hmac();
    // Without a key: back to where the key was taken in.
    require(EVP_MAC_init(context.get(), nullptr, 0, nullptr) == 1, "HMAC-SHA-256 failed");
    for (const auto part : parts) update_with_length(context.get(), part);
    return finish<SecretDigest>(context.get());
}

NameDigest name_digest(std::uint8_t kind, std::string_view name) {
    static thread_local const MacContext context = make_context("SIPHASH");
    const auto& key = process_keys().names;
    // With the key each time: OpenSSL 3.0 does not start SipHash anew without.
    require(EVP_MAC_init(context.get(), key.data(), key.size(), nullptr) == 1, "SipHash failed");
    const char kind_byte = static_cast<char>(kind);
    update(context.get(), {&kind_byte, 1});
    std::array<char, 256> lowered;
    while (!name.empty()) {
        const auto piece = name.substr(0, lowered.size());
        std::transform(piece.begin(), piece.end(), lowered.begin(), [](char c) { return ascii_lower(c); });
        update(context.get(), {lowered.data(), piece.size()});
        name.remove_prefix(piece.size());
    }
    return finish<NameDigest>(context.get());
}

}  // namespace eas451
