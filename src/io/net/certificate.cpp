// SPDX-License-Identifier: Apache-2.0
#include "certificate.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>

#include "eas451/core/text.hpp"
#include "eas451/io/net/tls_context.hpp"
#include "private_key.hpp"

namespace eas451 {
namespace {

using Loaded = Result<Certificate, std::string>;

Loaded none(std::string why) { return {boost::system::in_place_error, std::move(why)}; }

std::vector<std::string> names_of(X509* certificate) {
    std::vector<std::string> names;
    auto* alternatives =
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    if (alternatives == nullptr) return names;
    for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives, i);
        if (name->type != GEN_DNS) continue;
        const auto* bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
        names.push_back(ascii_lower({bytes, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))}));
    }
    GENERAL_NAMES_free(alternatives);
    return names;
}

std::int64_t not_after(X509* certificate) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) return 0;
    return timegm(&parts);
}

bool is_lab_made(X509* certificate) {
    std::array<char, 64> name{};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(), name.size());
    return std::string_view(name.data()) == lab_certificate_name;
}

/// The error without the name of the file.
Result<void, std::string> read_chain(const std::filesystem::path& file, Certificate& certificate) {
    if (auto unreadable = why_unreadable(file)) return std::move(*unreadable);
    ERR_clear_error();
    const OpensslPointer<BIO> pem(BIO_new_file(file.c_str(), "r"));
    if (pem == nullptr) return openssl_error();
    certificate.leaf.reset(PEM_read_bio_X509_AUX(pem.get(), nullptr, nullptr, nullptr));
    certificate.intermediates.reset(sk_X509_new_null());
    if (certificate.leaf == nullptr) return openssl_error();
    while (X509* next = PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr)) {
        sk_X509_push(certificate.intermediates.get(), next);
    }
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) return openssl_error();
    ERR_clear_error();
    return {};
}

}  // namespace

Loaded load_certificate(const CertificateFiles& files) {
    Certificate certificate;
    if (const auto read = read_chain(files.certificate, certificate); !read) {
        return none("cannot read the certificate " + files.certificate.string() + ": " + read.error());
    }
    auto key = load_private_key(files.key);
    if (!key) return none("cannot use the key " + files.key.string() + ": " + key.error());
    certificate.key = std::move(*key);
    X509* const leaf = certificate.leaf.get();
    if (X509_check_private_key(leaf, certificate.key.get()) != 1) {
        ERR_clear_error();
        return none("the key " + files.key.string() + " does not belong to the certificate " + files.certificate.string());
    }
    certificate.facts = {files.certificate, names_of(leaf), not_after(leaf), is_lab_made(leaf)};
    if (!files.ocsp_response) return certificate;
    auto response = load_ocsp_response(*files.ocsp_response, leaf);
    if (!response) return none("cannot use the OCSP response " + files.ocsp_response->string() + ": " + response.error());
    certificate.staple = std::move(*response);
    return certificate;
}

}  // namespace eas451
