// SPDX-License-Identifier: Apache-2.0
#include "../../../../src/io/directory/recipient_cache.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include <limits>
#include <string>

namespace eas451 {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime start{1000h};

LoginName login(std::string_view text) {
    auto name = parse_login_name(text);
    EXPECT_TRUE(name.has_value()) << text;
    return *std::move(name);
}

Recipient with_mail(std::string mail) {
    Recipient recipient;
    recipient.mail = std::move(mail);
    return recipient;
}

Recipient complete() {
    return {
        .distinguished_name = "CN=García\\, Élodie,OU=Staff,DC=contoso,DC=com",
        .identity = "00112233445566778899aabbccddeeff//313333/",
        .user_principal_name = "elodie@contoso.com",
        .sam_account_name = "elodie",
        .mail = "elodie.garcia@contoso.com",
        .proxy_addresses = {"SMTP:elodie.garcia@contoso.com", "smtp:eg@contoso.com", "X500:/o=Contoso/cn=eg"},
        .mail_nickname = "elodie.garcia",
        .home_mdb = "CN=DB01,CN=Databases,CN=Contoso,CN=Microsoft Exchange,DC=contoso,DC=com",
        .home_server_name = "/o=Contoso/cn=Configuration/cn=Servers/cn=EX1",
        .target_address = "SMTP:elodie@contoso.mail.onmicrosoft.com",
        .recipient_type_details = std::numeric_limits<std::int64_t>::max(),
        .remote_recipient_type = 4,
        .user_account_control = 0xffffffff,
        .mobile_features = -1,
        .has_mailbox_guid = true,
    };
}

void expect_same(const Recipient& is, const Recipient& should_be) {
    EXPECT_EQ(is.distinguished_name, should_be.distinguished_name);
    EXPECT_EQ(is.identity, should_be.identity);
    EXPECT_EQ(is.user_principal_name, should_be.user_principal_name);
    EXPECT_EQ(is.sam_account_name, should_be.sam_account_name);
    EXPECT_EQ(is.mail, should_be.mail);
    EXPECT_EQ(is.proxy_addresses, should_be.proxy_addresses);
    EXPECT_EQ(is.mail_nickname, should_be.mail_nickname);
    EXPECT_EQ(is.home_mdb, should_be.home_mdb);
    EXPECT_EQ(is.home_server_name, should_be.home_server_name);
    EXPECT_EQ(is.target_address, should_be.target_address);
    EXPECT_EQ(is.recipient_type_details, should_be.recipient_type_details);
    EXPECT_EQ(is.remote_recipient_type, should_be.remote_recipient_type);
    EXPECT_EQ(is.user_account_control, should_be.user_account_control);
    EXPECT_EQ(is.mobile_features, should_be.mobile_features);
    EXPECT_EQ(is.has_mailbox_guid, should_be.has_mailbox_guid);
}

/// "upn anna@contoso.com", "not-found", "ambiguous", or "nothing".
std::string said(const RecipientCache& cache, std::string_view of) {
    const auto lookup = cache.find(login(of));
    if (!lookup) return "nothing";
    if (std::holds_alternative<NotFound>(lookup->said)) return "not-found";
    if (std::holds_alternative<Ambiguous>(lookup->said)) return "ambiguous";
    const auto& found = std::get<CachedLookup::Found>(lookup->said);
    return std::string(to_string(found.matched)) + " " + found.recipient->mail;
}

TEST(RecipientCache, GivesEveryAttributeBack) {
    RecipientCache cache(8);
    auto few = complete();
    few.recipient_type_details = 0;
    few.remote_recipient_type.reset();
    few.user_account_control = 0;
    few.mobile_features = std::numeric_limits<std::int32_t>::min();
    few.has_mailbox_guid = false;
    few.home_server_name.clear();
    for (const auto& recipient : {complete(), Recipient{}, few, with_mail(std::string(100000, 'x'))}) {
        cache.put(login("anna"), recipient, LoginForm::smtp, start);
        const auto lookup = cache.find(login("anna"));
        ASSERT_TRUE(lookup.has_value());
        EXPECT_EQ(lookup->looked_up, start);
        const auto* found = std::get_if<CachedLookup::Found>(&lookup->said);
        ASSERT_NE(found, nullptr);
        EXPECT_EQ(found->matched, LoginForm::smtp);
        expect_same(*found->recipient, recipient);
    }
    EXPECT_EQ(cache.size(), 1U);
}

TEST(RecipientCache, WhatWasFoundOutlivesItsEntry) {
    RecipientCache cache(8);
    cache.put(login("anna"), complete(), LoginForm::bare, start);
    const auto lookup = cache.find(login("anna"));
    cache.clear();
    ASSERT_TRUE(lookup.has_value());
    expect_same(*std::get<CachedLookup::Found>(lookup->said).recipient, complete());
}

TEST(RecipientCache, ALoginIsItsFormAndItsTextWithoutAsciiCase) {
    RecipientCache cache(40);
    cache.put(login("anna@contoso.com"), with_mail("a"), LoginForm::smtp, start);
    cache.put(login("CONTOSO\\anna"), with_mail("b"), LoginForm::netbios, start);
    cache.put(login("anna"), with_mail("c"), LoginForm::bare, start);
    cache.put(login("jürgen"), with_mail("d"), LoginForm::bare, start);
    EXPECT_EQ(cache.size(), 4U);
    EXPECT_EQ(said(cache, "ANNA@Contoso.COM"), "smtp a");
    EXPECT_EQ(said(cache, "contoso\\Anna"), "netbios b");
    EXPECT_EQ(said(cache, "Anna"), "bare c");
    EXPECT_EQ(said(cache, "JüRGEN"), "bare d");
    for (const auto* other : {"jÜrgen", "ann", "annaa", "FABRIKAM\\anna", "anna@contoso.co"}) {
        EXPECT_EQ(said(cache, other), "nothing") << other;
    }
    auto of_another_form = login("anna");
    of_another_form.form = LoginForm::netbios;
    EXPECT_FALSE(cache.find(of_another_form).has_value());
}

TEST(RecipientCache, WhatWasSaidLastCounts) {
    RecipientCache cache(8);
    const auto anna = login("anna");
    cache.put_nobody(anna, NotFound{}, start);
    EXPECT_EQ(said(cache, "anna"), "not-found");
    cache.put_nobody(anna, Ambiguous{}, start + 1s);
    EXPECT_EQ(said(cache, "anna"), "ambiguous");
    EXPECT_EQ(cache.find(anna)->looked_up, start + 1s);
    cache.put(anna, with_mail("a"), LoginForm::bare, start + 2s);
    EXPECT_EQ(said(cache, "anna"), "bare a");
    EXPECT_EQ(cache.find(anna)->looked_up, start + 2s);
    cache.put_nobody(anna, NotFound{}, start + 3s);
    EXPECT_EQ(said(cache, "anna"), "not-found");
    EXPECT_EQ(cache.size(), 1U);
}

TEST(RecipientCache, ForgetsOneOrAll) {
    RecipientCache cache(8);
    cache.put(login("anna"), with_mail("a"), LoginForm::bare, start);
    cache.put(login("lars"), with_mail("l"), LoginForm::bare, start);
    cache.put_nobody(login("nobody"), NotFound{}, start);
    cache.forget(login("ANNA"));
    EXPECT_EQ(said(cache, "anna"), "nothing");
    EXPECT_EQ(said(cache, "lars"), "bare l");
    EXPECT_EQ(cache.size(), 2U);
    cache.clear();
    EXPECT_EQ(cache.size(), 0U);
    EXPECT_EQ(said(cache, "nobody"), "nothing");
}

TEST(RecipientCache, NobodyHasRoomOfItsOwn) {
    RecipientCache cache(8);
    for (int i = 0; i < 8; ++i) {
        cache.put(login("user" + std::to_string(i)), with_mail("u"), LoginForm::bare, start);
    }
    for (int i = 0; i < 1000; ++i) cache.put_nobody(login("nobody" + std::to_string(i)), NotFound{}, start);
    EXPECT_EQ(cache.size(), 10U);
    for (int i = 0; i < 8; ++i) EXPECT_EQ(said(cache, "user" + std::to_string(i)), "bare u");
    EXPECT_EQ(said(cache, "nobody997"), "nothing");
    EXPECT_EQ(said(cache, "nobody998"), "not-found");
    EXPECT_EQ(said(cache, "nobody999"), "not-found");
    cache.put(login("user8"), with_mail("u"), LoginForm::bare, start);
    EXPECT_EQ(cache.size(), 10U);
    EXPECT_EQ(said(cache, "user0"), "nothing");  // used longest ago of the recipients
    EXPECT_EQ(said(cache, "user1"), "bare u");
    EXPECT_EQ(said(cache, "user8"), "bare u");
}

/// The bar is 100 MiB for 100,000, which the benchmark measures.
TEST(RecipientCache, TenThousandTakeTenMebibytes) {
    const auto before = mallinfo2().uordblks;
    RecipientCache cache(12000);
    for (int i = 0; i < 10000; ++i) cache.put(login("user" + std::to_string(i)), complete(), LoginForm::bare, start);
    ASSERT_EQ(cache.size(), 10000U);
    const auto after = mallinfo2().uordblks;
    if (after == 0) GTEST_SKIP() << "this allocator does not say what is in use";
    EXPECT_LT(after - before, std::size_t{10} << 20U);
}

TEST(RecipientCache, ChurnTakesNoMoreMemory) {
    constexpr int most = 2048;
    RecipientCache cache(most);
    const auto fill = [&](int from, int to) {
        for (int i = from; i < to; ++i) {
            const auto name = "user" + std::to_string(1000000 + i);
            auto recipient = complete();
            recipient.home_mdb += name;  // databases change as well
            cache.put(login(name), recipient, LoginForm::bare, start);
            cache.put_nobody(login("nobody" + std::to_string(1000000 + i)), NotFound{}, start);
        }
    };
    fill(0, 2 * most);  // shards fill unevenly: twice, and all of them are full
    ASSERT_EQ(cache.size(), std::size_t{most} + most / 4);
    const auto before = mallinfo2().uordblks;
    fill(2 * most, 12 * most);
    EXPECT_EQ(cache.size(), std::size_t{most} + most / 4);
    const auto after = mallinfo2().uordblks;
    if (before == 0) GTEST_SKIP() << "this allocator does not say what is in use";
    EXPECT_LT(after, before + before / 50);
    cache.clear();
    EXPECT_LT(mallinfo2().uordblks, before - std::size_t{most} * 500);
}

}  // namespace
}  // namespace eas451
