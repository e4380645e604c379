// SPDX-License-Identifier: Apache-2.0
// What the two forms of an access log line share: how long a field may be, and how times and numbers
// are written. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace eas451::log_line {

// What a field may hold at most, in bytes as logged (w3c) or as sent (json). With them a line is
// shorter than 16 KiB (w3c), or 40 KiB (json, where an escape is six bytes long), whatever was sent.
inline constexpr std::size_t method_cap = 32;
inline constexpr std::size_t address_cap = 64;
inline constexpr std::size_t path_cap = 1024;
inline constexpr std::size_t query_cap = 8 * 1024;
inline constexpr std::size_t login_cap = 256;
inline constexpr std::size_t parameter_cap = 256;  // command, device id, device type
inline constexpr std::size_t user_agent_cap = 512;
inline constexpr std::size_t server_cap = 256;
inline constexpr std::size_t recipient_cap = 1024;
inline constexpr std::size_t location_cap = 2 * 1024;
inline constexpr std::size_t request_id_cap = 64;

void append_number(std::string& out, std::uint64_t number);
/// With leading zeros; the number must not have more digits than `width`.
void append_padded(std::string& out, unsigned number, unsigned width);
/// UTC: "2015-01-22", the separator, "13:37:53". For the years 0 to 9999, which hold every time of
/// a 64-bit clock of nanoseconds.
void append_date_time(std::string& out, std::chrono::system_clock::time_point time, char separator);

}  // namespace eas451::log_line
