// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <openssl/ssl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/ssl/context.hpp>
#include <fstream>

#include "eas451/io/net/tls_context.hpp"

namespace eas451 {
namespace {

using testing::HasSubstr;

class ClientContext : public testing::Test {
protected:
    ClientContext() {
        char name[] = "/tmp/eas451-test-client-context-XXXXXX";
        folder_ = ::mkdtemp(name);
    }
    ~ClientContext() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::filesystem::path write(const std::string& text) const {
        std::ofstream(folder_ / "ca.pem") << text;
        return folder_ / "ca.pem";
    }
    [[nodiscard]] std::string certificate() const {
        const auto made = make_lab_certificate(folder_ / "lab.crt", folder_ / "lab.key", {"ldap.contoso.com"});
        EXPECT_TRUE(made) << made.error();
        std::ifstream file(folder_ / "lab.crt");
        return {std::istreambuf_iterator<char>(file), {}};
    }
    static std::string error_of(const std::filesystem::path& file) {
        const auto made = make_client_context(file);
        EXPECT_FALSE(made) << "it was accepted";
        return made ? "" : made.error();
    }

    std::filesystem::path folder_;
};

int count_of_authorities(boost::asio::ssl::context& context) {
    return sk_X509_OBJECT_num(X509_STORE_get0_objects(SSL_CTX_get_cert_store(context.native_handle())));
}

TEST_F(ClientContext, VerifiesByTheAuthoritiesOfTheFileAndNoOthers) {
    const auto made = make_client_context(write("some words before\n" + certificate() + certificate()));
    ASSERT_TRUE(made) << made.error();
    EXPECT_EQ(count_of_authorities(**made), 2);
    SSL_CTX* native = (*made)->native_handle();
    EXPECT_EQ(SSL_CTX_get_verify_mode(native), SSL_VERIFY_PEER);
    EXPECT_EQ(SSL_CTX_get_min_proto_version(native), TLS1_2_VERSION);
    EXPECT_EQ(SSL_CTX_get_max_proto_version(native), 0);  // whatever OpenSSL knows
}

TEST_F(ClientContext, WithoutAFileItVerifiesByTheSystem) {
    const auto made = make_client_context(std::nullopt);
    ASSERT_TRUE(made) << made.error();
    EXPECT_EQ(SSL_CTX_get_verify_mode((*made)->native_handle()), SSL_VERIFY_PEER);
}

TEST_F(ClientContext, SaysWhichFileIsWrongAndWhy) {
    const std::string missing = folder_ / "missing.pem";
    EXPECT_EQ(error_of(missing), "cannot read the authorities " + missing + ": there is no such file");
    EXPECT_EQ(error_of(folder_), "cannot read the authorities " + folder_.string() + ": it is no regular file");
    const std::string empty = write("");
    EXPECT_EQ(error_of(empty), "cannot read the authorities " + empty + ": it holds no certificate");
    EXPECT_THAT(error_of(write("not PEM at all\n")), HasSubstr("it holds no certificate"));
    std::string key;
    EXPECT_FALSE(certificate().empty());
    std::getline(std::ifstream(folder_ / "lab.key"), key, '\0');
    EXPECT_THAT(error_of(write(key)), HasSubstr("it holds no certificate"));
}

TEST_F(ClientContext, ABrokenCertificateIsToldFromNone) {
    std::string broken = certificate();
    broken[broken.size() / 2] = '!';
    const std::string error = error_of(write(broken));
    EXPECT_THAT(error, HasSubstr("ca.pem: "));
    EXPECT_THAT(error, Not(HasSubstr("no certificate")));
}

TEST_F(ClientContext, APipeIsNotWaitedFor) {
    const auto pipe = folder_ / "pipe.pem";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_THAT(error_of(pipe), HasSubstr("it is no regular file"));
}

/// Root may read everything, so root becomes nobody for a while.
class AsNobody {
public:
    AsNobody() : was_(::geteuid()) {
        if (was_ == 0) {
            EXPECT_EQ(::seteuid(65534), 0);
        }
    }
    ~AsNobody() { EXPECT_EQ(::seteuid(was_), 0); }
    AsNobody(const AsNobody&) = delete;
    AsNobody& operator=(const AsNobody&) = delete;

private:
    uid_t was_;
};

TEST_F(ClientContext, AFileThatMayNotBeReadIsSo) {
    const auto file = write(certificate());
    std::filesystem::permissions(folder_, std::filesystem::perms::all);
    std::filesystem::permissions(file, std::filesystem::perms::none);
    const AsNobody nobody;
    EXPECT_EQ(error_of(file), "cannot read the authorities " + file.string() + ": Permission denied");
}

}  // namespace
}  // namespace eas451
