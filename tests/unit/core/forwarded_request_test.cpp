// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/forwarded_request.hpp"

#include <gtest/gtest.h>

#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "forwarding.hpp"

namespace eas451 {
namespace {

using namespace std::string_literals;

const std::string post = "POST /microsoft-server-activesync/default.eas?Cmd=Sync&User=a%40b HTTP/1.1\r\n";
const std::string said_by_us = "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n";

std::string forwarded_bytes(const std::string& bytes, const ForwardedFrom& from = test_client) {
    RequestHead head;
    const auto fault = parse_request_head(bytes, head);
    if (fault) return "refused: " + std::string(to_string(*fault));
    EXPECT_EQ(mistake_in_forwarded(head), "") << bytes;
    return forwarded(head, from);
}

/// What becomes of lines between Host and what we say.
std::string fields_of(const std::string& lines) {
    const std::string bytes = forwarded_bytes(post + "Host: a\r\n" + lines + "\r\n");
    const std::string before = "POST /Microsoft-Server-ActiveSync?Cmd=Sync&User=a%40b HTTP/1.1\r\nHost: a\r\n";
    const std::string after = said_by_us + "Content-Length: 0\r\n\r\n";
    if (!bytes.starts_with(before) || !bytes.ends_with(after)) return "?" + bytes;
    return bytes.substr(before.size(), bytes.size() - before.size() - after.size());
}

TEST(forwarded_request, a_phones_request_passes_in_its_order) {
    const std::string kept =
        "Authorization: Basic dTpw\r\nMS-ASProtocolVersion: 14.1\r\nX-MS-PolicyKey: 123\r\nUser-Agent: Apple-iPad\r\n"
        "Accept-Language: de\r\nContent-Type: application/vnd.ms-sync.wbxml\r\nCookie: a=b; c=d\r\n"
        "Content-Encoding: gzip\r\n";
    EXPECT_EQ(forwarded_bytes(post + "Content-Length: 0013\r\n" + kept + "Host: Mail.Contoso.com:443\r\n\r\n"),
              "POST /Microsoft-Server-ActiveSync?Cmd=Sync&User=a%40b HTTP/1.1\r\nHost: Mail.Contoso.com:443\r\n" +
                  kept + said_by_us + "Content-Length: 13\r\n\r\n");
}

TEST(forwarded_request, is_appended) {
    RequestHead head;
    ASSERT_FALSE(parse_request_head("OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n", head));
    std::string out = "before";
    append_forwarded_head(out, head, test_client);
    EXPECT_EQ(out, "before" + forwarded(head));
}

TEST(forwarded_request, the_path_is_the_routes_and_the_query_the_phones) {
    for (const auto* query :
         {"", "?Cmd=Sync", "?jQ8JBBBmb28AAAAACmlQYWQ=", "?User=DOM\\u&a=%zz?/b", "??", "?Cmd=%2e%00"}) {
        for (const auto* path : {"/", "/Microsoft-Server-ActiveSync", "/MICROSOFT-server-activesync/Proxy/default.eas",
                                 "/autodiscover;a/%2e%2e/"}) {
            EXPECT_EQ(
                forwarded_bytes("OPTIONS "s + path + query + " HTTP/1.1\r\nHost: a\r\n\r\n"),
                "OPTIONS /Microsoft-Server-ActiveSync"s + query + " HTTP/1.1\r\nHost: a\r\n" + said_by_us + "\r\n");
        }
    }
    EXPECT_EQ(forwarded_bytes("OPTIONS /? HTTP/1.1\r\nHost: a\r\n\r\n"),
              "OPTIONS /Microsoft-Server-ActiveSync HTTP/1.1\r\nHost: a\r\n" + said_by_us + "\r\n");
}

TEST(forwarded_request, an_old_request_becomes_a_new_one) {
    const std::string said = said_by_us + "Content-Length: 0\r\n\r\n";
    const std::string line = "POST /Microsoft-Server-ActiveSync HTTP/1.1\r\n";
    EXPECT_EQ(forwarded_bytes("POST / HTTP/1.0\r\n\r\n"), line + "Host: mail.contoso.com\r\n" + said);
    EXPECT_EQ(forwarded_bytes("POST / HTTP/1.0\r\nHost: b\r\nConnection: keep-alive\r\n\r\n"),
              line + "Host: b\r\n" + said);
}

TEST(forwarded_request, says_who_the_client_is) {
    EXPECT_EQ(forwarded_bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n", {"2001:db8::1", false, "x"}),
              "GET /Microsoft-Server-ActiveSync HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 2001:db8::1\r\n"
              "X-Forwarded-Proto: http\r\n\r\n");
}

TEST(forwarded_request, has_exactly_one_framing) {
    const auto framing = [](const std::string& method, const std::string& lines) {
        const auto bytes = forwarded_bytes(method + " / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n");
        return bytes.substr(bytes.find(said_by_us) + said_by_us.size());
    };
    EXPECT_EQ(framing("POST", ""), "Content-Length: 0\r\n\r\n");
    EXPECT_EQ(framing("POST", "Content-Length: 0\r\n"), "Content-Length: 0\r\n\r\n");
    EXPECT_EQ(framing("POST", "Content-Length: 9999999999999999999\r\n"),
              "Content-Length: 9999999999999999999\r\n\r\n");
    EXPECT_EQ(framing("POST", "transfer-encoding: CHUNKED\r\nTE: trailers\r\nTrailer: x\r\n"),
              "Transfer-Encoding: chunked\r\n\r\n");
    EXPECT_EQ(framing("OPTIONS", ""), "\r\n");
    EXPECT_EQ(framing("OPTIONS", "Content-Length: 00\r\n"), "Content-Length: 0\r\n\r\n");
    EXPECT_EQ(framing("POST", "Content-Length: 3\r\nExpect: 100-continue\r\n"), "Content-Length: 3\r\n\r\n");
}

constexpr std::string_view dropped_names =
    "Connection Keep-Alive Proxy-Connection Proxy-Authenticate Proxy-Authorization TE Trailer Upgrade "
    "HTTP2-Settings Forwarded Via X-Forwarded-For X-Forwarded-Proto X-Forwarded-Host X-Forwarded X-Real-IP "
    "X-Client-IP Client-IP True-Client-IP X-Cluster-Client-IP CF-Connecting-IP X-Azure-ClientIP "
    "Front-End-Https X-Original-URL X-Original-Host X-OriginalURL X-Rewrite-Url X-HTTP-Method-Override "
    "X-Method-Override X-Host Proxy X-CommonAccessToken X-Rps-CommonAccessToken X-Foo-Common-Access-Token "
    "X-CommonAccessToken-2 CommonAccessToken X-Rps-CAT X-BEResource X-AnonResource X-AnonResource-Backend "
    "X-BackEndCookie X-BackEndCookie2 X-SourceCafeServer X-IsFromCafe X-IsFromBackend X-CafeProxyFoo "
    "X-MSExchangeFoo msExchLogonAccount msExchTargetMailbox msExchProxyUri X-FEServer X-BEServer "
    "X-ProxyTargetServer SecurityToken X-WLID-MemberName X-WL-Foo RPSPUID X-MS-Proxy X-MS-Forwarded-Client-IP "
    "X-MS-ADFS-Proxy-Client-IP X-MS-Client-Principal-Id Remote-User X-Remote-User X-WebObjects-Remote-User "
    "X-ARR-ClientCert X-ARR-SSL X-SSL-Client-Cert X-SSL-Client-S-DN SSL-Client-Cert SSLClientCert "
    "X-Client-Cert X-Client-Certificate X-ClientCert Client-Cert Client-Cert-Chain X-Amzn-Mtls-Clientcert "
    "X-Client-Verify X-Originating-IP X-ClientIP X-ClientIPAddress X-True-Client-IP Fastly-Client-IP X-Scheme "
    "X-Url-Scheme X-HTTP-Host-Override X-FEProxyInfo X-FrontEnd-Handler X-TargetServer X-TargetBackEndServer "
    "X-CalculatedBETarget X-RoutingEntry X-EAS-Proxy X-OWA-ProxyUri X-SecurityToken X-LiveIdFoo "
    "X-Authenticated-User X-TLS-Client-Cert TLS-Client-Cert X-Client-DN X-Client-Subject X-Client-Issuer-DN "
    "X-Client-Serial Cert-Subject";

constexpr std::string_view passing_names =
    "User-Agent Content-Type Content-Encoding Content-Language Accept Accept-Encoding "
    "Accept-Language MS-ASProtocolVersion MS-ASAcceptMultiPart MS- X-MS-PolicyKey X-MS-Anything X-MS-Client "
    "X-MS-Forward If-None-Match If-Modified-Since Range Date Pragma Cache-Control X-Unknown X-AnchorMailbox "
    "X-Request-Id client-request-id Traceparent Upgrade-Insecure-Requests TEX T X- X X-X Vi Viable Hosts "
    "Expected Prox X-Client-Version X-CommonAccess Translate Max-Forwards ! 1st";

std::vector<std::string> words_of(std::string_view text) {
    std::istringstream stream{std::string(text)};
    return {std::istream_iterator<std::string>(stream), {}};
}

TEST(forwarded_request, what_is_for_one_hop_or_only_for_a_front_end_to_say_is_dropped) {
    for (const auto& name : words_of(dropped_names)) {
        const std::string line = name + ": x\r\n";
        EXPECT_EQ(fields_of("A: 1\r\n" + line + "B: 2\r\n"), "A: 1\r\nB: 2\r\n") << name;
        EXPECT_EQ(fields_of(ascii_lower(line) + line), "") << name;
    }
}

TEST(forwarded_request, everything_else_passes) {
    for (const auto& name : words_of(passing_names)) {
        const std::string line = name + ": \"a, b\"; c\t\xff\r\n";
        EXPECT_EQ(fields_of(line), line) << name;
    }
    EXPECT_EQ(fields_of("X-Blanks: \t a \t\r\nX-Empty:\r\nX-Twice:1\r\nx-twice:2\r\n"),
              "X-Blanks: a\r\nX-Empty: \r\nX-Twice: 1\r\nx-twice: 2\r\n");
}

TEST(forwarded_request, what_connection_names_is_dropped) {
    EXPECT_EQ(
        fields_of("X-One: 1\r\nConnection: keep-alive, x-one\r\nX-Two: 2\r\nX-Three: 3\r\nConnection:, X-Three,\r\n"),
        "X-Two: 2\r\n");
    EXPECT_EQ(fields_of("Connection: close\r\nClose: 1\r\nX: 2\r\n"), "X: 2\r\n");
    // What we say is not to be taken back.
    EXPECT_EQ(fields_of("Connection: X-Forwarded-For, X-Forwarded-Proto\r\n"), "");
    std::string names = "X-0";
    std::string lines = "X-0: y\r\n";
    for (std::size_t i = 1; i < max_connection_options; ++i) {
        names += ",X-" + std::to_string(i);
        lines += "X-" + std::to_string(i) + ": y\r\n";
    }
    EXPECT_EQ(fields_of("Connection: " + names + "\r\n" + lines), "");
    EXPECT_EQ(fields_of("Connection: " + names + ",Y\r\n" + lines), "?refused: bad-field");
}

TEST(forwarded_request, no_scheme_passes_that_authenticates_a_connection) {
    for (const auto* kept : {"Basic dTpw", "basic dTpw", "Bearer", "BEARER abc.def"}) {
        EXPECT_EQ(fields_of("Authorization: "s + kept + "\r\n"), "Authorization: "s + kept + "\r\n");
    }
    for (const auto* dropped : {"NTLM TlRM", "NTLM", "Negotiate YII=", "Kerberos YII=", "Digest a=b", "Basicx dTpw", "Bearer\tx", ""}) {
        EXPECT_EQ(fields_of("Authorization: "s + dropped + "\r\n"), "") << dropped;
    }
}

// A string that grows would leave the Authorization behind.
TEST(forwarded_request, is_no_longer_than_the_head_but_by_what_we_say) {
    std::string crumbs = "SecurityToken=1";
    while (crumbs.size() < 12000) crumbs += ";a";
    EXPECT_LE(fields_of("Authorization: Basic dTpw\r\nCookie: " + crumbs + "\r\n").size(), 12100U);
}

TEST(forwarded_request, cookies_pass_but_for_the_crumbs_of_a_front_end) {
    const auto cookie = [](const std::string& value) { return fields_of("Cookie: " + value + "\r\n"); };
    for (const auto* kept :
         {"a=b", "a=b;c=d ;  e", "a=\"b; c\"", "a=SecurityToken", "SecurityTokens=1", "XSecurityToken=1",
          "a=SecurityToken=1", "BEResource=1", ";", "X-AnonResourc=1", "a=b, c=d", "=SecurityToken"}) {
        EXPECT_EQ(cookie(kept), "Cookie: "s + kept + "\r\n");
    }
    EXPECT_EQ(cookie("a=b; SecurityToken=x; c=d"), "Cookie: a=b; c=d\r\n");
    EXPECT_EQ(cookie("X-BackEndCookie=x;a=b;c=\"d e\" ;"), "Cookie: a=b;c=\"d e\"\r\n");
    EXPECT_EQ(cookie("X-BackEndCookie=x;a=b;\tc=d"), "Cookie: a=b; c=d\r\n");
    EXPECT_EQ(cookie("a=b;X-BEResource=localhost~1"), "Cookie: a=b\r\n");
    for (const auto* dropped :
         {"SecurityToken=x", "securitytoken", "SECURITYTOKEN =1", " \tX-BEResource=1",
          "X-AnonResource=true; X-AnonResource-Backend=localhost/ecp/default.flt?~3; ;", "X-BackEndCookie2=1",
          "msExchEcpCanary=1", "msexch=;;", "X-CommonAccessToken=1", "a=b, SecurityToken=1", "\xa0SecurityToken=1",
          "\xc2\xa0SecurityToken\xe2\x80\x83=1", ""}) {
        EXPECT_EQ(cookie(dropped), "") << dropped;
    }
    EXPECT_EQ(fields_of("Cookie: SecurityToken=1\r\nCookie: a=b\r\ncookie: X-BEResource=2; c=d\r\n"),
              "Cookie: a=b\r\ncookie: c=d\r\n");
}

TEST(forwarded_request, what_it_says_may_make_a_head_longer_and_no_more) {
    std::string bytes = post + "Host: a\r\nX: ";
    bytes += std::string(max_head_bytes - bytes.size() - 4, 'y') + "\r\n\r\n";
    const auto written = forwarded_bytes(bytes);
    EXPECT_GT(written.size(), max_head_bytes - 100);
    EXPECT_LT(written.size(), max_head_bytes + 100);
}

}  // namespace
}  // namespace eas451
