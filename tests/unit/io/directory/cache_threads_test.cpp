// SPDX-License-Identifier: Apache-2.0
// Both caches under several threads at once: what is found is whole and belongs to the login asked
// for. It is the thread sanitizer that looks for the rest.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "../../../../src/io/directory/login_cache.hpp"
#include "../../../../src/io/directory/login_memory.hpp"
#include "../../../../src/io/directory/recipient_cache.hpp"

namespace eas451 {
namespace {

constexpr int threads = 4;
constexpr int logins = 50;
constexpr int rounds = 4000;

/// Runs work(thread, round, number of a login) in every thread, all starting together.
template <class Work>
void in_every_thread(Work work) {
    std::atomic<int> ready{0};
    std::vector<std::thread> running;
    for (int thread = 0; thread < threads; ++thread) {
        running.emplace_back([&, thread] {
            ++ready;
            while (ready < threads) std::this_thread::yield();
            for (int round = 0; round < rounds; ++round) work(thread, round, (round * 7 + thread * 13) % logins);
        });
    }
    for (auto& thread : running) thread.join();
}

TEST(CacheThreads, ALoginFoundIsTheOneRemembered) {
    LoginCache cache(logins / 2);
    std::atomic<int> hits{0};
    in_every_thread([&](int thread, int round, int number) {
        const auto name = std::to_string(number);
        const auto key = LoginCache::key_of("realm", name, "secret" + name);
        if (const auto success = cache.find(key)) {
            ++hits;
            EXPECT_EQ(success->account, LoginCache::account_of(name));
        } else {
            cache.remember(key, LoginCache::account_of(name), SteadyTime{});
        }
        if (round % 100 == 99) cache.forget(key);
        if (thread == 0 && round % 1000 == 999) cache.clear();
        EXPECT_LE(cache.size(), logins / 2U);
    });
    EXPECT_GT(hits, 0);
}

TEST(CacheThreads, ARecipientFoundIsThatOfTheLogin) {
    RecipientCache cache(logins);
    std::atomic<int> hits{0};
    in_every_thread([&](int thread, int round, int number) {
        const auto name = "user" + std::to_string(number);
        const LoginName login{LoginForm::bare, name, "", name};
        if (const auto lookup = cache.find(login)) {
            if (const auto* found = std::get_if<CachedLookup::Found>(&lookup->said)) {
                ++hits;
                EXPECT_EQ(found->recipient->mail, name);
                EXPECT_EQ(found->recipient->proxy_addresses, std::vector<std::string>(3, "smtp:" + name));
            }
        }
        Recipient recipient;
        recipient.mail = name;
        recipient.proxy_addresses.assign(3, "smtp:" + name);
        if (round % 3 == 0) cache.put(login, recipient, LoginForm::bare, SteadyTime{});
        if (round % 7 == 0) cache.put_nobody(login, NotFound{}, SteadyTime{});
        if (round % 100 == 99) cache.forget(login);
        if (thread == 0 && round % 1000 == 999) cache.clear();
        EXPECT_LE(cache.size(), static_cast<std::size_t>(logins));
    });
    EXPECT_GT(hits, 0);
}

TEST(CacheThreads, WhatWasLearntBeforeEverythingWasForgottenStaysForgotten) {
    LoginMemory memory({{}, std::chrono::minutes(5), std::chrono::seconds(30), std::chrono::minutes(10), {}, logins});
    std::atomic<SteadyTime::rep> forgotten{0};
    const auto name_of = [](int number) { return LoginName{LoginForm::bare, "user" + std::to_string(number), "", {}}; };
    in_every_thread([&](int thread, int round, int number) {
        const SteadyTime learnt = std::chrono::steady_clock::now();
        if (thread == 0 && round % 500 == 499) {
            memory.forget_all(learnt);
            forgotten = learnt.time_since_epoch().count();
            return;
        }
        std::this_thread::yield();
        memory.remember(name_of(number), {}, LoginForm::bare, learnt);
    });
    memory.remember(name_of(0), {}, LoginForm::bare, std::chrono::steady_clock::now());
    int known = 0;
    for (int number = 0; number < logins; ++number) {
        const auto looked_up = memory.looked_up(name_of(number));
        if (!looked_up) continue;
        ++known;
        EXPECT_GT(looked_up->time_since_epoch().count(), forgotten);
    }
    EXPECT_GT(known, 0);
}

}  // namespace
}  // namespace eas451
