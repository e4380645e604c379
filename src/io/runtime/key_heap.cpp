// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/runtime/key_heap.hpp"

#include <malloc.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace eas451 {
namespace {

// Room for a few hundred keys. RLIMIT_MEMLOCK counts all of it, RAM only the pages that were used.
constexpr std::size_t heap_bytes = std::size_t{2} << 20U;
constexpr std::size_t page = 4096;
/// Before each block: what was asked for.
constexpr std::size_t header = alignof(std::max_align_t);

int lock(void* begin, std::size_t bytes) {
    // Pages are locked as they are first touched, so that those that never are cost nothing.
    constexpr unsigned on_fault = 1;  // MLOCK_ONFAULT
    if (::syscall(SYS_mlock2, begin, bytes, on_fault) == 0) return 0;
    return errno == ENOSYS ? ::mlock(begin, bytes) : -1;
}

/// Blocks of a few sizes, powers of two: for each a list of those that are free, and the part of the region that nobody
/// has had yet. libstdc++'s pool resources are not for this: they crash once their region is used up.
class Blocks {
public:
    explicit Blocks(char* begin) : unused_(begin), end_(begin + heap_bytes) {}

    /// Null when there is no room. Aligned for anything.
    char* take(std::size_t bytes) noexcept {
        const std::size_t list = list_of(bytes);
        if (list >= free_.size()) return nullptr;
        if (free_[list] != nullptr) return pop(list);
        const std::size_t size = smallest << list;
        if (static_cast<std::size_t>(end_ - unused_) >= size) return std::exchange(unused_, unused_ + size);
        return half_of_a_larger_one(list);
    }
    void give_back(char* block, std::size_t bytes) noexcept { push(list_of(bytes), block); }

private:
    char* pop(std::size_t list) noexcept { return std::exchange(free_[list], *reinterpret_cast<char**>(free_[list])); }
    void push(std::size_t list, char* block) noexcept {
        *reinterpret_cast<char**>(block) = std::exchange(free_[list], block);
    }

    /// The smallest there is, halved until it fits. Halves are not put together again.
    char* half_of_a_larger_one(std::size_t list) noexcept {
        std::size_t larger = list + 1;
        while (larger < free_.size() && free_[larger] == nullptr) ++larger;
        if (larger >= free_.size()) return nullptr;
        char* const block = pop(larger);
        while (larger-- > list) push(larger, block + (smallest << larger));
        return block;
    }

    static constexpr std::size_t smallest = 32;
    static std::size_t list_of(std::size_t bytes) {
        return static_cast<std::size_t>(std::bit_width((std::max(bytes, smallest) - 1) / smallest));
    }

    std::array<char*, 12> free_{};  // up to 64 KiB
    char* unused_;
    char* end_;
};

/// Of the region, once there is one. Apart from it, since every block that OpenSSL frees is looked at.
constinit std::atomic<std::uintptr_t> region = 0;

bool is_in_region(const void* block) noexcept {
    const std::uintptr_t begin = region.load(std::memory_order_relaxed);
    return begin != 0 && reinterpret_cast<std::uintptr_t>(block) - begin < heap_bytes;
}

class KeyHeap {
public:
    KeyHeap() : begin_(map()), blocks_(begin_) { region = reinterpret_cast<std::uintptr_t>(begin_); }

    /// Null when it is full.
    void* allocate(std::size_t bytes) noexcept {
        const std::lock_guard guard(mutex_);
        char* const block = bytes <= heap_bytes ? blocks_.take(header + bytes) : nullptr;
        if (block == nullptr) {
            ++overflows_;
            return nullptr;
        }
        *reinterpret_cast<std::size_t*>(block) = bytes;
        used_ += bytes;
        return block + header;
    }

    /// Of one of its own.
    void free(void* key) noexcept {
        const std::size_t bytes = size_of(key);
        ::explicit_bzero(key, bytes);
        const std::lock_guard guard(mutex_);
        used_ -= bytes;
        blocks_.give_back(static_cast<char*>(key) - header, header + bytes);
    }

    [[nodiscard]] static std::size_t size_of(const void* key) noexcept {
        return *reinterpret_cast<const std::size_t*>(static_cast<const char*>(key) - header);
    }

    KeyHeapState state() {
        const std::lock_guard guard(mutex_);
        return {heap_bytes, used_, overflows_, not_locked_};
    }

private:
    char* map() {
        void* const all = ::mmap(nullptr, heap_bytes + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (all == MAP_FAILED) throw std::bad_alloc();
        char* const begin = static_cast<char*>(all) + page;
        if (::mprotect(begin, heap_bytes, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
        ::madvise(begin, heap_bytes, MADV_DONTDUMP);
        ::madvise(begin, heap_bytes, MADV_WIPEONFORK);
        if (lock(begin, heap_bytes) != 0) not_locked_ = std::generic_category().message(errno);
        return begin;
    }

    std::mutex mutex_;
    std::string not_locked_;
    std::size_t used_ = 0;
    std::size_t overflows_ = 0;
    char* begin_;
    Blocks blocks_;
};

/// Never ends: what OpenSSL frees after main() may be in it.
KeyHeap& heap() {
    static auto* const only = new KeyHeap;
    return *only;
}

thread_local unsigned scopes = 0;

void* take(std::size_t bytes) noexcept {
    void* const key = heap().allocate(bytes);
    return key != nullptr ? key : std::malloc(bytes);
}

void give_back(void* key) noexcept {
    if (is_in_region(key)) return heap().free(key);
    if (scopes != 0 && key != nullptr) ::explicit_bzero(key, ::malloc_usable_size(key));
    std::free(key);
}

// What OpenSSL calls instead of malloc(), realloc() and free().
void* openssl_malloc(std::size_t bytes, const char*, int) {
    return scopes != 0 && bytes != 0 ? take(bytes) : std::malloc(bytes);
}

void openssl_free(void* block, const char*, int) {
    give_back(block);
}

void* openssl_realloc(void* block, std::size_t bytes, const char* file, int line) {
    if (block == nullptr) return openssl_malloc(bytes, file, line);
    const bool is_ours = is_in_region(block);
    if (scopes == 0 && !is_ours) return std::realloc(block, bytes);
    const std::size_t before = is_ours ? KeyHeap::size_of(block) : ::malloc_usable_size(block);
    // What is a key stays among the keys, whoever makes it longer.
    void* const moved = is_ours && bytes != 0 ? take(bytes) : openssl_malloc(bytes, file, line);
    if (moved == nullptr) return nullptr;
    ::memcpy(moved, block, std::min(before, bytes));
    give_back(block);
    return moved;
}

}  // namespace

void give_openssl_the_key_heap() {
    heap();
    if (CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) == 1) return;
    throw std::runtime_error("OpenSSL was called before it could be given the memory for keys");
}

KeyScope::KeyScope() {
    ++scopes;
}
KeyScope::~KeyScope() {
    --scopes;
}

KeyHeapState key_heap_state() {
    return heap().state();
}

void* allocate_for_key(std::size_t bytes) {
    void* const key = take(bytes);
    if (key == nullptr) throw std::bad_alloc();
    return key;
}

void free_key(void* key) noexcept {
    const KeyScope overwriting;
    give_back(key);
}

}  // namespace eas451
