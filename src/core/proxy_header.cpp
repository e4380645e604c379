// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/proxy_header.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

using Fault = ProxyHeaderFault;
using boost::system::in_place_error;

constexpr std::string_view line_begin = "PROXY ";
constexpr std::string_view signature{"\r\n\r\n\0\r\nQUIT\n", 12};
/// Read first: no header of either version is shorter.
constexpr std::size_t first_bytes = 12;

// Version 2, by byte.
constexpr std::size_t command_at = 12;
constexpr std::size_t family_at = 13;
constexpr std::size_t length_at = 14;
constexpr std::size_t fixed_bytes = 16;
constexpr unsigned local_command = 0x20;  // with the version in front
constexpr unsigned proxy_command = 0x21;

/// Of version 2: address family and transport as one byte, and how long its addresses with their ports are.
struct Family {
    unsigned code;
    std::size_t address_bytes;
    std::size_t total_bytes;
};
constexpr std::array families{Family{0x11, 4, 12}, Family{0x21, 16, 36},
                              // Without an IP address, so nothing of them is read.
                              Family{0x00, 0, 0}, Family{0x31, 0, 0}};

constexpr std::uint8_t checksum_type = 0x03;
constexpr std::size_t checksum_bytes = 4;
constexpr std::size_t tlv_head_bytes = 3;

unsigned byte_at(std::string_view bytes, std::size_t index) { return static_cast<unsigned char>(bytes[index]); }
std::size_t number_at(std::string_view bytes, std::size_t index) { return byte_at(bytes, index) << 8U | byte_at(bytes, index + 1); }

bool begins_like(std::string_view bytes, std::string_view begin) {
    const std::size_t count = std::min(bytes.size(), begin.size());
    return bytes.substr(0, count) == begin.substr(0, count);
}

const Family* family_of(unsigned code) {
    const auto* const found = std::ranges::find(families, code, &Family::code);
    return found == families.end() ? nullptr : found;
}

/// Version 1 ends at the first CR LF, and holds no other CR or LF.
Result<std::size_t, Fault> missing_of_line(std::string_view bytes) {
    const std::size_t end = bytes.find_first_of("\r\n");
    if (end == std::string_view::npos) {
        if (bytes.size() + 2 > max_proxy_line_bytes) return {in_place_error, Fault::too_long};
        return bytes.size() < first_bytes ? first_bytes - bytes.size() : 2;
    }
    if (end + 2 > max_proxy_line_bytes) return {in_place_error, Fault::too_long};
    if (bytes[end] == '\n' || (end + 1 < bytes.size() && bytes[end + 1] != '\n')) return {in_place_error, Fault::bad_line};
    if (end + 2 < bytes.size() || end + 2 < first_bytes) return {in_place_error, Fault::bad_line};
    return end + 2 - bytes.size();
}

Result<std::size_t, Fault> missing_of_binary(std::string_view bytes) {
    if (bytes.size() > command_at) {
        const unsigned command = byte_at(bytes, command_at);
        if (command != local_command && command != proxy_command) return {in_place_error, Fault::bad_version};
    }
    if (bytes.size() > family_at && byte_at(bytes, command_at) == proxy_command && !family_of(byte_at(bytes, family_at))) {
        return {in_place_error, Fault::bad_family};
    }
    if (bytes.size() < fixed_bytes) return fixed_bytes - bytes.size();
    const std::size_t whole = fixed_bytes + number_at(bytes, length_at);
    if (whole > max_proxy_header_bytes) return {in_place_error, Fault::too_long};
    if (bytes.size() > whole) return {in_place_error, Fault::bad_length};
    return whole - bytes.size();
}

bool is_port(std::string_view text) {
    const bool has_leading_zero = text.size() > 1 && text.front() == '0';
    return !has_leading_zero && parse_port(text);
}

/// Of the family that the line has named: ::ffff:192.0.2.1 is IPv6 here.
std::optional<IpAddress> address_in_line(std::string_view text, bool is_v4) {
    const bool is_written_as_v4 = text.find(':') == std::string_view::npos;
    return is_written_as_v4 == is_v4 ? IpAddress::parse(text) : std::nullopt;
}

Result<ProxyHeader, Fault> parse_line(std::string_view line) {
    std::string_view rest = line.substr(line_begin.size(), line.size() - line_begin.size() - 2);
    std::array<std::string_view, 5> words;  // family, source, destination, and their ports
    const std::size_t blank = rest.find(' ');
    words[0] = rest.substr(0, blank);
    if (words[0] == "UNKNOWN") return ProxyHeader{};
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::size_t end = rest.find(' ');
        if ((end == std::string_view::npos) != (i + 1 == words.size())) return {in_place_error, Fault::bad_line};
        words[i] = rest.substr(0, end);
        rest.remove_prefix(std::min(words[i].size() + 1, rest.size()));
    }
    const bool is_v4 = words[0] == "TCP4";
    const auto client = address_in_line(words[1], is_v4);
    const bool is_family = is_v4 || words[0] == "TCP6";
    const bool is_whole = client && address_in_line(words[2], is_v4) && is_port(words[3]) && is_port(words[4]);
    if (!is_family || !is_whole) return {in_place_error, Fault::bad_line};
    return ProxyHeader{*client};
}

/// What follows the addresses has to fill the length that the header gives; a checksum in it has to be right.
std::optional<Fault> check_tlvs(std::string_view bytes, std::size_t at) {
    std::optional<std::size_t> checksum;
    while (at < bytes.size()) {
        if (bytes.size() - at < tlv_head_bytes) return Fault::bad_tlv;
        const unsigned type = byte_at(bytes, at);
        const std::size_t length = number_at(bytes, at + 1);
        at += tlv_head_bytes;
        if (bytes.size() - at < length) return Fault::bad_tlv;
        if (type == checksum_type) {
            if (checksum || length != checksum_bytes) return Fault::bad_tlv;
            checksum = at;
        }
        at += length;
    }
    if (!checksum) return std::nullopt;
    const auto sent = static_cast<std::uint32_t>(number_at(bytes, *checksum) << 16U | number_at(bytes, *checksum + 2));
    if (sent != crc32c_without(bytes, *checksum)) return Fault::bad_checksum;
    return std::nullopt;
}

template <std::size_t count>
std::span<const std::uint8_t, count> bytes_at(std::string_view bytes, std::size_t at) {
    return std::span<const std::uint8_t, count>(reinterpret_cast<const std::uint8_t*>(bytes.data()) + at, count);
}

Result<ProxyHeader, Fault> parse_binary(std::string_view bytes) {
    const Family* const family = family_of(byte_at(bytes, family_at));
    // Of these nothing is used, so what is in them does not matter (section 2.2: it is to be discarded).
    if (byte_at(bytes, command_at) == local_command || family->address_bytes == 0) return ProxyHeader{};
    if (bytes.size() < fixed_bytes + family->total_bytes) return {in_place_error, Fault::bad_length};
    if (const auto fault = check_tlvs(bytes, fixed_bytes + family->total_bytes)) return {in_place_error, *fault};
    return ProxyHeader{family->address_bytes == 4 ? IpAddress::from_v4(bytes_at<4>(bytes, fixed_bytes))
                                                  : IpAddress::from_v6(bytes_at<16>(bytes, fixed_bytes))};
}

constexpr std::array<std::uint32_t, 256> make_crc32c_table() {
    constexpr std::uint32_t polynomial = 0x82f63b78;  // of Castagnoli, with its bits reversed
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit) value = value >> 1U ^ ((value & 1U) != 0 ? polynomial : 0);
        table[i] = value;
    }
    return table;
}
constexpr auto crc32c_table = make_crc32c_table();

}  // namespace

std::string_view to_string(ProxyHeaderFault fault) {
    switch (fault) {
        case Fault::no_header: return "no PROXY header";
        case Fault::bad_line: return "malformed line";
        case Fault::too_long: return "too long";
        case Fault::bad_version: return "unknown version or command";
        case Fault::bad_family: return "unknown or unfitting address family";
        case Fault::bad_length: return "length does not fit the addresses";
        case Fault::bad_tlv: return "malformed extension";
        case Fault::bad_checksum: return "wrong checksum";
    }
    return "unknown";
}

std::uint32_t crc32c_without(std::string_view bytes, std::size_t zeroed) {
    std::uint32_t crc = 0xffffffff;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const unsigned byte = i >= zeroed && i - zeroed < checksum_bytes ? 0 : byte_at(bytes, i);
        crc = crc >> 8U ^ crc32c_table[(crc ^ byte) & 0xffU];
    }
    return ~crc;
}

Result<std::size_t, ProxyHeaderFault> missing_of_proxy_header(std::string_view bytes) {
    if (bytes.empty()) return first_bytes;
    if (begins_like(bytes, line_begin)) return missing_of_line(bytes);
    if (!begins_like(bytes, signature)) return {in_place_error, Fault::no_header};
    if (bytes.size() < first_bytes) return first_bytes - bytes.size();
    return missing_of_binary(bytes);
}

Result<ProxyHeader, ProxyHeaderFault> parse_proxy_header(std::string_view bytes) {
    const auto missing = missing_of_proxy_header(bytes);
    if (!missing) return {in_place_error, missing.error()};
    const bool is_line = begins_like(bytes, line_begin);
    if (*missing != 0 || bytes.empty()) return {in_place_error, is_line ? Fault::bad_line : Fault::bad_length};
    return is_line ? parse_line(bytes) : parse_binary(bytes);
}

}  // namespace eas451
