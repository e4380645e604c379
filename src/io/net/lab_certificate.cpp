// SPDX-License-Identifier: Apache-2.0
// make_lab_certificate() of tls_context.hpp: a self-signed certificate for the lab.
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "eas451/io/net/tls_context.hpp"

namespace eas451 {
namespace {

struct Deleter {
    void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
    void operator()(X509* it) const { X509_free(it); }
    void operator()(X509_EXTENSION* it) const { X509_EXTENSION_free(it); }
    void operator()(BIO* it) const { BIO_free(it); }
};
template <class T>
using Owned = std::unique_ptr<T, Deleter>;

constexpr long seconds_a_day = 24L * 60 * 60;
constexpr long valid_days = 397;  // what browsers accept at most

std::string alternative_names(const std::vector<std::string>& names) {
    std::string text = "IP:127.0.0.1,DNS:localhost";
    for (const std::string& name : names) text += ",DNS:" + name;
    return text;
}

bool add_extension(X509* certificate, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

Owned<X509> sign_certificate(EVP_PKEY* key, const std::vector<std::string>& names) {
    Owned<X509> certificate(X509_new());
    std::uint32_t serial = 0;
    if (certificate == nullptr || RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return nullptr;
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial | 1U);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -seconds_a_day);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), valid_days * seconds_a_day);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(lab_certificate_name), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), subject);
    const bool extended = add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE") &&
                          add_extension(certificate.get(), NID_subject_key_identifier, "hash") &&
                          add_extension(certificate.get(), NID_subject_alt_name, alternative_names(names));
    if (!extended || X509_sign(certificate.get(), key, EVP_sha256()) == 0) return nullptr;
    return certificate;
}

std::string pem_text(BIO* bio) {
    char* data = nullptr;
    const long length = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(length)};
}

/// Whole or not at all: written beside, then renamed.
Result<void, std::string> write_file(const std::filesystem::path& path, const std::string& text, mode_t mode) {
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    const std::string part = path.string() + ".part";
    const int file = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    bool written = file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (file >= 0) written = ::close(file) == 0 && written;
    if (!written || ::rename(part.c_str(), path.c_str()) != 0) {
        return "cannot write " + path.string() + ": " + std::strerror(errno);
    }
    return {};
}

}  // namespace

Result<void, std::string> make_lab_certificate(const std::filesystem::path& certificate, const std::filesystem::path& key,
                                               const std::vector<std::string>& names) {
    const Owned<EVP_PKEY> made(EVP_EC_gen("P-256"));
    const Owned<X509> signed_one = made == nullptr ? nullptr : sign_certificate(made.get(), names);
    const Owned<BIO> key_text(BIO_new(BIO_s_mem()));
    const Owned<BIO> certificate_text(BIO_new(BIO_s_mem()));
    if (signed_one == nullptr || key_text == nullptr || certificate_text == nullptr ||
        PEM_write_bio_PrivateKey(key_text.get(), made.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
        PEM_write_bio_X509(certificate_text.get(), signed_one.get()) != 1) {
        return std::string("OpenSSL could not make a certificate");
    }
    if (auto written = write_file(key, pem_text(key_text.get()), 0600); !written) return written;
    return write_file(certificate, pem_text(certificate_text.get()), 0644);
}

}  // namespace eas451
