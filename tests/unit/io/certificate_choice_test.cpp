// SPDX-License-Identifier: Apache-2.0
#include "../../../src/io/net/certificate_choice.hpp"

#include <gtest/gtest.h>

namespace eas451 {
namespace {

constexpr int ec = 1;
constexpr int rsa = 2;
using Offer = CertificateChoice::Offer;
using Candidates = std::vector<CertificateChoice::Candidate>;

Offer offer(const CertificateChoice& choice, std::string_view name) {
    return choice.offers().at(choice.offer_for(name));
}

TEST(CertificateChoice, OneCertificateIsForEveryName) {
    const CertificateChoice choice(Candidates{{ec, {"mail.contoso.com", "*.contoso.com"}}});
    EXPECT_EQ(choice.offers(), std::vector<Offer>{Offer{0}});
    for (const char* name : {"mail.contoso.com", "x.contoso.com", "other.example", ""}) EXPECT_EQ(choice.offer_for(name), 0U);
    EXPECT_EQ(CertificateChoice(Candidates{{ec, {}}}).offer_for("a"), 0U);
}

TEST(CertificateChoice, TheExactNameWinsThenThePatternThenTheFirst) {
    const CertificateChoice choice(
        {{ec, {"mail.contoso.com"}}, {ec, {"*.contoso.com"}}, {ec, {"eas.contoso.com", "contoso.com"}}});
    EXPECT_EQ(offer(choice, "mail.contoso.com"), Offer{0});
    EXPECT_EQ(offer(choice, "owa.contoso.com"), Offer{1});
    EXPECT_EQ(offer(choice, "eas.contoso.com"), Offer{2});
    EXPECT_EQ(offer(choice, "EAS.Contoso.COM."), Offer{2});
    EXPECT_EQ(offer(choice, "contoso.com"), Offer{2});
    // The star is one whole label.
    for (const char* name : {"a.b.contoso.com", ".contoso.com", "xcontoso.com", "com", "*.contoso.com", "", ".", "*"}) {
        EXPECT_EQ(offer(choice, name), Offer{0}) << name;
    }
}

TEST(CertificateChoice, OffersOneOfEachKindOfKeyForAName) {
    const CertificateChoice choice({{rsa, {"a.example", "b.example"}},
                                    {ec, {"a.example"}},
                                    {ec, {"a.example", "b.example", "c.example"}},
                                    {rsa, {"c.example"}}});
    EXPECT_EQ(offer(choice, "a.example"), (Offer{0, 1}));
    EXPECT_EQ(offer(choice, "b.example"), (Offer{0, 2}));
    EXPECT_EQ(offer(choice, "c.example"), (Offer{2, 3}));
    // To a client that asks for no name the first, and what has all of its names.
    EXPECT_EQ(choice.offers().front(), (Offer{0, 2}));
}

TEST(CertificateChoice, APatternDoesNotJoinAnExactName) {
    const CertificateChoice choice({{ec, {"a.example"}}, {rsa, {"*.example"}}});
    EXPECT_EQ(offer(choice, "a.example"), Offer{0});
    EXPECT_EQ(offer(choice, "b.example"), Offer{1});
}

TEST(CertificateChoice, TheFirstOfTwoAlikeIsTaken) {
    const CertificateChoice choice({{ec, {"a.example"}}, {ec, {"b.example"}}, {ec, {"b.example"}}});
    EXPECT_EQ(offer(choice, "b.example"), Offer{1});
}

}  // namespace
}  // namespace eas451
