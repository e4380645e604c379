// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/runtime/key_heap.hpp"

#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace eas451 {
namespace {

/// As main() does, before anything calls OpenSSL: other tests' own constants do.
struct FirstOfAll {
    FirstOfAll() { give_openssl_the_key_heap(); }
};
[[gnu::init_priority(101)]] const FirstOfAll first_of_all;

TEST(KeyHeap, GivesAlignedMemoryAndTakesItBack) {
    const std::size_t before = key_heap_state().used;
    std::vector<void*> keys;
    for (const std::size_t bytes : {1U, 15U, 16U, 17U, 1000U, 16384U}) {
        keys.push_back(allocate_for_key(bytes));
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(keys.back()) % alignof(std::max_align_t), 0U);
        std::memset(keys.back(), 0xAA, bytes);
    }
    EXPECT_EQ(key_heap_state().used, before + 1 + 15 + 16 + 17 + 1000 + 16384);
    for (void* key : keys) free_key(key);
    EXPECT_EQ(key_heap_state().used, before);
    free_key(nullptr);
}

TEST(KeyHeap, OverwritesWhatIsFreed) {
    auto* const key = static_cast<unsigned char*>(allocate_for_key(64));
    std::memset(key, 0xAA, 64);
    free_key(key);
    // The pages stay; the pool's own pointer may stand at the front.
    EXPECT_EQ(std::count(key + sizeof(void*), key + 64, 0xAA), 0);
}

TEST(KeyHeap, GoesOnInTheOrdinaryHeapWhenItIsFull) {
    const KeyHeapState before = key_heap_state();
    constexpr std::size_t piece = 16384;
    std::vector<void*> keys;
    for (std::size_t taken = 0; taken <= before.bytes; taken += piece) keys.push_back(allocate_for_key(piece));
    EXPECT_GT(key_heap_state().overflows, before.overflows);
    EXPECT_LE(key_heap_state().used, before.bytes);
    std::memset(keys.back(), 0xAA, piece);
    // Of any size: what is left is used, too, and then the ordinary heap again.
    for (std::size_t bytes = 1; bytes <= 100000; bytes += bytes / 7 + 1) {
        for (int i = 0; i < 50; ++i) {
            keys.push_back(allocate_for_key(bytes));
            std::memset(keys.back(), 0xAA, bytes);
        }
    }
    for (void* key : keys) free_key(key);
    EXPECT_EQ(key_heap_state().used, before.used);
    void* const again = allocate_for_key(piece);
    EXPECT_EQ(key_heap_state().used, before.used + piece);
    free_key(again);
}

TEST(KeyHeap, MakesAKeyOfZeros) {
    const auto key = make_key<std::array<unsigned char, 96>>();
    EXPECT_EQ(std::count(key->begin(), key->end(), 0), 96);
}

/// VmFlags of the mapping that holds an address.
std::string flags_of(const void* address) {
    std::ifstream maps("/proc/self/smaps");
    const auto wanted = reinterpret_cast<std::uintptr_t>(address);
    bool is_in = false;
    for (std::string line; std::getline(maps, line);) {
        unsigned long first = 0;
        unsigned long last = 0;
        if (std::sscanf(line.c_str(), "%lx-%lx ", &first, &last) == 2) is_in = first <= wanted && wanted < last;
        if (is_in && line.starts_with("VmFlags:")) return line + ' ';
    }
    return {};
}

TEST(KeyHeap, IsLeftOutOfDumpsAndForksAndIsLocked) {
    const auto key = make_key<int>();
    const std::string flags = flags_of(key.get());
    EXPECT_NE(flags.find(" dd "), std::string::npos) << flags;
    EXPECT_NE(flags.find(" wf "), std::string::npos) << flags;
    EXPECT_EQ(flags.find(" lo ") == std::string::npos, !key_heap_state().not_locked.empty()) << flags;
}

TEST(KeyHeap, IsFencedByPagesThatCannotBeTouched) {
    const auto key = make_key<int>();
    std::ifstream maps("/proc/self/maps");
    std::string before;
    const auto address = reinterpret_cast<std::uintptr_t>(key.get());
    for (std::string line; std::getline(maps, line); before = line) {
        unsigned long first = 0;
        unsigned long last = 0;
        ASSERT_EQ(std::sscanf(line.c_str(), "%lx-%lx ", &first, &last), 2);
        if (address < first || address >= last) continue;
        EXPECT_NE(before.find("---p"), std::string::npos) << before;
        ASSERT_TRUE(std::getline(maps, line));
        EXPECT_NE(line.find("---p"), std::string::npos) << line;
        return;
    }
    FAIL() << "the heap is nowhere";
}

TEST(KeyHeap, ServesThreadsAtOnce) {
    const std::size_t before = key_heap_state().used;
    std::vector<std::thread> threads;
    for (unsigned char mark = 1; mark <= 4; ++mark) {
        threads.emplace_back([mark] {
            for (std::size_t i = 0; i < 2000; ++i) {
                const std::size_t bytes = 1 + i % 300;
                auto* const key = static_cast<unsigned char*>(allocate_for_key(bytes));
                std::memset(key, mark, bytes);
                EXPECT_EQ(std::count(key, key + bytes, mark), static_cast<std::ptrdiff_t>(bytes));
                free_key(key);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(key_heap_state().used, before);
}

TEST(KeyHeap, EveryKeyIsAlignedForAnything) {
    std::vector<void*> keys;
    for (std::size_t bytes = 1; bytes <= 300; ++bytes) {
        keys.push_back(allocate_for_key(bytes));
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(keys.back()) % alignof(std::max_align_t), 0U) << bytes;
    }
    for (void* key : keys) free_key(key);
}

TEST(KeyHeap, WhatOpenSslMakesLongerStaysInIt) {
    const std::size_t before = key_heap_state().used;
    void* key = nullptr;
    {
        const KeyScope in_key_heap;
        key = OPENSSL_malloc(100);
    }
    std::memset(key, 0xAA, 100);
    key = OPENSSL_realloc(key, 300);
    const auto* const bytes = static_cast<unsigned char*>(key);
    EXPECT_EQ(std::count(bytes, bytes + 100, 0xAA), 100);
    EXPECT_EQ(key_heap_state().used, before + 300);
    OPENSSL_free(key);
    EXPECT_EQ(key_heap_state().used, before);
}

}  // namespace
}  // namespace eas451
