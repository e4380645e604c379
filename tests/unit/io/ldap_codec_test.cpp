// SPDX-License-Identifier: Apache-2.0
#include "../../../src/io/directory/ldap/ldap_codec.hpp"

#include <gtest/gtest.h>

#include "ber_writer.hpp"

namespace eas451 {
namespace {

LdapSearch some_search() {
    return {"DC=contoso,DC=com", LdapScope::subtree, "(userPrincipalName=user12@contoso.com)", {"mail", "targetAddress"}, 2, 5};
}

/// The one message that must be there.
LdapMessage must_have(LdapCodec& codec) {
    auto next = codec.next();
    EXPECT_TRUE(next) << (next ? "" : next.error());
    EXPECT_TRUE(next && *next) << "no message";
    return next && *next ? std::move(**next) : LdapMessage{};
}

bool has_none(LdapCodec& codec) {
    const auto next = codec.next();
    return next && !*next;
}

TEST(LdapCodec, ASearchHoldsItsBaseFilterAndAttributes) {
    LdapCodec codec;
    EXPECT_EQ(codec.take_output(), "");
    const auto id = codec.search(some_search());
    ASSERT_TRUE(id);
    const std::string bytes = codec.take_output();
    EXPECT_EQ(bytes.front(), '\x30');
    for (const char* part : {"DC=contoso,DC=com", "userPrincipalName", "user12@contoso.com", "mail", "targetAddress"}) {
        EXPECT_NE(bytes.find(part), std::string::npos) << part;
    }
    EXPECT_EQ(codec.take_output(), "");
}

TEST(LdapCodec, EntriesAndTheResultComeBackWithTheirId) {
    LdapCodec codec;
    const int id = codec.search(some_search()).value();
    codec.receive(ber::entry(id, "CN=User 12,DC=contoso,DC=com",
                             {{"Mail", {"user12@contoso.com"}}, {"proxyAddresses", {"SMTP:a@b.c", "smtp:d@e.f"}}, {"empty", {}}}) +
                  ber::reference(id) + ber::result(id, 0x65, 0));
    const LdapMessage first = must_have(codec);
    EXPECT_EQ(first.id, id);
    const auto& entry = std::get<LdapEntry>(first.content);
    EXPECT_EQ(entry.dn, "CN=User 12,DC=contoso,DC=com");
    EXPECT_EQ(entry.value("mail"), "user12@contoso.com");
    EXPECT_EQ(entry.values("PROXYADDRESSES"), (std::vector<std::string>{"SMTP:a@b.c", "smtp:d@e.f"}));
    EXPECT_EQ(entry.value("empty"), "");
    EXPECT_EQ(entry.value("absent"), "");
    EXPECT_TRUE(std::holds_alternative<LdapReference>(must_have(codec).content));
    EXPECT_EQ(std::get<LdapResult>(must_have(codec).content).code, 0);
    EXPECT_TRUE(has_none(codec));
}

TEST(LdapCodec, AWatchIsASearchWithTheControlAndWithoutLimits) {
    LdapCodec codec;
    const int id = codec.watch("CN=Federation,DC=contoso,DC=com").value();
    const auto number = [](unsigned char tag, char of) { return ber::element(tag, std::string(1, of)); };
    const std::string search = ber::octets("CN=Federation,DC=contoso,DC=com") + number(0x0a, 1) + number(0x0a, 0) + ber::integer(0) +
                               ber::integer(0) + number(0x01, 0) + ber::element(0x87, "objectClass") +
                               ber::element(0x30, ber::octets("1.1"));
    const std::string critical = number(0x01, '\xff');
    const std::string controls = ber::element(0x30, ber::octets("1.2.840.113556.1.4.528") + critical);
    EXPECT_EQ(codec.take_output(), ber::message(id, ber::element(0x63, search) + ber::element(0xa0, controls)));
}

TEST(LdapCodec, WhatAWatchFindsComesOneByOneUntilItIsAbandoned) {
    LdapCodec codec;
    const int id = codec.watch("CN=Federation").value();
    const int other = codec.search(some_search()).value();
    for (const char* name : {"CN=a,CN=Federation", "CN=b,CN=Federation"}) {
        codec.receive(ber::entry(id, name, {}));
        const LdapMessage told = must_have(codec);
        EXPECT_EQ(told.id, id);
        EXPECT_EQ(std::get<LdapEntry>(told.content).dn, name);
        EXPECT_TRUE(has_none(codec));
    }
    codec.take_output();
    codec.abandon(id);
    EXPECT_NE(codec.take_output().find("\x50\x01" + std::string(1, static_cast<char>(id))), std::string::npos);
    codec.receive(ber::entry(id, "CN=c,CN=Federation", {}) + ber::result(other, 0x65, 0));
    EXPECT_EQ(must_have(codec).id, other);
    EXPECT_TRUE(has_none(codec));
}

TEST(LdapCodec, BytesMayComeOneByOne) {
    LdapCodec codec;
    const int id = codec.search(some_search()).value();
    const std::string bytes = ber::entry(id, "CN=a", {{"mail", {std::string(300, 'm')}}});
    for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
        codec.receive(bytes.substr(i, 1));
        ASSERT_TRUE(has_none(codec)) << i;
    }
    codec.receive(bytes.substr(bytes.size() - 1));
    EXPECT_EQ(std::get<LdapEntry>(must_have(codec).content).value("mail"), std::string(300, 'm'));
}

TEST(LdapCodec, SeveralRequestsInFlightKeepTheirIds) {
    LdapCodec codec;
    const int first = codec.search(some_search()).value();
    const int second = codec.search(some_search()).value();
    EXPECT_NE(first, second);
    codec.receive(ber::result(second, 0x65, 32) + ber::result(first, 0x65, 4));
    const LdapMessage one = must_have(codec);
    const LdapMessage two = must_have(codec);
    EXPECT_EQ(one.id, second);
    EXPECT_EQ(std::get<LdapResult>(one.content).code, 32);
    EXPECT_EQ(two.id, first);
    EXPECT_EQ(std::get<LdapResult>(two.content).code, 4);
}

TEST(LdapCodec, ABindTellsItsCodeAndDiagnostic) {
    LdapCodec codec;
    const int id = codec.bind("CN=User 12,DC=contoso,DC=com", "secret").value();
    EXPECT_NE(codec.take_output().find("secret"), std::string::npos);
    codec.receive(ber::result(id, 0x61, 49, "80090308: LdapErr: DSID-0, comment: AcceptSecurityContext error, data 52e, v1"));
    const auto result = std::get<LdapResult>(must_have(codec).content);
    EXPECT_EQ(result.code, 49);
    EXPECT_NE(result.diagnostic.find("data 52e"), std::string::npos);
}

TEST(LdapCodec, ABindAsksForThePasswordPolicyWithoutInsisting) {
    LdapCodec codec;
    codec.bind("CN=User 12,DC=contoso,DC=com", "secret");
    const std::string bytes = codec.take_output();
    // Controls are [0] after the request; criticality FALSE is the default and left out, and so is the value.
    const std::string control = ber::element(0xa0, ber::element(0x30, ber::octets("1.3.6.1.4.1.42.2.27.8.5.1")));
    ASSERT_GE(bytes.size(), control.size());
    EXPECT_EQ(bytes.substr(bytes.size() - control.size()), control);
}

struct PolicyCase {
    const char* name;
    std::string controls;
    std::optional<LdapPasswordPolicy> read;
};

TEST(LdapCodec, APasswordPolicysOpinionIsRead) {
    const auto none = std::nullopt;
    const auto control = [](std::string_view value) { return ber::control("1.3.6.1.4.1.42.2.27.8.5.1", value); };
    const PolicyCase cases[] = {
        {"expired", ber::password_policy(0), LdapPasswordPolicy{0, none}},
        {"locked", ber::password_policy(1), LdapPasswordPolicy{1, none}},
        {"change after reset", ber::password_policy(2), LdapPasswordPolicy{2, none}},
        {"a number nobody gave a meaning", ber::password_policy(200), LdapPasswordPolicy{-56, none}},
        {"no opinion", ber::password_policy(-1), LdapPasswordPolicy{none, none}},
        {"grace", ber::password_policy(-1, 3), LdapPasswordPolicy{none, 3}},
        {"expires soon", ber::password_policy(-1, -1, 60), LdapPasswordPolicy{none, none}},
        {"grace and error", ber::password_policy(0, 0), LdapPasswordPolicy{0, 0}},
        {"after another control", ber::control("1.2.3", "x") + ber::password_policy(1), LdapPasswordPolicy{1, none}},
        {"another control only", ber::control("1.2.3", "x"), none},
        {"no sequence", control("x"), none},
        {"empty value", control(""), none},
        {"cut", control(std::string("\x30\x03\x81", 3)), none},
        {"larger than it can be", control(ber::element(0x30, std::string(100, '\x81'))), none},
        {"no value", ber::element(0x30, ber::octets("1.3.6.1.4.1.42.2.27.8.5.1")), none},
    };
    for (const PolicyCase& one : cases) {
        LdapCodec codec;
        const int id = codec.bind("CN=a", "secret").value();
        codec.receive(ber::result_with_controls(id, 0x61, 49, one.controls));
        const auto result = std::get<LdapResult>(must_have(codec).content);
        EXPECT_EQ(result.code, 49) << one.name;
        ASSERT_EQ(result.password_policy.has_value(), one.read.has_value()) << one.name;
        if (!one.read) continue;
        EXPECT_EQ(result.password_policy->error, one.read->error) << one.name;
        EXPECT_EQ(result.password_policy->grace_binds_left, one.read->grace_binds_left) << one.name;
    }
}

TEST(LdapCodec, PasswordsThatMustNotBeSentAreNotEncoded) {
    LdapCodec codec;
    EXPECT_FALSE(codec.bind("CN=a", ""));
    EXPECT_FALSE(codec.bind("CN=a", std::string_view("a\0b", 3)));
    EXPECT_FALSE(codec.bind("", "secret"));
    EXPECT_EQ(codec.take_output(), "");
}

TEST(LdapCodec, AnAbandonedRequestIsNamed) {
    LdapCodec codec;
    const int id = codec.search(some_search()).value();
    codec.take_output();
    codec.abandon(id);
    EXPECT_NE(codec.take_output(), "");
    codec.receive(ber::result(id, 0x65, 0));
    EXPECT_TRUE(has_none(codec));
}

TEST(LdapCodec, WhatIsNoLdapBreaksTheStream) {
    for (const std::string& bytes : {std::string("HTTP/1.1 400 Bad Request\r\n") + std::string(100, 0x20), std::string("\x30\x84\xff\xff\xff\xff", 6),
                                     std::string("\x30\x03\x02\x01", 4) + "\x05\x05\x05\x05"}) {
        LdapCodec codec;
        const int id = codec.search(some_search()).value();
        codec.receive(bytes);
        codec.receive(ber::result(id, 0x65, 0));
        bool broken = false;
        for (int i = 0; i < 4 && !broken; ++i) broken = !codec.next();
        EXPECT_TRUE(broken) << bytes;
    }
}

TEST(LdapCodec, AMessageAboveTheLimitIsRefused) {
    LdapCodec codec;
    codec.search(some_search());
    const std::size_t size = LdapCodec::largest_message + 1;
    codec.receive(std::string("\x30\x84", 2) + static_cast<char>(size >> 24U) + static_cast<char>(size >> 16U) +
                  static_cast<char>(size >> 8U) + static_cast<char>(size));
    EXPECT_FALSE(codec.next());
}

TEST(LdapCodec, UnreadBytesAreSeen) {
    LdapCodec codec;
    const int id = codec.start_tls().value();
    EXPECT_FALSE(codec.has_unread_bytes());
    codec.receive(ber::result(id, 0x78, 0) + "x");
    EXPECT_EQ(std::get<LdapResult>(must_have(codec).content).code, 0);
    EXPECT_TRUE(codec.has_unread_bytes());
}

TEST(LdapCodec, ResultCodesHaveWords) { EXPECT_EQ(ldap_result_text(49), "Invalid credentials (49)"); }

}  // namespace
}  // namespace eas451
