// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/ip_address.hpp"

#include <algorithm>
#include <boost/url/ipv4_address.hpp>
#include <boost/url/ipv6_address.hpp>
#include <charconv>
#include <cstddef>

namespace eas451 {
namespace {

namespace urls = boost::urls;

constexpr unsigned all_bits = 128;
constexpr unsigned bits_before_v4 = 96;
constexpr std::array<std::uint8_t, 12> v4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::optional<unsigned> parse_prefix(std::string_view text, unsigned most) {
    unsigned length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (error != std::errc() || end != text.data() + text.size() || length > most) return std::nullopt;
    return length;
}

/// The bits of byte `index` that belong to a prefix.
constexpr std::uint8_t mask_of(unsigned prefix, std::size_t index) {
    const unsigned before = static_cast<unsigned>(index) * 8;
    if (prefix >= before + 8) return 0xff;
    if (prefix <= before) return 0;
    return static_cast<std::uint8_t>(0xffU << (before + 8 - prefix));
}

struct Groups {
    std::size_t first = 0;
    std::size_t count = 0;
};

/// The longest run of groups that are zero, the first of several; of two at least.
Groups longest_zeros(const std::array<std::uint8_t, 16>& bytes) {
    Groups longest;
    Groups run;
    for (std::size_t group = 0; group < 8; ++group) {
        if (bytes[2 * group] != 0 || bytes[2 * group + 1] != 0) {
            run = {group + 1, 0};
        } else if (++run.count > std::max<std::size_t>(longest.count, 1)) {
            longest = run;
        }
    }
    return longest;
}

/// Not by Boost.URL, which shortens a single zero group too (RFC 5952 section 4.2.2 forbids it).
std::string v6_text(const std::array<std::uint8_t, 16>& bytes) {
    const Groups zeros = longest_zeros(bytes);
    std::string text;
    for (std::size_t group = 0; group < 8;) {
        if (zeros.count != 0 && group == zeros.first) {
            text += "::";
            group += zeros.count;
            continue;
        }
        if (!text.empty() && text.back() != ':') text += ':';
        std::array<char, 4> digits{};
        const auto value = static_cast<unsigned>(bytes[2 * group] << 8U | bytes[2 * group + 1]);
        text.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr);
        ++group;
    }
    return text;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    if (const auto v4 = urls::parse_ipv4_address({text.data(), text.size()})) return from_v4(v4->to_bytes());
    if (const auto v6 = urls::parse_ipv6_address({text.data(), text.size()})) return from_v6(v6->to_bytes());
    return std::nullopt;
}

IpAddress IpAddress::from_v4(std::span<const std::uint8_t, 4> bytes) {
    IpAddress address;
    std::ranges::copy(v4_prefix, address.bytes_.begin());
    std::ranges::copy(bytes, address.bytes_.begin() + v4_prefix.size());
    return address;
}

IpAddress IpAddress::from_v6(std::span<const std::uint8_t, 16> bytes) {
    IpAddress address;
    std::ranges::copy(bytes, address.bytes_.begin());
    return address;
}

bool IpAddress::is_v4() const { return std::equal(v4_prefix.begin(), v4_prefix.end(), bytes_.begin()); }

/// The first eight bytes of an IPv6 address. An IPv4 address becomes one of the networks in 0000::/8, which are reserved
/// (RFC 4291 section 4): no client has an IPv6 address there but ::1.
std::uint64_t IpAddress::client() const {
    constexpr std::uint64_t all_v4 = 0xffff'0000'0000;
    const std::span all(bytes_);
    const auto number = [](std::span<const std::uint8_t> bytes) {
        std::uint64_t value = 0;
        for (const std::uint8_t byte : bytes) value = value << 8U | byte;
        return value;
    };
    return is_v4() ? all_v4 | number(all.subspan(v4_prefix.size())) : number(all.first(8));
}

std::string IpAddress::to_string() const {
    if (!is_v4()) return v6_text(bytes_);
    urls::ipv4_address::bytes_type last{};
    std::copy(bytes_.begin() + v4_prefix.size(), bytes_.end(), last.begin());
    return std::string(urls::ipv4_address(last).to_string());
}

std::optional<IpAddress> address_of_peer(std::string_view text) { return IpAddress::parse(text.substr(0, text.find('%'))); }

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string_view first = text.substr(0, slash);
    const auto address = IpAddress::parse(first);
    if (!address) return std::nullopt;
    const unsigned skipped = first.find(':') == std::string_view::npos ? bits_before_v4 : 0;
    const unsigned bits = all_bits - skipped;
    const auto length = slash == std::string_view::npos ? bits : parse_prefix(text.substr(slash + 1), bits);
    if (!length) return std::nullopt;
    IpNetwork network;
    network.prefix_ = skipped + *length;
    for (std::size_t i = 0; i < address->bytes_.size(); ++i) {
        network.address_.bytes_[i] = address->bytes_[i] & mask_of(network.prefix_, i);
    }
    return network;
}

bool IpNetwork::contains(const IpAddress& address) const {
    if (address.is_v4() && !address_.is_v4()) return false;
    for (std::size_t i = 0; i < address_.bytes_.size(); ++i) {
        if ((address.bytes_[i] & mask_of(prefix_, i)) != address_.bytes_[i]) return false;
    }
    return true;
}

std::string IpNetwork::to_string() const {
    const unsigned skipped = address_.is_v4() ? bits_before_v4 : 0;
    return address_.to_string() + '/' + std::to_string(prefix_ - skipped);
}

bool NetworkSet::contains(const IpAddress& address) const {
    return std::ranges::any_of(networks_, [&](const IpNetwork& network) { return network.contains(address); });
}

}  // namespace eas451
