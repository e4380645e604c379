// SPDX-License-Identifier: Apache-2.0
#include "../../../src/io/directory/ldap/srv_answer.hpp"

#include <gmock/gmock.h>

#include <map>

#include "fake_dns_server.hpp"

namespace eas451 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> hosts(const std::vector<SrvRecord>& records) {
    std::vector<std::string> names;
    for (const SrvRecord& record : records) names.push_back(record.host);
    return names;
}

std::string trouble_of(const std::string& message) {
    const auto read = srv_records_of(message);
    return read ? "none" : read.error();
}

TEST(SrvAnswer, HoldsTheRecordsInTheirOrder) {
    const auto read = srv_records_of(dns::answer({dns::srv(5, 0, 389, "DC2.contoso.com"), dns::srv(0, 100, 3890, "dc1.contoso.com")}));
    ASSERT_TRUE(read) << read.error();
    EXPECT_THAT(read->records, ElementsAre(SrvRecord{5, 0, 389, "dc2.contoso.com"}, SrvRecord{0, 100, 3890, "dc1.contoso.com"}));
    EXPECT_FALSE(read->is_not_offered);
    EXPECT_EQ(read->unusable, 0U);
}

TEST(SrvAnswer, ACompressedHostIsRead) {
    // "dc1" and a pointer to contoso.com in the question: 12 + _ldap (6) + _tcp (5).
    const auto read = srv_records_of(dns::answer({dns::record(33, dns::number(0) + dns::number(1) + dns::number(389) + "\x03" "dc1\xc0\x17")}));
    ASSERT_TRUE(read) << read.error();
    EXPECT_THAT(hosts(read->records), ElementsAre("dc1.contoso.com"));
}

TEST(SrvAnswer, NoNameAndNoRecordsAreAnswers) {
    for (const unsigned flags : {0x8180U, 0x8183U}) {
        const auto read = srv_records_of(dns::answer({}, flags));
        ASSERT_TRUE(read) << read.error();
        EXPECT_TRUE(read->records.empty());
        EXPECT_FALSE(read->is_not_offered);
    }
}

TEST(SrvAnswer, TroublesOfTheServerAreNone) {
    EXPECT_THAT(trouble_of(dns::answer({}, 0x8182)), HasSubstr("SERVFAIL"));
    EXPECT_THAT(trouble_of(dns::answer({}, 0x8185)), HasSubstr("REFUSED"));
    EXPECT_THAT(trouble_of(dns::answer({}, 0x8181)), HasSubstr("does not understand"));
    EXPECT_THAT(trouble_of(dns::answer({}, 0x8184)), HasSubstr("gives no answer"));
    EXPECT_THAT(trouble_of(dns::answer({dns::srv(0, 0, 389, "dc1")}, 0x8380)), HasSubstr("cut"));
    EXPECT_THAT(trouble_of(dns::answer({}, 0x0100)), HasSubstr("none")) << "a question";
}

TEST(SrvAnswer, OneForTheRootMeansNoService) {
    const auto none = srv_records_of(dns::answer({dns::srv(0, 0, 0, ".")}));
    ASSERT_TRUE(none);
    EXPECT_TRUE(none->is_not_offered);
    EXPECT_TRUE(none->records.empty());
    const auto beside = srv_records_of(dns::answer({dns::srv(0, 0, 389, "dc1"), dns::srv(0, 0, 389, ".")}));
    ASSERT_TRUE(beside);
    EXPECT_FALSE(beside->is_not_offered);
    EXPECT_THAT(hosts(beside->records), ElementsAre("dc1"));
}

TEST(SrvAnswer, WhatIsNoHostOrHasNoPortIsLeftOut) {
    const std::string longest = std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(61, 'd');
    ASSERT_EQ(longest.size(), 253U);
    const auto read = srv_records_of(dns::answer({dns::srv(0, 0, 389, "dc 1"), dns::srv(0, 0, 389, "dc1/x"), dns::srv(0, 0, 0, "dc1"),
                                                  dns::srv(0, 0, 389, std::string("dc\0x", 4)), dns::srv(0, 0, 1, longest)}));
    ASSERT_TRUE(read) << read.error();
    EXPECT_THAT(hosts(read->records), ElementsAre(longest));
    EXPECT_EQ(read->unusable, 4U);
}

TEST(SrvAnswer, OtherTypesAreNotLookedAt) {
    const auto read = srv_records_of(dns::answer({dns::record(5, dns::name("alias.contoso.com")), dns::record(1, "\x7f\1\1\1"),
                                                  dns::srv(0, 0, 389, "dc1")}));
    ASSERT_TRUE(read);
    EXPECT_THAT(hosts(read->records), ElementsAre("dc1"));
}

TEST(SrvAnswer, BrokenOnesAreRefusedAsAWhole) {
    EXPECT_THAT(trouble_of(""), HasSubstr("broken"));
    EXPECT_THAT(trouble_of("HTTP/1.1 200 OK"), HasSubstr("broken"));
    const std::string good = dns::answer({dns::srv(0, 0, 389, "dc1.contoso.com")});
    ASSERT_EQ(trouble_of(good), "none");
    for (std::size_t size = 0; size < good.size(); ++size) EXPECT_NE(trouble_of(good.substr(0, size)), "none") << size;
    EXPECT_NE(trouble_of(good + "x"), "none");
    EXPECT_NE(trouble_of(std::string(65536, '\0')), "none");
    const std::string numbers = dns::number(0) + dns::number(0) + dns::number(389);
    EXPECT_THAT(trouble_of(dns::answer({dns::record(33, numbers)})), HasSubstr("broken record"));
    EXPECT_THAT(trouble_of(dns::answer({dns::record(33, numbers + dns::name("dc1") + "x")})), HasSubstr("broken record"));
    EXPECT_THAT(trouble_of(dns::answer({dns::record(33, numbers + "\xc0\xff")})), HasSubstr("broken record")) << "outside";
    EXPECT_THAT(trouble_of(dns::answer({dns::record(33, numbers + "\xc0\x40")})), HasSubstr("broken record")) << "to itself";
}

TEST(SrvOrder, ByPriorityWhateverTheChance) {
    const std::vector<SrvRecord> records{{20, 0, 389, "c"}, {0, 0, 389, "a"}, {10, 65535, 389, "b"}};
    for (std::uint64_t seed = 0; seed < 20; ++seed) EXPECT_THAT(hosts(srv_in_order(records, seed, 16)), ElementsAre("a", "b", "c"));
    EXPECT_THAT(hosts(srv_in_order(records, 1, 2)), ElementsAre("a", "b"));
    EXPECT_TRUE(srv_in_order({}, 1, 16).empty());
}

TEST(SrvOrder, WithinAPriorityByWeight) {
    const std::vector<SrvRecord> records{{0, 10, 389, "ten"}, {0, 30, 389, "thirty"}, {0, 0, 389, "never"}, {0, 60, 389, "sixty"}};
    std::map<std::string, int> firsts;
    std::map<std::string, int> lasts;
    constexpr int times = 20000;
    for (std::uint64_t seed = 0; seed < times; ++seed) {
        const auto ordered = srv_in_order(records, seed, 16);
        ASSERT_EQ(ordered.size(), 4U);
        ++firsts[ordered.front().host];
        ++lasts[ordered.back().host];
        if (seed < 100) {
            EXPECT_EQ(hosts(srv_in_order(records, seed, 16)), hosts(ordered));
        }
    }
    // Of the numbers from 0 to 100, 0 alone chooses the one of weight 0.
    EXPECT_NEAR(firsts["never"], times / 101.0, times * 0.004);
    EXPECT_NEAR(firsts["ten"], times * 10 / 101.0, times * 0.01);
    EXPECT_NEAR(firsts["thirty"], times * 30 / 101.0, times * 0.015);
    EXPECT_NEAR(firsts["sixty"], times * 60 / 101.0, times * 0.015);
    EXPECT_GT(lasts["never"], times / 2);
}

TEST(SrvOrder, OfOneWeightEachIsFirstNowAndThen) {
    const std::vector<SrvRecord> records{{0, 100, 389, "a"}, {0, 100, 389, "b"}, {0, 100, 389, "c"}};
    std::map<std::string, int> firsts;
    for (std::uint64_t seed = 0; seed < 3000; ++seed) ++firsts[srv_in_order(records, seed, 16).front().host];
    for (const char* host : {"a", "b", "c"}) EXPECT_NEAR(firsts[host], 1000, 150) << host;
}

}  // namespace
}  // namespace eas451
