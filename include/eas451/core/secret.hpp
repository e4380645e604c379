// SPDX-License-Identifier: Apache-2.0
// Secret: a password in memory. It can be moved, not copied; it has no stream operator and no
// conversion; its bytes are cleansed when it ends or is moved from. One owner, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace eas451 {

/// Overwrites the whole capacity of the string, so that no byte of a secret stays behind, and
/// leaves it empty. The compiler may not leave it out.
void cleanse(std::string& text);
/// The same for a buffer.
void cleanse(char* bytes, std::size_t count);

/// Cleanses a string that holds a secret for a while, on every way out of the scope.
class CleansedAtEnd {
public:
    explicit CleansedAtEnd(std::string& text) : text_(text) {}
    CleansedAtEnd(const CleansedAtEnd&) = delete;
    CleansedAtEnd& operator=(const CleansedAtEnd&) = delete;
    ~CleansedAtEnd() { cleanse(text_); }

private:
    std::string& text_;
};

class Secret {
public:
    Secret() = default;
    /// Takes the bytes over; what the caller's string held is cleansed.
    explicit Secret(std::string&& bytes);
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();

    /// The bytes, for the one place that has to compare, hash or send them. Valid while *this is.
    [[nodiscard]] std::string_view reveal() const { return bytes_; }
    [[nodiscard]] bool empty() const { return bytes_.empty(); }

private:
    std::string bytes_;
};

}  // namespace eas451
