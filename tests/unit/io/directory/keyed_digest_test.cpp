// SPDX-License-Identifier: Apache-2.0
#include "../../../../src/io/directory/keyed_digest.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>

namespace eas451 {
namespace {

TEST(SecretDigest, IsTheSameForTheSamePartsInEveryThread) {
    const auto here = secret_digest({"contoso.com", "anna", "secret"});
    SecretDigest there{};
    std::thread([&] { there = secret_digest({"contoso.com", "anna", "secret"}); }).join();
    EXPECT_EQ(here, secret_digest({"contoso.com", "anna", "secret"}));
    EXPECT_EQ(here, there);
}

TEST(SecretDigest, TellsApartHowTheSameBytesAreCut) {
    const std::string nul(1, '\0');
    const std::set<SecretDigest> digests = {
        secret_digest({"a", "b", "c"}), secret_digest({"ab", "", "c"}), secret_digest({"", "ab", "c"}),
        secret_digest({"", "a", "bc"}), secret_digest({"a", "bc", ""}), secret_digest({"abc"}),
        secret_digest({"a", "b", "c", ""}), secret_digest({"a", "b"}), secret_digest({"a", "b", "C"}),
        secret_digest({"a", "b", "c" + nul}), secret_digest({}), secret_digest({""}), secret_digest({nul}),
    };
    EXPECT_EQ(digests.size(), 13U);
}

TEST(SecretDigest, LooksAtEveryByteOfALongPart) {
    std::string password(5000, 'x');
    const auto digest = secret_digest({password});
    for (const std::size_t at : {0U, 63U, 64U, 4999U}) {
        auto other = password;
        other[at] = 'y';
        EXPECT_NE(secret_digest({other}), digest) << at;
    }
    EXPECT_NE(secret_digest({password + "x"}), digest);
}

TEST(NameDigest, TakesAsciiCaseAsOneAndNothingElse) {
    EXPECT_EQ(name_digest(0, "CN=Anna,DC=Contoso"), name_digest(0, "cn=anna,dc=contoso"));
    EXPECT_NE(name_digest(0, "cn=jürgen"), name_digest(0, "cn=jÜrgen"));
    EXPECT_NE(name_digest(0, "a@b"), name_digest(0, "a`b"));  // 0x40 and 0x60 differ by the bit of case
    EXPECT_NE(name_digest(0, "a[b"), name_digest(0, "a{b"));
    EXPECT_NE(name_digest(0, "anna"), name_digest(1, "anna"));
    EXPECT_NE(name_digest(0, ""), name_digest(0, std::string(1, '\0')));
}

TEST(NameDigest, LooksAtEveryByteOfALongName) {
    const std::string name(1000, 'X');
    EXPECT_EQ(name_digest(0, name), name_digest(0, std::string(1000, 'x')));
    for (const std::size_t at : {0U, 254U, 255U, 256U, 511U, 512U, 999U}) {
        auto other = name;
        other[at] = 'y';
        EXPECT_NE(name_digest(0, other), name_digest(0, name)) << at;
    }
    for (const std::size_t size : {255U, 256U, 257U, 999U}) {
        EXPECT_NE(name_digest(0, std::string(size, 'x')), name_digest(0, std::string(size + 1, 'x'))) << size;
    }
}

}  // namespace
}  // namespace eas451
