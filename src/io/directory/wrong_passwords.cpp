// SPDX-License-Identifier: Apache-2.0
#include "wrong_passwords.hpp"

namespace eas451 {
namespace {

bool is_wrong_itself(Rejection why) {
    return why == Rejection::bad_credentials || why == Rejection::bad_credentials_cached;
}

SecretDigest digest_of(std::string_view kind, const NameDigest& name, std::string_view password) {
    const std::string_view bytes(reinterpret_cast<const char*>(name.data()), name.size());
    return secret_digest({kind, bytes, password});
}

}  // namespace

WrongPasswords::WrongPasswords(std::size_t max_entries) : refused_({max_entries, max_entries / 4}) {}

WrongPasswords::Key WrongPasswords::key_of(const TriedAccount& account, std::string_view password) {
    if (!account.entry) return key_of_name(account, password);
    return {digest_of("entry", *account.entry, password), true};
}

WrongPasswords::Key WrongPasswords::key_of_name(const TriedAccount& account, std::string_view password) {
    return {digest_of("name", account.name, password), false};
}

void WrongPasswords::remember(const Key& key, const Refused& refused) {
    refused_.put(key.digest, refused, key.exists ? accounts : nobodies);
}

std::optional<Rejection> WrongPasswords::recall(const Key& key, std::optional<LastSet> last_set,
                                                std::chrono::milliseconds ttl, SteadyTime now) const {
    const auto known = refused_.find(key.digest);
    if (!known) return std::nullopt;
    const bool can_compare = known->last_set && last_set;
    if (can_compare && *known->last_set != *last_set) return std::nullopt;
    if (!is_wrong_itself(known->why)) {
        return now < known->tried + ttl ? std::optional(known->why) : std::nullopt;
    }
    const bool is_known = (can_compare && !known->was_set_lately) || now < known->tried + without_last_set;
    return is_known ? std::optional(Rejection::bad_credentials_cached) : std::nullopt;
}

}  // namespace eas451
