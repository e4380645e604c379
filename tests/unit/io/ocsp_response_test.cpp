// SPDX-License-Identifier: Apache-2.0
#include "../../../src/io/net/ocsp_response.hpp"

#include <gtest/gtest.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>

#include "../../../src/io/net/openssl_pointers.hpp"
#include "eas451/io/net/tls_context.hpp"

namespace eas451 {
namespace {

class OcspResponseTest : public testing::Test {
protected:
    OcspResponseTest() {
        char name[] = "/tmp/eas451-test-ocsp-XXXXXX";
        folder_ = ::mkdtemp(name);
        certificate_ = make_certificate("a");
        other_ = make_certificate("b");
    }
    ~OcspResponseTest() override { std::filesystem::remove_all(folder_); }

    OpensslPointer<X509> make_certificate(const std::string& name) const {
        const auto file = folder_ / (name + ".crt");
        EXPECT_TRUE(make_lab_certificate(file, folder_ / (name + ".key"), {"mail.contoso.com"}));
        const OpensslPointer<BIO> pem(BIO_new_file(file.c_str(), "r"));
        return OpensslPointer<X509>(PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr));
    }

    /// Of a certificate that signed itself; seconds from now, no next update for 0.
    std::filesystem::path response(X509* about, int status, long this_update, long next_update,
                                   const EVP_MD* digest = EVP_sha1()) const {
        OCSP_BASICRESP* const basic = OCSP_BASICRESP_new();
        OCSP_CERTID* const id = OCSP_cert_to_id(digest, about, about);
        ASN1_TIME* const first = X509_gmtime_adj(nullptr, this_update);
        ASN1_TIME* const last = next_update == 0 ? nullptr : X509_gmtime_adj(nullptr, next_update);
        ASN1_TIME* const revoked = X509_gmtime_adj(nullptr, -1000);
        OCSP_basic_add1_status(basic, id, status, OCSP_REVOKED_STATUS_KEYCOMPROMISE, revoked, first, last);
        const OpensslPointer<BIO> pem(BIO_new_file((folder_ / "a.key").c_str(), "r"));
        const OpensslPointer<EVP_PKEY> key(PEM_read_bio_PrivateKey(pem.get(), nullptr, nullptr, nullptr));
        EXPECT_EQ(OCSP_basic_sign(basic, certificate_.get(), key.get(), EVP_sha256(), nullptr, OCSP_NOCERTS), 1);
        OCSP_RESPONSE* const whole = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
        const auto file = write(whole);
        OCSP_RESPONSE_free(whole);
        OCSP_BASICRESP_free(basic);
        OCSP_CERTID_free(id);
        for (ASN1_TIME* time : {first, last, revoked}) ASN1_TIME_free(time);
        return file;
    }
    std::filesystem::path write(OCSP_RESPONSE* whole) const {
        unsigned char* der = nullptr;
        const int size = i2d_OCSP_RESPONSE(whole, &der);
        EXPECT_GT(size, 0);
        auto file = write(std::string(reinterpret_cast<char*>(der), static_cast<std::size_t>(size)));
        OPENSSL_free(der);
        return file;
    }
    std::filesystem::path write(const std::string& bytes) const {
        std::ofstream(folder_ / "response", std::ios::binary) << bytes;
        return folder_ / "response";
    }

    std::string useless(const std::filesystem::path& file) const {
        const auto loaded = load_ocsp_response(file, certificate_.get());
        return loaded ? loaded->useless : "error: " + loaded.error();
    }
    std::string error(const std::filesystem::path& file) const {
        const auto loaded = load_ocsp_response(file, certificate_.get());
        return loaded ? "none" : loaded.error();
    }

    std::filesystem::path folder_;
    OpensslPointer<X509> certificate_;
    OpensslPointer<X509> other_;
};

constexpr int good = V_OCSP_CERTSTATUS_GOOD;

TEST_F(OcspResponseTest, TakesOneThatSaysGood) {
    for (const EVP_MD* digest : {EVP_sha1(), EVP_sha256()}) {
        const auto file = response(certificate_.get(), good, -60, 3600, digest);
        const auto loaded = load_ocsp_response(file, certificate_.get());
        ASSERT_TRUE(loaded) << loaded.error();
        EXPECT_EQ(loaded->useless, "");
        EXPECT_EQ(loaded->der.size(), std::filesystem::file_size(file));
        EXPECT_NEAR(static_cast<double>(loaded->next_update), static_cast<double>(std::time(nullptr) + 3600), 120);
    }
    EXPECT_EQ(useless(response(certificate_.get(), good, -60, 0)), "");  // it never says when the next one comes
}

TEST_F(OcspResponseTest, KnowsWhatIsNotWorthGiving) {
    EXPECT_EQ(useless(response(certificate_.get(), good, -7200, -3600)), "it has expired");
    EXPECT_EQ(useless(response(certificate_.get(), good, 3600, 7200)), "it is not valid yet");
    EXPECT_EQ(useless(response(certificate_.get(), good, 200, 7200)), "");  // clocks differ
    EXPECT_EQ(useless(response(certificate_.get(), V_OCSP_CERTSTATUS_REVOKED, -60, 3600)),
              "it says that the certificate is revoked");
    EXPECT_EQ(useless(response(certificate_.get(), V_OCSP_CERTSTATUS_UNKNOWN, -60, 3600)),
              "it says that the certificate is unknown");
}

TEST_F(OcspResponseTest, RefusesWhatIsNotForTheCertificate) {
    EXPECT_EQ(error(response(other_.get(), good, -60, 3600)), "it is for another certificate");
    EXPECT_EQ(error(folder_ / "nothing"), "there is no such file");
    EXPECT_EQ(error(folder_), "it is no regular file");
    EXPECT_TRUE(error(write("")).starts_with("it is no OCSP response in DER"));
    EXPECT_TRUE(error(write("-----BEGIN OCSP RESPONSE-----")).starts_with("it is no OCSP response in DER"));
    EXPECT_EQ(error(write(std::string(65536, '0'))), "it is larger than a response can be");
    OCSP_RESPONSE* const refused = OCSP_response_create(OCSP_RESPONSE_STATUS_TRYLATER, nullptr);
    EXPECT_EQ(error(write(refused)), "the responder refused: trylater");
    OCSP_RESPONSE_free(refused);
}

}  // namespace
}  // namespace eas451
