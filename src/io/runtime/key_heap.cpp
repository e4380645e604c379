// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/runtime/key_heap.hpp"

#include <malloc.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory_resource>
#include <mutex>
#include <stdexcept>
#include <system_error>

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

class KeyHeap {
public:
    KeyHeap()
        : begin_(map()),
          region_(begin_, heap_bytes, std::pmr::null_memory_resource()),
          pools_({4, std::size_t{1} << 15U}, &region_) {}

    /// Null when it is full.
    void* allocate(std::size_t bytes) noexcept {
        const std::lock_guard guard(mutex_);
        try {
            auto* const block = static_cast<char*>(pools_.allocate(block_bytes(bytes), header));
            *reinterpret_cast<std::size_t*>(block) = bytes;
            used_ += bytes;
            return block + header;
        } catch (const std::bad_alloc&) {
            ++overflows_;
            return nullptr;
        }
    }

    /// Of one of its own.
    void free(void* key) noexcept {
        const std::size_t bytes = size_of(key);
        ::explicit_bzero(key, bytes);
        const std::lock_guard guard(mutex_);
        used_ -= bytes;
        pools_.deallocate(static_cast<char*>(key) - header, block_bytes(bytes), header);
    }

    [[nodiscard]] bool owns(const void* key) const noexcept { return key >= begin_ && key < begin_ + heap_bytes; }
    [[nodiscard]] static std::size_t size_of(const void* key) noexcept {
        return *reinterpret_cast<const std::size_t*>(static_cast<const char*>(key) - header);
    }

    KeyHeapState state() {
        const std::lock_guard guard(mutex_);
        return {heap_bytes, used_, overflows_, not_locked_};
    }

private:
    /// A multiple of the alignment: libstdc++'s pools have blocks of 24 bytes, too, of which every other is not aligned.
    static std::size_t block_bytes(std::size_t bytes) { return (header + bytes + header - 1) / header * header; }

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
    std::pmr::monotonic_buffer_resource region_;
    std::pmr::unsynchronized_pool_resource pools_;
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
    if (heap().owns(key)) return heap().free(key);
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
    const bool is_ours = heap().owns(block);
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
