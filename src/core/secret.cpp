// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/secret.hpp"

#include <string.h>

#include <utility>

namespace eas451 {

void cleanse(std::string& text) {
    // Up to the capacity never reallocates, and makes every byte of it ours to write.
    text.resize(text.capacity());
    ::explicit_bzero(text.data(), text.size());
    text.clear();
}

void cleanse(char* bytes, std::size_t count) {
    ::explicit_bzero(bytes, count);
}

// A short string lives inside the string object; moving it copies the bytes and leaves the old ones.
Secret::Secret(std::string&& bytes) : bytes_(std::move(bytes)) {
    cleanse(bytes);
}

Secret::Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) {
    cleanse(other.bytes_);
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this == &other) return *this;
    cleanse(bytes_);
    bytes_ = std::move(other.bytes_);
    cleanse(other.bytes_);
    return *this;
}

Secret::~Secret() {
    cleanse(bytes_);
}

}  // namespace eas451
