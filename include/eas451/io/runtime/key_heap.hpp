// SPDX-License-Identifier: Apache-2.0
// The key heap: where keys live that stay. Pages of our own that are locked in RAM, left out of core
// dumps, empty in a forked child and fenced by pages that cannot be touched; what is freed is overwritten.
//
// OpenSSL takes its memory from it too, on a thread that says so by a KeyScope: whatever it makes of a
// private key then, be it a number, a Montgomery context or a copy it forgets, is in these pages.
// docs/adr/0017-key-heap.md says why its own secure heap is not enough.
//
// Any thread. The size is fixed; when it is used up, keys go to the ordinary heap, and are overwritten
// when they are freed within a KeyScope.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>

namespace eas451 {

/// Lets OpenSSL use the key heap. Before anything else calls OpenSSL, else it is refused: std::runtime_error, since keys
/// would be where nobody expects them.
void give_openssl_the_key_heap();

/// While one lives, OpenSSL's memory on this thread comes from the key heap.
class KeyScope {
public:
    KeyScope();
    ~KeyScope();
    KeyScope(const KeyScope&) = delete;
    KeyScope& operator=(const KeyScope&) = delete;
};

struct KeyHeapState {
    std::size_t bytes = 0;     // of the whole
    std::size_t used = 0;      // by what is allocated now
    std::size_t overflows = 0; // allocations that had to go to the ordinary heap
    std::string not_locked;    // why its pages may be swapped out; empty: they may not
};
[[nodiscard]] KeyHeapState key_heap_state();

/// Aligned for anything; std::bad_alloc when there is no memory at all.
[[nodiscard]] void* allocate_for_key(std::size_t bytes);
/// Overwrites and gives back; null is nothing.
void free_key(void* key) noexcept;

struct KeyDeleter {
    template <class T>
    void operator()(T* key) const noexcept {
        key->~T();
        free_key(key);
    }
};
template <class T>
using KeyPointer = std::unique_ptr<T, KeyDeleter>;

/// A T of its own there, all bytes zero.
template <class T>
    requires std::is_trivially_copyable_v<T>
KeyPointer<T> make_key() {
    return KeyPointer<T>(new (allocate_for_key(sizeof(T))) T{});
}

}  // namespace eas451
