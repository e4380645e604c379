// SPDX-License-Identifier: Apache-2.0
// EchoMask: a server may send back the secrets that it was sent; whoever shows its answer shows "*" instead. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "eas451/core/secret.hpp"

namespace eas451 {

class EchoMask {
public:
    /// `token` is that of Basic, and is looked for without its padding too. A password below eight bytes is not looked
    /// for: it could be a word of any answer. Both have to outlive this object.
    EchoMask(const Secret& token, const Secret& password);

    /// Every occurrence is one "*".
    [[nodiscard]] std::string masked(std::string text) const;
    /// Of text that may break off anywhere: four bytes and more of a secret's beginning at its end become "*" as well.
    [[nodiscard]] std::string masked_part(std::string text) const;
    /// Of a head that parse_response_head() took: its version and its status stay as they are.
    [[nodiscard]] std::string masked_head(std::string_view head) const;

private:
    std::vector<std::string_view> secrets_;  // the longer form first
};

}  // namespace eas451
