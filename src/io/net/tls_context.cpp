// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/net/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/pemerr.h>
#include <openssl/ssl.h>
#include <openssl/x509err.h>

#include <boost/asio/ssl/context.hpp>

#include "openssl_pointers.hpp"

namespace eas451 {
namespace {

namespace ssl = boost::asio::ssl;

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

}  // namespace eas451
