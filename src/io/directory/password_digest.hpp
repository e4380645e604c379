// SPDX-License-Identifier: Apache-2.0
// PasswordKey: keeps the plain passwords of a lab's file out of memory. What is stored is an
// HMAC-SHA-256 under a key made for this load; two digests have one length and compare in constant
// time whatever the passwords are.
#pragma once

#include <string>
#include <string_view>

namespace eas451 {

class PasswordKey {
public:
    static constexpr std::size_t digest_size = 32;

    PasswordKey();   // a random key
    ~PasswordKey();  // cleansed
    PasswordKey(const PasswordKey&) = delete;
    PasswordKey& operator=(const PasswordKey&) = delete;

    [[nodiscard]] std::string digest(std::string_view password) const;
    /// `digest` of another length (a user without a password has an empty one) never matches, and
    /// takes the same time.
    [[nodiscard]] bool matches(std::string_view password, std::string_view digest) const;

private:
    std::string key_;
};

}  // namespace eas451
