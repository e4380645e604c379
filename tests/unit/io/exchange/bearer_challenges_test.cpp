// SPDX-License-Identifier: Apache-2.0
#include "../../../../src/io/exchange/bearer_challenges.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace eas451 {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string field = "WWW-Authenticate: ";

TEST(BearerChallenges, ExchangesOwnIsKeptAsItIs) {
    const std::string bearer =
        R"(Bearer client_id="00000002-0000-0ff1-ce00-000000000000", trusted_issuers="00000001-0000-0000-c000-000000000000@*", )"
        R"(token_types="app_asserted_user_v1 service_asserted_app_v1", authorization_uri="https://login.windows.net/common/oauth2/authorize")";
    EXPECT_EQ(bearer_challenge_lines({bearer, R"(Basic realm="mail.contoso.com")", "Negotiate", "NTLM"}), field + bearer + "\r\n");
}

TEST(BearerChallenges, ThereMayBeNone) {
    EXPECT_EQ(bearer_challenge_lines({}), "");
    EXPECT_EQ(bearer_challenge_lines({"", R"(Basic realm="Bearer x")", "BearerToken x", "Negotiate Bearer", "NTLM, Basic realm=x"}), "");
}

TEST(BearerChallenges, TheSchemeAloneAndInAnyCaseIsOne) {
    EXPECT_EQ(bearer_challenge_lines({"Bearer", "bEARER realm=x"}), field + "Bearer\r\n" + field + "bEARER realm=x\r\n");
}

TEST(BearerChallenges, OfSeveralInOneFieldOnlyItsOwnIsTaken) {
    EXPECT_EQ(bearer_challenge_lines({R"(Negotiate, Bearer realm="a, Basic", error = "x\"y, z" , Basic realm="b", NTLM)"}),
              field + R"(Bearer realm="a, Basic", error = "x\"y, z")" + "\r\n");
}

TEST(BearerChallenges, WhatCouldBreakAHeadIsLeftOut) {
    for (const std::string& bad : {std::string("Bearer a=\"x\r\nSet-Cookie: y\""), std::string("Bearer a=\"x\0\"", 13),
                                  std::string("Bearer a=\"x\x7f\""), std::string("Bearer\ta=x"), std::string("Bearer a=\"\xc3\xa4\""),
                                  std::string("Bearer a=\"x"), std::string("Bearer a=\"x\\\"")}) {
        EXPECT_EQ(bearer_challenge_lines({bad}), "") << bad;
        EXPECT_EQ(bearer_challenge_lines({bad, "Bearer"}), field + "Bearer\r\n") << bad;
    }
}

TEST(BearerChallenges, AreFourAndFourKilobytesAtMost) {
    const auto count = [](const std::vector<std::string>& values) {
        const std::string lines = bearer_challenge_lines(values);
        return std::ranges::count(lines, '\n');
    };
    EXPECT_EQ(count(std::vector<std::string>(4, "Bearer a=x")), 4);
    EXPECT_EQ(count(std::vector<std::string>(5, "Bearer a=x")), 4);
    const std::size_t around = field.size() + std::string("Bearer a=\r\n").size();
    EXPECT_EQ(count({"Bearer a=" + std::string(4096 - around, 'x')}), 1);
    EXPECT_EQ(count({"Bearer a=" + std::string(4097 - around, 'x')}), 0);
}

TEST(BearerChallenges, AListIsTakenApart) {
    EXPECT_THAT(challenges_in("Negotiate abc==, Basic realm=\"a,b\", charset=x,, Bearer , NTLM"),
                ElementsAre("Negotiate abc==", "Basic realm=\"a,b\", charset=x", "Bearer", "NTLM"));
    EXPECT_THAT(challenges_in(" , ,"), IsEmpty());
}

}  // namespace
}  // namespace eas451
