// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/smtp_address.hpp"

#include <gtest/gtest.h>

#include <string>

namespace eas451 {
namespace {

using namespace std::string_literals;

TEST(smtp_address, domain_names) {
    const std::string longest(253, 'a');
    for (const auto& good : {"a"s, "contoso.com"s, "Contoso.MAIL.onmicrosoft.com"s, "xn--bcher-kva.example"s,
                             "a_b.c-d"s, "1.2.3.4"s, longest}) {
        EXPECT_TRUE(is_domain_name(good)) << good;
    }
    for (const auto& bad : {""s, "."s, "a."s, ".a"s, "a..b"s, "a b"s, "a/b"s, "a:25"s, "[1.2.3.4]"s,
                            "b\xc3\xbc"
                            "cher.de"s,
                            "a\0b"s, "a\n"s, "a@b"s, "a*"s, longest + "a"}) {
        EXPECT_FALSE(is_domain_name(bad)) << bad;
    }
}

TEST(smtp_address, splits_at_the_last_at_sign) {
    const auto plain = SmtpAddress::parse("User12@Contoso.COM");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->local_part, "User12");
    EXPECT_EQ(plain->domain, "contoso.com");
    const auto quoted = SmtpAddress::parse("\"a@b\"@c");
    ASSERT_TRUE(quoted);
    EXPECT_EQ(quoted->local_part, "\"a@b\"");
    EXPECT_EQ(quoted->domain, "c");
}

TEST(smtp_address, needs_both_sides_and_no_blanks) {
    for (const auto& bad :
         {""s, "a"s, "@"s, "@b"s, "a@"s, "a b@c"s, "a@b c"s, "a@b\n"s, "a\0@b"s, "\ta@b"s, "a@b\x7f"s}) {
        EXPECT_FALSE(SmtpAddress::parse(bad)) << bad;
    }
}

TEST(smtp_address, remote_routing_domain_is_a_view_of_the_domain) {
    const std::string address = "SMTP:user12@Contoso.mail.onmicrosoft.com";
    const auto domain = remote_routing_domain(address);
    ASSERT_TRUE(domain);
    EXPECT_EQ(*domain, "Contoso.mail.onmicrosoft.com");
    EXPECT_EQ(domain->data() + domain->size(), address.data() + address.size());
    EXPECT_EQ(remote_routing_domain("smtp:a@b"), "b");
    EXPECT_EQ(remote_routing_domain("sMtP:\"a@b\"@c.d"), "c.d");
}

TEST(smtp_address, remote_routing_domain_of_nothing_else) {
    for (const auto& bad : {""s,
                            "SMTP"s,
                            "SMTP:"s,
                            "SMTP:a"s,
                            "SMTP:@b"s,
                            "SMTP:a@"s,
                            "a@b"s,
                            "X400:c=de;a= ;p=Org;"s,
                            "NOTES:a@b"s,
                            "X500:/o=Org/cn=a@b"s,
                            "SMTP :a@b"s,
                            " SMTP:a@b"s,
                            "SMTP:a@b "s,
                            "SMTP: a@b"s,
                            "SMTP:a@b..c"s,
                            "SMTP:a@[10.0.0.1]"s,
                            "SMTP:a@b/c"s,
                            "SMTP:a@b\r\nX: y"s,
                            "SMTP:a@b?x"s,
                            "SMTP:a@b\0"s}) {
        EXPECT_FALSE(remote_routing_domain(bad)) << bad;
    }
    EXPECT_TRUE(remote_routing_domain("SMTP:a@" + std::string(253, 'b')));
    EXPECT_FALSE(remote_routing_domain("SMTP:a@" + std::string(254, 'b')));
}

}  // namespace
}  // namespace eas451
