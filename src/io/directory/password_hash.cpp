// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/directory/password_hash.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <utility>

#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

struct ScryptCost {
    unsigned ln = 15;  // log2 of the cost N
    unsigned r = 8;
    unsigned p = 1;

    [[nodiscard]] std::uint64_t memory() const { return 128ULL * r << ln; }
};

constexpr std::size_t new_salt_size = 16;
constexpr std::size_t new_hash_size = 32;
// A hash comes from a file that somebody wrote. Its cost may not take the machine's memory, nor the
// directory loop's time: 256 MiB and some seconds are the worst.
constexpr std::uint64_t most_memory = 256ULL << 20U;

struct ParsedHash {
    ScryptCost cost;
    std::string salt;
    std::string hash;
};

/// Takes `prefix` and the decimal number behind it off the front of the text.
bool take_number(std::string_view& text, std::string_view prefix, unsigned least, unsigned most, unsigned& number) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || text.front() == '0') return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number >= least && number <= most;
}

/// The PHC format has one alphabet and no padding; base64_decode() would take more.
std::optional<std::string> decode_phc_base64(std::string_view text, std::size_t least, std::size_t most) {
    if (text.find_first_of("=-_") != std::string_view::npos) return std::nullopt;
    auto bytes = base64_decode(text);
    if (!bytes || bytes->size() < least || bytes->size() > most) return std::nullopt;
    return bytes;
}

std::optional<ParsedHash> parse_hash(std::string_view text) {
    ParsedHash parsed;
    auto& cost = parsed.cost;
    if (!take_number(text, "$scrypt$ln=", 10, 18, cost.ln) || !take_number(text, ",r=", 1, 16, cost.r) ||
        !take_number(text, ",p=", 1, 4, cost.p) || cost.memory() > most_memory) {
        return std::nullopt;
    }
    if (!text.starts_with('$')) return std::nullopt;
    text.remove_prefix(1);
    const auto dollar = text.find('$');
    if (dollar == std::string_view::npos) return std::nullopt;
    auto salt = decode_phc_base64(text.substr(0, dollar), 8, 64);
    auto hash = decode_phc_base64(text.substr(dollar + 1), 16, 64);
    if (!salt || !hash) return std::nullopt;
    parsed.salt = std::move(*salt);
    parsed.hash = std::move(*hash);
    return parsed;
}

/// Fills `derived`; false when OpenSSL has no memory for it.
bool derive(std::string_view password, std::string_view salt, const ScryptCost& cost, unsigned char* derived,
            std::size_t size) {
    // OpenSSL counts p blocks and its own scratch on top of N blocks.
    const std::uint64_t memory_limit = cost.memory() + (4ULL << 20U);
    return EVP_PBE_scrypt(password.data(), password.size(), reinterpret_cast<const unsigned char*>(salt.data()),
                          salt.size(), 1ULL << cost.ln, cost.r, cost.p, memory_limit, derived, size) == 1;
}

std::string without_padding(std::string text) {
    while (text.ends_with('=')) text.pop_back();
    return text;
}

}  // namespace

std::string hash_password(std::string_view password) {
    std::string salt(new_salt_size, '\0');
    std::string hash(new_hash_size, '\0');
    const ScryptCost cost;
    if (RAND_bytes(reinterpret_cast<unsigned char*>(salt.data()), static_cast<int>(salt.size())) != 1) {
        throw std::runtime_error("no random bytes for a salt");
    }
    if (!derive(password, salt, cost, reinterpret_cast<unsigned char*>(hash.data()), hash.size())) {
        throw std::runtime_error("no memory for a password hash");
    }
    return "$scrypt$ln=" + std::to_string(cost.ln) + ",r=" + std::to_string(cost.r) + ",p=" + std::to_string(cost.p) +
           "$" + without_padding(base64_encode(salt)) + "$" + without_padding(base64_encode(hash));
}

bool is_password_hash(std::string_view hash) {
    return parse_hash(hash).has_value();
}

bool verify_password(std::string_view password, std::string_view hash) {
    const auto parsed = parse_hash(hash);
    if (!parsed) return false;
    std::array<unsigned char, 64> derived{};
    const bool done = derive(password, parsed->salt, parsed->cost, derived.data(), parsed->hash.size());
    const bool equal = CRYPTO_memcmp(derived.data(), parsed->hash.data(), parsed->hash.size()) == 0;
    OPENSSL_cleanse(derived.data(), derived.size());
    return done && equal;
}

}  // namespace eas451
