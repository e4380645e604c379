// SPDX-License-Identifier: Apache-2.0
// FailingAddresses: how many users may fail at one source address. Each failing user takes a place there,
// and one place comes back after the other; while a user has one, he fails at no further cost. With 10
// places and 6 s, at most 20 users fail within any 60 s.
//
// Bounded: full, it gives up the address that failed longest ago. That is no way around it: whoever makes
// others be forgotten has as many addresses, each with places of its own.
//
// One thread. Time is a value.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "digest_table.hpp"
#include "eas451/core/organization_relationship.hpp"

namespace eas451 {

struct FailingAddressesOptions {
    std::size_t max_addresses = 65536;
    std::size_t places = 10;  // 0: any number of users may fail
    std::chrono::milliseconds place_back_after = std::chrono::seconds(6);
};

class FailingAddresses {
public:
    enum class Room {
        free,       // the user has a place already, or there is one
        uncertain,  // there is one unless all that are tried just now fail
        none,
    };

    explicit FailingAddresses(FailingAddressesOptions options) : options_(options) {}
    /// From the next question on.
    void set_options(const FailingAddressesOptions& options) { options_ = options; }

    [[nodiscard]] Room room(const NameDigest& address, const NameDigest& user, SteadyTime now);
    /// Where there is room: keeps a place while the user is tried. False when the user has one already.
    bool reserve(const NameDigest& address, const NameDigest& user);
    /// It did not fail after all; only after reserve() gave true.
    void release(const NameDigest& address);
    void fail(const NameDigest& address, const NameDigest& user, bool reserved, SteadyTime now);

    [[nodiscard]] std::size_t size() const { return addresses_.size(); }

private:
    struct Address {
        std::vector<NameDigest> failed;  // the first failed first, and leaves first
        SteadyTime next_leaves{};
        unsigned reserved = 0;
    };
    [[nodiscard]] bool make_room();
    void let_leave(Address& address, SteadyTime now) const;

    FailingAddressesOptions options_;
    DigestTable<Address> addresses_;
};

}  // namespace eas451
