// SPDX-License-Identifier: Apache-2.0
#include "http_date.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace eas451 {
namespace {

constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

}  // namespace

std::string_view http_date_now() {
    thread_local std::time_t second = 0;
    thread_local std::array<char, 32> text{};
    thread_local std::size_t length = 0;
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    if (now != second) {
        std::tm parts{};
        gmtime_r(&now, &parts);
        const int written = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                          days[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                                          months[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                                          parts.tm_hour, parts.tm_min, parts.tm_sec);
        length = static_cast<std::size_t>(written);
        second = now;
    }
    return {text.data(), length};
}

}  // namespace eas451
