// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/eas_endpoint.hpp"

#include <gtest/gtest.h>

namespace eas451 {
namespace {

std::string typed(std::string_view text) {
    const auto endpoint = parse_typed_endpoint(text);
    return endpoint ? endpoint->url() : "no: " + std::string(endpoint.error());
}

TEST(EasEndpoint, WhatSomebodyTypes) {
    const std::string usual = "https://mail.contoso.com/Microsoft-Server-ActiveSync";
    for (const char* text : {"mail.contoso.com", "MAIL.contoso.COM", "mail.contoso.com:443", "mail.contoso.com/",
                             "https://mail.contoso.com", "https://mail.contoso.com/", " https://mail.contoso.com ",
                             "HTTPS://mail.contoso.com:443/Microsoft-Server-ActiveSync"}) {
        EXPECT_EQ(typed(text), usual) << text;
    }
    EXPECT_EQ(typed("127.0.0.1:8443"), "https://127.0.0.1:8443/Microsoft-Server-ActiveSync");
    EXPECT_EQ(typed("[::1]:8443"), "https://[::1]:8443/Microsoft-Server-ActiveSync");
    EXPECT_EQ(parse_typed_endpoint("[::1]:8443")->host, "::1");
    EXPECT_EQ(typed("https://a.example/microsoft-server-activesync/default.eas"),
              "https://a.example/microsoft-server-activesync/default.eas");
    EXPECT_EQ(typed("http://a.example"), "http://a.example/Microsoft-Server-ActiveSync");
    EXPECT_EQ(parse_typed_endpoint("http://a.example")->port, 80);
    EXPECT_EQ(typed("http://a.example:443"), "http://a.example:443/Microsoft-Server-ActiveSync");
}

TEST(EasEndpoint, WhatIsNone) {
    for (const char* text : {"", " ", "https://", "ftp://a.example", "https://user@a.example", "user:secret@a.example",
                             "a b", "https://a.example:0", "https://a.example:65536", "https://a.example?x=1",
                             "https://a.example/#x", "https://a_b%20.example", "a.example:x"}) {
        EXPECT_FALSE(parse_typed_endpoint(text)) << text;
    }
    EXPECT_TRUE(parse_typed_endpoint("https://a.example/" + std::string(4095, 'x')));
    EXPECT_FALSE(parse_typed_endpoint("https://a.example/" + std::string(4096, 'x')));
}

TEST(EasEndpoint, ALocationIsAnAbsoluteHttpsUrl) {
    const auto location = parse_location("https://outlook.office365.com/Microsoft-Server-ActiveSync");
    ASSERT_TRUE(location);
    EXPECT_EQ(location->authority(), "outlook.office365.com");
    for (const char* text :
         {"", "outlook.office365.com", "http://outlook.office365.com/Microsoft-Server-ActiveSync", "//a.example/",
          "/Microsoft-Server-ActiveSync", "https://a.example/?Cmd=Ping", "https://u@a.example/"}) {
        EXPECT_FALSE(parse_location(text)) << text;
    }
}

TEST(EasEndpoint, TheSameServerWhateverThePath) {
    const EasEndpoint one = *parse_typed_endpoint("a.example");
    EXPECT_TRUE(one.is_server_of(*parse_typed_endpoint("https://A.example:443/other")));
    for (const char* text : {"b.example", "a.example:8443", "http://a.example"}) {
        EXPECT_FALSE(one.is_server_of(*parse_typed_endpoint(text))) << text;
    }
}

TEST(EasEndpoint, WhereToConnect) {
    for (const auto& [text, host, port] :
         {std::tuple("192.0.2.1:8443", "192.0.2.1", 8443), std::tuple("new.contoso.com", "new.contoso.com", 443),
          std::tuple("[2001:db8::1]:444", "2001:db8::1", 444)}) {
        const auto connect = parse_connect_to(text);
        ASSERT_TRUE(connect) << text;
        EXPECT_EQ(connect->host, host);
        EXPECT_EQ(connect->port, port);
    }
    for (const char* text : {"", ":443", "a.example:", "a.example:0", "a.example:x", "a.example:65536",
                             "https://a.example", "a.example/", "a?b", "u@a.example"}) {
        EXPECT_EQ(bool(parse_connect_to(text)), std::string_view(text) == "a.example:")
            << text;  // an empty port is the usual one (RFC 3986)
    }
}

}  // namespace
}  // namespace eas451
