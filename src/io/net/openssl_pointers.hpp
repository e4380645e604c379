// SPDX-License-Identifier: Apache-2.0
// OpenSSL's objects with an owner, and its errors as words.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace eas451 {

struct OpensslDeleter {
    void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
    void operator()(X509* it) const { X509_free(it); }
    void operator()(BIO* it) const { BIO_free(it); }
    void operator()(SSL_CTX* it) const { SSL_CTX_free(it); }
    void operator()(EVP_MD_CTX* it) const { EVP_MD_CTX_free(it); }
    void operator()(STACK_OF(X509) * it) const { sk_X509_pop_free(it, X509_free); }
};
template <class T>
using OpensslPointer = std::unique_ptr<T, OpensslDeleter>;

/// The first of this thread's errors in OpenSSL's words; the queue is empty after it.
std::string openssl_error();

/// Why the file cannot be read, before OpenSSL, which has one word for all of it, is asked.
std::optional<std::string> why_unreadable(const std::filesystem::path& file);

}  // namespace eas451
