// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/net/server_name.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/error.hpp>
#include <memory>

namespace eas451 {
namespace {

class ServerName : public testing::Test {
protected:
    struct Free {
        void operator()(SSL_CTX* it) const { SSL_CTX_free(it); }
        void operator()(SSL* it) const { SSL_free(it); }
    };
    [[nodiscard]] const char* expected_host() const { return X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl_.get()), 0); }
    [[nodiscard]] std::string expected_address() const {
        char* text = X509_VERIFY_PARAM_get1_ip_asc(SSL_get0_param(ssl_.get()));
        const std::string address = text != nullptr ? text : "";
        OPENSSL_free(text);
        return address;
    }

    std::unique_ptr<SSL_CTX, Free> context_{SSL_CTX_new(TLS_client_method())};
    std::unique_ptr<SSL, Free> ssl_{SSL_new(context_.get())};
};

TEST_F(ServerName, ANameIsExpectedAndSent) {
    ASSERT_TRUE(expect_server_name(ssl_.get(), "ex1.contoso.com"));
    EXPECT_STREQ(expected_host(), "ex1.contoso.com");
    EXPECT_STREQ(SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name), "ex1.contoso.com");
    const unsigned flags = X509_VERIFY_PARAM_get_hostflags(SSL_get0_param(ssl_.get()));
    EXPECT_TRUE((flags & X509_CHECK_FLAG_NEVER_CHECK_SUBJECT) != 0);
    EXPECT_TRUE((flags & X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS) != 0);
}

TEST_F(ServerName, AnAddressIsExpectedAndNoNameSent) {
    for (const std::string address : {"192.0.2.7", "2001:DB8:0:0:0:0:0:1"}) {
        ASSERT_TRUE(expect_server_name(ssl_.get(), address));
        EXPECT_EQ(expected_address(), address);
        EXPECT_EQ(expected_host(), nullptr);
        EXPECT_EQ(SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name), nullptr);
    }
}

TEST_F(ServerName, ANameThatIsTooLongToBeSentIsNone) {
    EXPECT_FALSE(expect_server_name(ssl_.get(), std::string(300, 'a')));
}

TEST_F(ServerName, TheReasonIsTheCertificatesWhereItHasOne) {
    EXPECT_EQ(why_not_verified(ssl_.get(), boost::asio::error::connection_reset), "Connection reset by peer");
    EXPECT_EQ(why_not_verified(ssl_.get(), boost::asio::error::eof), "End of file in the middle of the handshake; is this a port for TLS?");
    SSL_set_verify_result(ssl_.get(), X509_V_ERR_HOSTNAME_MISMATCH);
    EXPECT_EQ(why_not_verified(ssl_.get(), boost::asio::error::eof), "its certificate is not accepted: hostname mismatch");
}

}  // namespace
}  // namespace eas451
