// SPDX-License-Identifier: Apache-2.0
#include "../../../../src/io/directory/login_cache.hpp"

#include <gtest/gtest.h>

#include <string>

namespace eas451 {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime start{1000h};

TEST(LoginCache, KnowsARightPasswordAgain) {
    LoginCache cache(10);
    const auto key = cache.key_of("contoso.com", "anna", "secret");
    const auto anna = cache.account_of("CN=Anna,DC=contoso,DC=com");
    EXPECT_FALSE(cache.find(key).has_value());
    cache.remember(key, anna, start);
    const auto success = cache.find(cache.key_of("contoso.com", "anna", "secret"));
    ASSERT_TRUE(success.has_value());
    EXPECT_EQ(success->account, cache.account_of("cn=anna,dc=CONTOSO,dc=com"));
    EXPECT_EQ(success->accepted, start);
    EXPECT_EQ(cache.size(), 1U);
}

TEST(LoginCache, KnowsNoOther) {
    LoginCache cache(10);
    cache.remember(cache.key_of("contoso.com", "anna", "secret"), cache.account_of("CN=Anna"), start);
    const struct { std::string_view realm, login, password; } others[] = {
        {"contoso.com", "anna", "Secret"}, {"contoso.com", "anna", "secre"},  {"contoso.com", "anna", ""},
        {"contoso.com", "Anna", "secret"}, {"contoso.co", "manna", "secret"}, {"", "contoso.comanna", "secret"},
        {"contoso.com", "annas", "ecret"}, {"", "anna", "secret"},
    };
    for (const auto& other : others) {
        EXPECT_FALSE(cache.find(cache.key_of(other.realm, other.login, other.password)).has_value())
            << other.realm << other.login << other.password;
    }
    EXPECT_NE(cache.account_of("CN=Anna"), cache.account_of("CN=Ann"));
}

TEST(LoginCache, TheLastCheckCounts) {
    LoginCache cache(10);
    const auto key = cache.key_of("", "anna", "secret");
    cache.remember(key, cache.account_of("CN=Anna"), start);
    cache.remember(key, cache.account_of("CN=Another Anna"), start + 1min);
    ASSERT_TRUE(cache.find(key).has_value());
    EXPECT_EQ(cache.find(key)->account, cache.account_of("CN=Another Anna"));
    EXPECT_EQ(cache.find(key)->accepted, start + 1min);
    EXPECT_EQ(cache.size(), 1U);
}

TEST(LoginCache, ForgetsOneOrAll) {
    LoginCache cache(10);
    const auto anna = cache.key_of("", "anna", "secret");
    const auto lars = cache.key_of("", "lars", "secret");
    for (const auto& key : {anna, lars}) cache.remember(key, {}, start);
    cache.forget(anna);
    EXPECT_FALSE(cache.find(anna).has_value());
    EXPECT_TRUE(cache.find(lars).has_value());
    cache.clear();
    EXPECT_EQ(cache.size(), 0U);
}

TEST(LoginCache, AFloodOfNewOnesKeepsItsSizeAndWhatIsInUse) {
    constexpr std::size_t most = 2000;
    LoginCache cache(most);
    const auto in_use = cache.key_of("", "anna", "secret");
    cache.remember(in_use, {}, start);
    for (std::size_t i = 0; i < 10 * most; ++i) {
        cache.remember(cache.key_of("", "login" + std::to_string(i), "secret"), {}, start + 1s);
        if (i % 100 == 0) {
            ASSERT_TRUE(cache.find(in_use).has_value()) << i;
        }
    }
    EXPECT_EQ(cache.size(), most);
    EXPECT_EQ(cache.find(in_use)->accepted, start);
    EXPECT_FALSE(cache.find(cache.key_of("", "login0", "secret")).has_value());
}

}  // namespace
}  // namespace eas451
