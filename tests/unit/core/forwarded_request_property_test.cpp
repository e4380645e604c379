// SPDX-License-Identifier: Apache-2.0
// Whatever head is accepted, what is passed on of it is one request, and the same: the heads of tests/http/corpus,
// and many made of parts that are hard to pass on.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "eas451/core/body_reader.hpp"
#include "forwarding.hpp"
#include "http_corpus.hpp"

namespace eas451 {
namespace {

/// The requests of the bytes until one is refused. Returns how many were looked at.
std::size_t check_requests(const std::string& name, std::string_view bytes) {
    std::size_t count = 0;
    for (auto end = find_head_end(bytes, 0); end; end = find_head_end(bytes, 0)) {
        RequestHead head;
        if (parse_request_head(bytes.substr(0, *end), head)) break;
        EXPECT_EQ(mistake_in_forwarded(head), "") << name;
        ++count;
        BodyReader body(head);
        bytes.remove_prefix(*end);
        bytes.remove_prefix(body.feed(bytes));
        if (!body.has_ended()) break;
    }
    return count;
}

TEST(forwarded_request_property, of_the_corpus) {
    const HttpCorpus corpus(std::string(EAS451_SOURCE_DIR) + "/tests/http/corpus");
    std::size_t to_be_accepted = 0;
    for (const auto& each : corpus.cases()) {
        const bool accepted = each.verdict == "accept" || each.verdict == "drop-trailers";
        const auto count = check_requests(each.name, each.bytes);
        if (!accepted) continue;
        ++to_be_accepted;
        EXPECT_GT(count, 0U) << each.name;
    }
    EXPECT_GT(to_be_accepted, 50U);
}

class Maker {
public:
    std::string head() {
        std::string out = one_of(std::array{"POST ", "OPTIONS ", "GET ", "PROPFIND "});
        out += one_of(std::array{"/", "/Microsoft-Server-ActiveSync", "/x;y/%41"});
        out += one_of(std::array{"", "?", "?Cmd=Sync", "?a=b&c=%zz?/\\\"<>", "?jQ8JBBBmb28="});
        const bool is_1_1 = number(8) != 0;
        out += is_1_1 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n";
        if (is_1_1 || number(2) == 0) out += "Host: a:443\r\n";
        for (unsigned left = number(12); left > 0; --left) out += field();
        if (number(3) == 0) out += "Authorization: Basic dTpw\r\n";
        out += one_of(
            std::array{"", "", "Content-Length: 0\r\n", "content-length:0012\r\n", "Transfer-Encoding: chunked\r\n"});
        return out + "\r\n";
    }

private:
    unsigned number(unsigned limit) { return static_cast<unsigned>(random_() % limit); }
    template <std::size_t size>
    std::string one_of(const std::array<const char*, size>& texts) {
        return texts[number(size)];
    }

    std::string field() {
        std::string name = one_of(std::array{"User-Agent",
                                             "Cookie",
                                             "cookie",
                                             "Connection",
                                             "Keep-Alive",
                                             "X-Forwarded-For",
                                             "x-forwarded-proto",
                                             "Via",
                                             "X-CommonAccessToken",
                                             "X-Foo-Common-Access-Token",
                                             "msExchFoo",
                                             "X-BEResource",
                                             "X-AnonResource",
                                             "X-SourceCafeServer",
                                             "MS-ASAcceptMultiPart",
                                             "X-MS-Other",
                                             "TE",
                                             "Expect",
                                             "Accept-Encoding",
                                             "X-Unknown",
                                             "Content-Encoding",
                                             "Proxy-Authorization",
                                             "X-ARR-ClientCert",
                                             "X-Rewrite-URL",
                                             "Front-End-Https"});
        std::string value = one_of(std::array{"x", "", "a=b; SecurityToken=1", "securitytoken=x;X-BEResource=y",
                                              "close", "keep-alive, X-Unknown", "X-Forwarded-For",
                                              "Accept-Encoding,via", "100-continue", "a,b;c=\"d\"\t", "127.0.0.1"});
        if (number(4) == 0) name.insert(number(static_cast<unsigned>(name.size())), "x");
        return name + ": " + value + "\r\n";
    }

    std::minstd_rand random_{451};  // the same heads every time
};

TEST(forwarded_request_property, of_many_heads) {
    Maker maker;
    std::size_t accepted = 0;
    for (int i = 0; i < 20000; ++i) {
        const auto bytes = maker.head();
        accepted += check_requests(bytes, bytes);
        if (testing::Test::HasFailure()) break;
    }
    EXPECT_GT(accepted, 10000U);
}

}  // namespace
}  // namespace eas451
