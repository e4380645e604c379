// SPDX-License-Identifier: Apache-2.0
#include "lber_memory.hpp"

#include <lber.h>
#include <malloc.h>
#include <string.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace eas451 {
namespace {

void* allocate(ber_len_t bytes, void*) {
    return std::malloc(bytes);
}

void* allocate_zeros(ber_len_t count, ber_len_t bytes, void*) {
    return std::calloc(count, bytes);
}

void overwrite_and_free(void* block, void*) {
    if (block == nullptr) return;
    ::explicit_bzero(block, ::malloc_usable_size(block));
    std::free(block);
}

/// realloc() would leave the old bytes where they were.
void* reallocate(void* block, ber_len_t bytes, void* context) {
    void* const moved = std::malloc(bytes);
    if (moved == nullptr || block == nullptr) return moved;
    ::memcpy(moved, block, std::min<std::size_t>(bytes, ::malloc_usable_size(block)));
    overwrite_and_free(block, context);
    return moved;
}

}  // namespace

void make_libldap_overwrite_what_it_frees() {
    // lber.h: before anything was allocated by other functions; those of the C library do not count.
    static const int given = [] {
        BerMemoryFunctions functions{allocate, allocate_zeros, reallocate, overwrite_and_free};
        return ber_set_option(nullptr, LBER_OPT_MEMORY_FNS, &functions);
    }();
    if (given != LBER_OPT_SUCCESS) throw std::runtime_error("liblber: other functions for memory were given to it");
}

}  // namespace eas451
