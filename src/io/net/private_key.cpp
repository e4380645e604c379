// SPDX-License-Identifier: Apache-2.0
#include "private_key.hpp"

#include <fcntl.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "eas451/io/runtime/key_heap.hpp"

namespace eas451 {
namespace {

/// An RSA key of 16,384 bits has 12.5 KiB.
constexpr std::size_t longest_file = 16384;

struct KeyText {
    std::array<char, longest_file> bytes;
    std::size_t size;
};

struct CrossedOut {
    void operator()(unsigned char* der) const { OPENSSL_free(der); }
};

using Key = Result<OpensslPointer<EVP_PKEY>, std::string>;

Key none(std::string why) { return {boost::system::in_place_error, std::move(why)}; }

/// Straight into the key heap: a stream would keep a copy in its buffer.
std::optional<std::string> read_file(const std::filesystem::path& file, KeyText& text) {
    const int opened = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (opened < 0) return std::generic_category().message(errno);
    ssize_t got = 0;
    while (text.size < longest_file) {
        got = ::read(opened, text.bytes.data() + text.size, longest_file - text.size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        text.size += static_cast<std::size_t>(got);
    }
    const int error = errno;
    ::close(opened);
    if (got < 0) return std::generic_category().message(error);
    if (text.size == longest_file) return "it is larger than a key can be";
    return std::nullopt;
}

/// The first block of the file that is a key: parameters of a curve may stand before it.
Key decode(const KeyText& text) {
    const OpensslPointer<BIO> pem(BIO_new_mem_buf(text.bytes.data(), static_cast<int>(text.size)));
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* der = nullptr;
    long size = 0;
    while (PEM_read_bio(pem.get(), &name, &header, &der, &size) == 1) {
        const std::unique_ptr<unsigned char, CrossedOut> crossed_out(der);
        const std::string kind(name);
        const bool has_passphrase = kind == "ENCRYPTED PRIVATE KEY" || (header != nullptr && *header != '\0');
        OPENSSL_free(name);
        OPENSSL_free(header);
        if (!kind.ends_with("PRIVATE KEY")) continue;
        // Nobody is there to be asked for it.
        if (has_passphrase) return none("it has a passphrase");
        const unsigned char* rest = der;
        OpensslPointer<EVP_PKEY> key(d2i_AutoPrivateKey(nullptr, &rest, size));
        if (key == nullptr) return none(openssl_error());
        return key;
    }
    const int reason = ERR_GET_REASON(ERR_peek_last_error());
    if (reason == PEM_R_NO_START_LINE) {
        ERR_clear_error();
        return none("it holds no private key");
    }
    return none(openssl_error());
}

/// With its first signature OpenSSL makes, and keeps, what it computes with; for RSA that holds the primes.
void sign_once(EVP_PKEY* key) {
    const OpensslPointer<EVP_MD_CTX> context(EVP_MD_CTX_new());
    std::array<unsigned char, 2048> signature;
    std::size_t size = signature.size();
    static constexpr unsigned char message[] = {'e', 'a', 's'};
    const bool hashes_itself = EVP_PKEY_is_a(key, "ED25519") == 1 || EVP_PKEY_is_a(key, "ED448") == 1;
    EVP_DigestSignInit_ex(context.get(), nullptr, hashes_itself ? nullptr : "SHA256", nullptr, nullptr, key, nullptr);
    EVP_DigestSign(context.get(), signature.data(), &size, message, sizeof message);
    ERR_clear_error();
}

}  // namespace

Key load_private_key(const std::filesystem::path& file) {
    if (const auto unreadable = why_unreadable(file)) return none(*unreadable);
    const KeyScope in_key_heap;
    ERR_clear_error();
    const auto text = make_key<KeyText>();
    if (const auto unreadable = read_file(file, *text)) return none(*unreadable);
    auto key = decode(*text);
    if (key) sign_once(key->get());
    return key;
}

}  // namespace eas451
