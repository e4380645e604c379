// SPDX-License-Identifier: Apache-2.0
// IpAddress, IpNetwork, NetworkSet: addresses as values, to be compared and matched. Text is read
// strictly; nothing is resolved. Immutable; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eas451 {

/// An IPv4 or IPv6 address. An IPv4 address within IPv6 (::ffff:192.0.2.1) is that IPv4 address, so
/// that it can be written in one way only.
class IpAddress {
public:
    /// Dotted decimals without leading zeros, or the forms of RFC 4291 section 2.2. No zone, brackets
    /// or port.
    static std::optional<IpAddress> parse(std::string_view text);
    static IpAddress from_v4(std::span<const std::uint8_t, 4> bytes);
    static IpAddress from_v6(std::span<const std::uint8_t, 16> bytes);

    [[nodiscard]] bool is_v4() const;
    /// What counts as one client: an IPv4 address, or the /64 of an IPv6 address, which is one household or one
    /// rented server. Equal for two addresses of one client, and for no others.
    [[nodiscard]] std::uint64_t client() const;
    /// "192.0.2.1", or IPv6 as RFC 5952 recommends it.
    [[nodiscard]] std::string to_string() const;

    friend bool operator==(const IpAddress&, const IpAddress&) = default;

private:
    friend class IpNetwork;
    std::array<std::uint8_t, 16> bytes_{};  // of IPv6; an IPv4 address is mapped into it
};

/// The address of the other side of a connection, as Listener writes it: with a zone where it is link-local, which is not
/// part of it here. Nothing for a Unix socket.
std::optional<IpAddress> address_of_peer(std::string_view text);

/// All addresses that begin with the same bits.
class IpNetwork {
public:
    /// "10.0.0.0/8", "2001:db8::/32", or an address, which is a network of one. Bits behind the prefix
    /// are dropped.
    static std::optional<IpNetwork> parse(std::string_view text);

    /// IPv4 addresses are in networks of IPv4 alone: ::/0 holds none of them.
    [[nodiscard]] bool contains(const IpAddress& address) const;
    /// The first address of it.
    [[nodiscard]] const IpAddress& address() const { return address_; }
    /// "10.0.0.0/8"
    [[nodiscard]] std::string to_string() const;

private:
    IpAddress address_;
    unsigned prefix_ = 0;  // of 128 bits, also for IPv4
};

class NetworkSet {
public:
    NetworkSet() = default;
    explicit NetworkSet(std::vector<IpNetwork> networks) : networks_(std::move(networks)) {}
    [[nodiscard]] bool contains(const IpAddress& address) const;
    [[nodiscard]] bool empty() const { return networks_.empty(); }

private:
    std::vector<IpNetwork> networks_;
};

}  // namespace eas451
