// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/echo_mask.hpp"

#include <algorithm>

namespace eas451 {
namespace {

constexpr std::size_t least_password_bytes = 8;
constexpr std::size_t least_beginning_bytes = 4;

}  // namespace

EchoMask::EchoMask(const Secret& token, const Secret& password) {
    const std::string_view padded = token.reveal();
    const std::string_view bare = padded.substr(0, padded.find_last_not_of('=') + 1);
    for (const std::string_view form : {padded, bare}) {
        if (!form.empty()) secrets_.push_back(form);
    }
    if (password.reveal().size() >= least_password_bytes) secrets_.push_back(password.reveal());
}

std::string EchoMask::masked(std::string text) const {
    for (const std::string_view secret : secrets_) {
        for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 1)) {
            text.replace(at, secret.size(), "*");
        }
    }
    return text;
}

std::string EchoMask::masked_part(std::string text) const {
    text = masked(std::move(text));
    for (const std::string_view secret : secrets_) {
        for (std::size_t bytes = std::min(secret.size(), text.size()); bytes >= least_beginning_bytes; --bytes) {
            if (!text.ends_with(secret.substr(0, bytes))) continue;
            text.replace(text.size() - bytes, bytes, "*");
            break;
        }
    }
    return text;
}

std::string EchoMask::masked_head(std::string_view head) const {
    constexpr std::size_t status_bytes = std::string_view("HTTP/1.1 200").size();
    const std::size_t kept = std::min(status_bytes, head.size());
    return std::string(head.substr(0, kept)) + masked(std::string(head.substr(kept)));
}

}  // namespace eas451
