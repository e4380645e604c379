// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/directory/password_hash.hpp"

#include <gtest/gtest.h>

#include <string>

namespace eas451 {
namespace {

// RFC 7914 section 12, third test vector, written as a PHC string.
constexpr auto rfc7914 =
    "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU"
    "$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw";
constexpr auto salt8 = "AAAAAAAAAAA";             // 8 bytes
constexpr auto hash16 = "AAAAAAAAAAAAAAAAAAAAAA";  // 16 bytes

std::string phc(const std::string& parameters, const std::string& salt = salt8, const std::string& hash = hash16) {
    return "$scrypt$" + parameters + "$" + salt + "$" + hash;
}

TEST(PasswordHash, VerifiesWhatItMade) {
    const auto hash = hash_password("Passw0rd!user12");
    EXPECT_TRUE(hash.starts_with("$scrypt$ln=15,r=8,p=1$")) << hash;
    EXPECT_EQ(hash.find('='), hash.find("ln=") + 2);
    EXPECT_TRUE(is_password_hash(hash));
    EXPECT_TRUE(verify_password("Passw0rd!user12", hash));
    EXPECT_FALSE(verify_password("Passw0rd!user1", hash));
    EXPECT_FALSE(verify_password("passw0rd!user12", hash));
    EXPECT_FALSE(verify_password("", hash));
}

TEST(PasswordHash, SaltsEveryHashAnew) {
    EXPECT_NE(hash_password("same"), hash_password("same"));
}

TEST(PasswordHash, AgreesWithTheRfc) {
    EXPECT_TRUE(verify_password("pleaseletmein", rfc7914));
    EXPECT_FALSE(verify_password("pleaseletmeIn", rfc7914));
}

TEST(PasswordHash, TakesLongAndBinaryPasswords) {
    const std::string password = std::string(4096, 'x') + '\0' + "\xff";
    const auto hash = hash_password(password);
    EXPECT_TRUE(verify_password(password, hash));
    EXPECT_FALSE(verify_password(std::string_view(password).substr(0, 4096), hash));
}

TEST(PasswordHash, KeepsParametersWithinBounds) {
    EXPECT_TRUE(is_password_hash(phc("ln=10,r=8,p=1")));
    EXPECT_TRUE(is_password_hash(phc("ln=18,r=8,p=1")));
    EXPECT_TRUE(is_password_hash(phc("ln=10,r=16,p=4")));
    for (const auto* bad : {"ln=9,r=8,p=1", "ln=19,r=8,p=1", "ln=15,r=0,p=1", "ln=15,r=17,p=1", "ln=15,r=8,p=0",
                            "ln=15,r=8,p=5", "ln=18,r=9,p=1", "ln=015,r=8,p=1", "ln=15,r=8", "ln=15,p=1,r=8",
                            "ln=-15,r=8,p=1", "ln=,r=8,p=1", "ln=99999999999,r=8,p=1", "ln=15,r=8,p=1 "}) {
        EXPECT_FALSE(is_password_hash(phc(bad))) << bad;
        EXPECT_FALSE(verify_password("x", phc(bad))) << bad;
    }
}

TEST(PasswordHash, KeepsSaltAndHashWithinBounds) {
    const std::string good = "ln=10,r=8,p=1";
    const std::string base64_of_64(86, 'A');
    EXPECT_TRUE(is_password_hash(phc(good, base64_of_64, base64_of_64)));
    EXPECT_FALSE(is_password_hash(phc(good, "AAAAAAAAAA")));                      // 7 bytes
    EXPECT_FALSE(is_password_hash(phc(good, salt8, "AAAAAAAAAAAAAAAAAAAA")));     // 15 bytes
    EXPECT_FALSE(is_password_hash(phc(good, base64_of_64 + "A")));                // 65 bytes
    EXPECT_FALSE(is_password_hash(phc(good, salt8, base64_of_64 + "A")));
    EXPECT_FALSE(is_password_hash(phc(good, "AAAAAAAAAAA=")));                    // padded
    EXPECT_FALSE(is_password_hash(phc(good, "AAAA-AAAAAA")));                     // the URL alphabet
    EXPECT_FALSE(is_password_hash(phc(good, salt8, "AAAAAAAAAAAAAAAAAAAA$A")));
}

TEST(PasswordHash, RefusesOtherSchemesAndFragments) {
    for (const auto* bad : {"", "$", "$scrypt", "$scrypt$", "scrypt$ln=15,r=8,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
                            "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "Passw0rd!user12",
                            "$scrypt$ln=15,r=8,p=1$AAAAAAAAAAA"}) {
        EXPECT_FALSE(is_password_hash(bad)) << bad;
        EXPECT_FALSE(verify_password("", bad)) << bad;
    }
}

}  // namespace
}  // namespace eas451
