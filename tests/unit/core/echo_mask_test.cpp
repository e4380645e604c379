// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/echo_mask.hpp"

#include <gtest/gtest.h>

#include "eas451/core/phone_request.hpp"

namespace eas451 {
namespace {

/// base64 of "anna:Passw0rd" is YW5uYTpQYXNzdzByZA==
class EchoMaskTest : public ::testing::Test {
protected:
    const Secret password{std::string("Passw0rd")};
    const Secret token = basic_token("anna", password);
    const EchoMask mask{token, password};
};

TEST_F(EchoMaskTest, TheTokenWithAndWithoutPaddingAndThePassword) {
    ASSERT_EQ(token.reveal(), "YW5uYTpQYXNzdzByZA==");
    EXPECT_EQ(mask.masked("Basic YW5uYTpQYXNzdzByZA==, YW5uYTpQYXNzdzByZA;Passw0rdPassw0rd"), "Basic *, *;**");
    EXPECT_EQ(mask.masked("Passw0r YW5uYTpQYXNzdzByZ"), "Passw0r YW5uYTpQYXNzdzByZ") << "not the whole of it";
    EXPECT_EQ(mask.masked(""), "");
}

TEST(EchoMask, AShortPasswordIsLookedForAsTokenOnly) {
    const Secret password(std::string("seven77"));
    const Secret token = basic_token("u", password);
    EXPECT_EQ(EchoMask(token, password).masked("seven77 " + std::string(token.reveal())), "seven77 *");
    const Secret eight(std::string("eight888"));
    EXPECT_EQ(EchoMask(basic_token("u", eight), eight).masked("eight888"), "*");
}

TEST(EchoMask, WhatIsPutInsteadIsNotLookedAtAgain) {
    const Secret stars(std::string("********"));
    const Secret token = basic_token("u", stars);
    EXPECT_EQ(EchoMask(token, stars).masked(std::string(17, '*')), "***");
    const Secret none(std::string{});
    EXPECT_EQ(EchoMask(none, none).masked("a=="), "a==") << "nothing was sent";
}

TEST_F(EchoMaskTest, OfAPartTheBeginningAtItsEnd) {
    const std::string whole(token.reveal());
    for (std::size_t bytes = 0; bytes < whole.size() - 1; ++bytes) {
        const std::string text = "seen: " + whole.substr(0, bytes);
        EXPECT_EQ(mask.masked_part(text), bytes < 4 ? text : "seen: *") << bytes;
    }
    EXPECT_EQ(mask.masked_part("seen: " + whole.substr(0, whole.size() - 1)), "seen: *=") << "half of the padding";
    EXPECT_EQ(mask.masked_part("seen: " + whole), "seen: *");
    EXPECT_EQ(mask.masked_part("seen: Passw"), "seen: *");
    EXPECT_EQ(mask.masked_part("YW5uY"), "*");
    EXPECT_EQ(mask.masked_part("YW5uY, and more"), "YW5uY, and more");
}

TEST(EchoMask, TheStatusOfAHeadStays) {
    const Secret password(std::string("HTTP/1.1 200"));
    const Secret token = basic_token("u", password);
    EXPECT_EQ(EchoMask(token, password).masked_head("HTTP/1.1 200 OK\r\nX: HTTP/1.1 200\r\n\r\n"),
              "HTTP/1.1 200 OK\r\nX: *\r\n\r\n");
    EXPECT_EQ(EchoMask(token, password).masked_head("HTTP"), "HTTP");
}

}  // namespace
}  // namespace eas451
