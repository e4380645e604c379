// SPDX-License-Identifier: Apache-2.0
#include "recipient_cache.hpp"

#include <string>
#include <string_view>

#include "packed_user.hpp"

namespace eas451 {
namespace {

std::string pack(const Recipient& recipient) {
    std::string packed;
    UserPacker packer(packed);
    pack_attributes(packer, recipient);
    packer.text(UserField::identity, recipient.identity);
    packer.text(UserField::home_mdb, recipient.home_mdb);
    packer.text(UserField::home_server_name, recipient.home_server_name);
    packer.end();
    return packed;
}

std::shared_ptr<const Recipient> unpack(std::string_view packed) {
    const auto recipient = std::make_shared<Recipient>();
    PackedUser attributes(packed);
    for (PackedUser::Item item; attributes.next(item);) set_attribute(*recipient, item);
    return recipient;
}

}  // namespace

RecipientCache::RecipientCache(std::size_t max_entries) : lookups_({max_entries, max_entries / 4}) {
    // What would make every digest fail is found out now, not at the first login.
    static_cast<void>(key_of({}));
}

std::optional<CachedLookup> RecipientCache::find(const LoginName& login) const {
    const auto stored = lookups_.find(key_of(login));
    if (!stored) return std::nullopt;
    if (stored->packed) {
        const std::string_view packed(stored->packed.get(), stored->packed_size);
        return CachedLookup{CachedLookup::Found{unpack(packed), stored->matched}, stored->looked_up};
    }
    if (stored->is_ambiguous) return CachedLookup{Ambiguous{}, stored->looked_up};
    return CachedLookup{NotFound{}, stored->looked_up};
}

void RecipientCache::put(const LoginName& login, const Recipient& recipient, LoginForm matched, SteadyTime now) {
    const auto packed = pack(recipient);
    // Together with its count, and no larger than it is: that is fifty bytes less than a shared string.
    const auto kept = std::make_shared_for_overwrite<char[]>(packed.size());
    packed.copy(kept.get(), packed.size());
    lookups_.put(key_of(login), {kept, now, static_cast<std::uint32_t>(packed.size()), matched, false}, recipients);
}

void RecipientCache::put_nobody(const LoginName& login, Nobody nobody, SteadyTime now) {
    lookups_.put(key_of(login), {nullptr, now, 0, login.form, std::holds_alternative<Ambiguous>(nobody)}, nobodies);
}

}  // namespace eas451
