// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/net/server_name.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <ctime>

namespace eas451 {

namespace net = boost::asio;

bool expect_server_name(SSL* ssl, const std::string& host) {
    boost::system::error_code not_an_address;
    net::ip::make_address(host, not_an_address);
    X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl);
    if (!not_an_address) return X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) == 1;
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
}

std::string why_not_verified(SSL* ssl, const boost::system::error_code& error) {
    const long verified = SSL_get_verify_result(ssl);
    const bool hung_up = error == net::error::eof || error == net::ssl::error::stream_truncated;
    if (verified == X509_V_OK) return error.message() + (hung_up ? " in the middle of the handshake; is this a port for TLS?" : "");
    return std::string("its certificate is not accepted: ") + X509_verify_cert_error_string(verified);
}

bool is_distrusted(const SSL* ssl) { return SSL_get_verify_result(ssl) != X509_V_OK; }

std::optional<std::int64_t> peer_certificate_expiry(const SSL* ssl) {
    const X509* certificate = SSL_get0_peer_certificate(ssl);
    std::tm when{};
    if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &when) != 1) return std::nullopt;
    return ::timegm(&when);
}

}  // namespace eas451
