// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "eas451/core/organization_relationship.hpp"

namespace eas451 {
namespace {

constexpr const char* office365 = "https://outlook.office365.com/Microsoft-Server-ActiveSync";

std::string host_and_path(const std::string& host) {
    return "https://" + host + "/Microsoft-Server-ActiveSync";
}

struct Good {
    std::string text;
    std::string url;
};

TEST(EasUrlFromOwaUrl, EveryFormMetInTheField) {
    const std::vector<Good> table{
        {"http://outlook.com/owa/contoso.onmicrosoft.com", office365},
        {"http://outlook.com/owa/contoso.com", office365},
        {"https://outlook.com/owa/contoso.com", office365},
        {"https://www.outlook.com/owa/contoso.com", office365},
        {"https://outlook.office365.com/owa/contoso.com", office365},
        {"https://outlook.office.com/mail", office365},
        {"https://outlook.office.com/mail/", office365},
        {"http://cloudowa.contoso.com/owa", host_and_path("cloudowa.contoso.com")},
        {"https://owa.fabrikam.com/owa/?realm=x#y", host_and_path("owa.fabrikam.com")},
    };
    for (const Good& row : table) {
        const auto made = eas_url_from_owa_url(row.text);
        ASSERT_TRUE(made.has_value()) << row.text;
        EXPECT_EQ(made->url, row.url) << row.text;
        EXPECT_EQ(host_and_path(made->host), row.url);
        EXPECT_FALSE(made->has_port);
    }
}

TEST(EasUrlFromOwaUrl, OnlyTheHostIsKeptAndInSmallLetters) {
    const std::vector<Good> table{
        {"HTTPS://OWA.Fabrikam.COM/OWA", host_and_path("owa.fabrikam.com")},
        {"HTTP://WWW.Outlook.Com/owa", office365},
        {"https://owa.fabrikam.com", host_and_path("owa.fabrikam.com")},
        {"https://owa.fabrikam.com:443/owa", host_and_path("owa.fabrikam.com")},
        {"http://owa.fabrikam.com:80/owa", host_and_path("owa.fabrikam.com")},
        {"https://owa.fabrikam.com:8443/owa", host_and_path("owa.fabrikam.com")},
        {"https://owa.fabrikam.com:/owa", host_and_path("owa.fabrikam.com")},
        {"https://owa.fabrikam.com:65535/", host_and_path("owa.fabrikam.com")},
        {" \thttps://owa.fabrikam.com/owa ", host_and_path("owa.fabrikam.com")},
        {"https://eas.fabrikam.com/microsoft-server-activesync/", host_and_path("eas.fabrikam.com")},
        {"https://xn--bcher-kva.example/owa", host_and_path("xn--bcher-kva.example")},
        {"https://192.0.2.7/owa", host_and_path("192.0.2.7")},
        {"https://[2001:DB8::7]:8443/owa", host_and_path("[2001:db8::7]")},
        {"https://notoutlook.com/owa", host_and_path("notoutlook.com")},
        {"https://outlook.com.evil.example/owa", host_and_path("outlook.com.evil.example")},
    };
    for (const Good& row : table) {
        const auto made = eas_url_from_owa_url(row.text);
        ASSERT_TRUE(made.has_value()) << row.text << ": " << to_string(made.error());
        EXPECT_EQ(made->url, row.url) << row.text;
    }
}

struct Bad {
    std::string text;
    UrlFault fault;
};

const std::vector<Bad> bad_urls{
    {"", UrlFault::missing},
    {"  ", UrlFault::missing},
    {"owa.fabrikam.com/owa", UrlFault::not_a_url},
    {"owa.fabrikam.com", UrlFault::not_a_url},
    {"//owa.fabrikam.com/owa", UrlFault::not_a_url},
    {"//h", UrlFault::not_a_url},
    {"/owa", UrlFault::not_a_url},
    {"https:\\\\owa.fabrikam.com\\owa", UrlFault::not_a_url},
    {"https://owa fabrikam.com/", UrlFault::not_a_url},
    {"https://owa.fabrikam.com/\r\nX-Injected: 1", UrlFault::not_a_url},
    {std::string("https://owa.fabrikam.com/\0", 26), UrlFault::not_a_url},
    {"https://b\xc3\xbc"
     "cher.example/owa",
     UrlFault::not_a_url},
    {"https://[::1", UrlFault::not_a_url},
    {"ftp://owa.fabrikam.com/", UrlFault::not_http},
    {"javascript:alert(1)", UrlFault::not_http},
    {"mailto:user12@fabrikam.com", UrlFault::not_http},
    {"httpss://owa.fabrikam.com/", UrlFault::not_http},
    {"https://user@owa.fabrikam.com/", UrlFault::has_userinfo},
    {"https://u:p@owa.fabrikam.com/", UrlFault::has_userinfo},
    {"https://outlook.office365.com@evil.example/owa", UrlFault::has_userinfo},
    {"https://@owa.fabrikam.com/", UrlFault::has_userinfo},
    {"https:", UrlFault::bad_host},
    {"http:", UrlFault::bad_host},
    {"https:/x", UrlFault::bad_host},
    {"https:owa.fabrikam.com", UrlFault::bad_host},
    {"https://", UrlFault::bad_host},
    {"https:///owa", UrlFault::bad_host},
    {"https://:443/owa", UrlFault::bad_host},
    {"https://mail%2econtoso.com/owa", UrlFault::bad_host},
    {"https://owa.fabrikam.com./owa", UrlFault::bad_host},
    {"https://owa..fabrikam.com/", UrlFault::bad_host},
    {"https://.fabrikam.com/", UrlFault::bad_host},
    {"https://*.fabrikam.com/", UrlFault::bad_host},
    {"https://a,b.example/", UrlFault::bad_host},
    {"https://" + std::string(254, 'a') + "/", UrlFault::bad_host},
    {"https://owa.fabrikam.com:0/", UrlFault::bad_port},
    {"https://owa.fabrikam.com:x", UrlFault::bad_port},
    {"https://owa.fabrikam.com:44x/owa", UrlFault::bad_port},
    {"https://owa.fabrikam.com:65536/", UrlFault::bad_port},
    {"https://owa.fabrikam.com:99999/", UrlFault::bad_port},
    {"https://owa.fabrikam.com:131515/", UrlFault::bad_port},
    {"https://owa.fabrikam.com:18446744073709551617/", UrlFault::bad_port},
};

TEST(EasUrlFromOwaUrl, WhatIsNoUrlIsNoTarget) {
    for (const Bad& row : bad_urls) {
        const auto made = eas_url_from_owa_url(row.text);
        ASSERT_FALSE(made.has_value()) << row.text << " became " << made->url;
        EXPECT_EQ(to_string(made.error()), to_string(row.fault)) << row.text;
    }
}

TEST(EasUrlFromOwaUrl, AHostOf253CharactersIsTheLongest) {
    std::string host =
        std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(61, 'd');
    ASSERT_EQ(host.size(), 253U);
    EXPECT_TRUE(eas_url_from_owa_url("https://" + host + "/").has_value());
    host += 'd';
    EXPECT_FALSE(eas_url_from_owa_url("https://" + host + "/").has_value());
}

TEST(EasUrlFromOverride, IsSpelledAnewAndKeepsAPort) {
    const std::vector<Good> table{
        {"https://eas.fabrikam.com/Microsoft-Server-ActiveSync", host_and_path("eas.fabrikam.com")},
        {"https://EAS.Fabrikam.com/microsoft-server-activesync/?x=y", host_and_path("eas.fabrikam.com")},
        {"https://eas.fabrikam.com", host_and_path("eas.fabrikam.com")},
        {"https://eas.fabrikam.com:443/", host_and_path("eas.fabrikam.com")},
        {"https://eas.fabrikam.com:/", host_and_path("eas.fabrikam.com")},
        {"https://outlook.office.com/mail", office365},
        {"https://eas.fabrikam.com:8443/x", "https://eas.fabrikam.com:8443/Microsoft-Server-ActiveSync"},
        {"https://[2001:db8::7]:8443/", "https://[2001:db8::7]:8443/Microsoft-Server-ActiveSync"},
        {"https://eas.fabrikam.com:1/", "https://eas.fabrikam.com:1/Microsoft-Server-ActiveSync"},
        {"https://eas.fabrikam.com:65535/", "https://eas.fabrikam.com:65535/Microsoft-Server-ActiveSync"},
    };
    for (const Good& row : table) {
        const auto made = eas_url_from_override(row.text);
        ASSERT_TRUE(made.has_value()) << row.text << ": " << to_string(made.error());
        EXPECT_EQ(made->url, row.url) << row.text;
        EXPECT_EQ(made->has_port, row.url.find(':', 8) != std::string::npos) << row.text;
    }
}

TEST(EasUrlFromOverride, ThePortIsNotPartOfTheHost) {
    const auto made = eas_url_from_override("https://Mail.Contoso.com:8443/");
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ(made->host, "mail.contoso.com") << "or a redirect to ourselves would not be seen";
}

TEST(EasUrlFromOverride, MustBeHttps) {
    const auto made = eas_url_from_override("http://eas.fabrikam.com/Microsoft-Server-ActiveSync");
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error(), UrlFault::not_https);
    for (const Bad& row : bad_urls) EXPECT_FALSE(eas_url_from_override(row.text).has_value()) << row.text;
}

TEST(HttpsHost, IsTheHostOfAUrlThatCanBeSentVerbatim) {
    EXPECT_EQ(https_host("https://Outlook.Office.com/mail"), "outlook.office.com");
    EXPECT_EQ(https_host("HTTPS://outlook.com:8443/owa?x=1"), "outlook.com") << "as it stands, without mapping";
    EXPECT_EQ(https_host("http://outlook.com/owa"), std::nullopt);
    EXPECT_EQ(https_host(" https://outlook.com/owa"), std::nullopt) << "a blank would be sent with it";
    EXPECT_EQ(https_host("https://outlook.com/owa\t"), std::nullopt);
    EXPECT_EQ(https_host("https://u@outlook.com/owa"), std::nullopt);
    for (const Bad& row : bad_urls) EXPECT_EQ(https_host(row.text), std::nullopt) << row.text;
}

TEST(UrlFaultTest, EachHasItsOwnWords) {
    std::vector<std::string_view> words;
    for (auto fault = 0U; fault <= static_cast<unsigned>(UrlFault::bad_port); ++fault) {
        const std::string_view text = to_string(static_cast<UrlFault>(fault));
        EXPECT_FALSE(text.empty());
        for (const std::string_view other : words) EXPECT_NE(text, other);
        words.push_back(text);
    }
}

}  // namespace
}  // namespace eas451
