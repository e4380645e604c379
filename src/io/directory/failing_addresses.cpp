// SPDX-License-Identifier: Apache-2.0
#include "failing_addresses.hpp"

#include <algorithm>

namespace eas451 {
namespace {

bool holds(const std::vector<NameDigest>& users, const NameDigest& user) {
    return std::ranges::find(users, user) != users.end();
}

}  // namespace

FailingAddresses::Room FailingAddresses::room(const NameDigest& address, const NameDigest& user, SteadyTime now) {
    if (options_.places == 0) return Room::free;
    Address* const known = addresses_.find(address);
    if (known == nullptr) return make_room() ? Room::free : Room::uncertain;
    let_leave(*known, now);
    if (holds(known->failed, user)) return Room::free;
    if (known->failed.size() >= options_.places) return Room::none;
    return known->failed.size() + known->reserved < options_.places ? Room::free : Room::uncertain;
}

bool FailingAddresses::reserve(const NameDigest& address, const NameDigest& user) {
    if (options_.places == 0) return false;
    Address* known = addresses_.find(address);
    if (known == nullptr) known = &addresses_.add(address);
    addresses_.touch(address);
    if (holds(known->failed, user)) return false;
    ++known->reserved;
    return true;
}

void FailingAddresses::release(const NameDigest& address) {
    Address* const known = addresses_.find(address);
    if (known == nullptr) return;
    --known->reserved;
    if (known->reserved == 0 && known->failed.empty()) addresses_.erase(address);
}

void FailingAddresses::fail(const NameDigest& address, const NameDigest& user, bool reserved, SteadyTime now) {
    if (options_.places == 0 && !reserved) return;
    Address* known = addresses_.find(address);
    if (known == nullptr) {
        if (!make_room()) return;
        known = &addresses_.add(address);
    }
    addresses_.touch(address);
    let_leave(*known, now);
    if (reserved) --known->reserved;
    if (holds(known->failed, user)) return;
    if (known->failed.empty()) known->next_leaves = now + options_.place_back_after;
    known->failed.push_back(user);
}

/// False when there is none: all are in use.
bool FailingAddresses::make_room() {
    if (addresses_.size() < options_.max_addresses) return true;
    const auto& oldest = addresses_.oldest();
    if (oldest.value.reserved != 0) return false;
    const NameDigest key = oldest.key;
    addresses_.erase(key);
    return true;
}

void FailingAddresses::let_leave(Address& address, SteadyTime now) const {
    auto stays = address.failed.begin();
    for (; stays != address.failed.end() && now >= address.next_leaves; ++stays) {
        address.next_leaves += options_.place_back_after;
    }
    address.failed.erase(address.failed.begin(), stays);
}

}  // namespace eas451
