// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/net/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <boost/asio/ssl/context.hpp>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <system_error>

#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

namespace ssl = boost::asio::ssl;

// TLS 1.2 with forward secrecy and authenticated encryption only; 1.3 has nothing else.
constexpr const char* tls12_ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

std::string openssl_error() {
    std::array<char, 256> text{};
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (code == 0) return "unknown error";
    const char* reason = ERR_reason_error_string(code);
    if (reason != nullptr) return reason;
    ERR_error_string_n(code, text.data(), text.size());
    return text.data();
}

/// ALPN: http/1.1, or no ALPN at all.
int select_protocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
                    unsigned int in_length, void*) {
    static constexpr std::array<unsigned char, 9> ours{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* chosen = nullptr;
    const int result = SSL_select_next_proto(&chosen, out_length, ours.data(), ours.size(), in, in_length);
    if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

void apply_policy(SSL_CTX* context) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, tls12_ciphers);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_PRIORITIZE_CHACHA | SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_set_num_tickets(context, 1);  // each ticket costs 10 % of a handshake
    SSL_CTX_set_max_early_data(context, 0);
    SSL_CTX_set_alpn_select_cb(context, select_protocol, nullptr);
}

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

/// Why the file cannot be read, before OpenSSL, which has one word for all of it, is asked.
std::optional<std::string> why_unreadable(const std::filesystem::path& file) {
    std::error_code error;
    const auto status = std::filesystem::status(file, error);
    if (status.type() == std::filesystem::file_type::not_found) return "there is no such file";
    if (error) return error.message();
    // A pipe or a device would be waited for, perhaps for ever.
    if (!std::filesystem::is_regular_file(status)) return "it is no regular file";
    errno = 0;
    if (!std::ifstream(file)) return std::strerror(errno);
    return std::nullopt;
}

std::string why_no_authorities() {
    const unsigned long code = ERR_peek_last_error();
    const int reason = ERR_GET_REASON(code);
    const bool is_empty = (ERR_GET_LIB(code) == ERR_LIB_PEM && reason == PEM_R_NO_START_LINE) ||
                          (ERR_GET_LIB(code) == ERR_LIB_X509 && reason == X509_R_NO_CERTIFICATE_OR_CRL_FOUND);
    if (!is_empty) return openssl_error();
    ERR_clear_error();
    return "it holds no certificate";
}

}  // namespace

Result<std::shared_ptr<ssl::context>, std::string> make_client_context(
    const std::optional<std::filesystem::path>& ca_file) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    SSL_CTX* native = context->native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
    ERR_clear_error();
    if (!ca_file) {
        if (SSL_CTX_set_default_verify_paths(native) == 1) return context;
        return "cannot use the authorities of the system: " + openssl_error();
    }
    const std::string cannot = "cannot read the authorities " + ca_file->string() + ": ";
    const auto unreadable = why_unreadable(*ca_file);
    if (unreadable) return cannot + *unreadable;
    if (SSL_CTX_load_verify_file(native, ca_file->c_str()) != 1) return cannot + why_no_authorities();
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(native), X509_V_FLAG_PARTIAL_CHAIN);
    return context;
}

Result<ServerCertificate, std::string> load_server_certificate(const std::filesystem::path& certificate,
                                                               const std::filesystem::path& key) {
    // A pipe or a device would be waited for, perhaps for ever.
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(certificate, ignored)) {
        return "cannot read the certificate " + certificate.string() + ": there is no such file";
    }
    if (!std::filesystem::is_regular_file(key, ignored)) {
        return "cannot use the key " + key.string() + ": there is no such file";
    }
    ERR_clear_error();
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    SSL_CTX* native = context->native_handle();
    apply_policy(native);
    // A key with a passphrase is an error; nobody is there to be asked for it.
    SSL_CTX_set_default_passwd_cb(native, [](char*, int, int, void*) { return 0; });
    if (SSL_CTX_use_certificate_chain_file(native, certificate.c_str()) != 1) {
        return "cannot read the certificate " + certificate.string() + ": " + openssl_error();
    }
    if (SSL_CTX_use_PrivateKey_file(native, key.c_str(), SSL_FILETYPE_PEM) != 1) {
        return "cannot use the key " + key.string() + ": " + openssl_error();
    }
    if (SSL_CTX_check_private_key(native) != 1) {
        return "the key " + key.string() + " does not belong to the certificate " + certificate.string();
    }
    X509* leaf = SSL_CTX_get0_certificate(native);
    return ServerCertificate{std::move(context), names_of(leaf), not_after(leaf), is_lab_made(leaf)};
}

}  // namespace eas451
