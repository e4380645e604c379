// SPDX-License-Identifier: Apache-2.0
#include "log_line.hpp"

#include <charconv>
#include <iterator>

namespace eas451::log_line {

void append_number(std::string& out, std::uint64_t number) {
    char digits[20];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
    out.append(digits, static_cast<std::size_t>(end - digits));
}

void append_padded(std::string& out, unsigned number, unsigned width) {
    const std::size_t start = out.size();
    out.append(width, '0');
    for (std::size_t i = out.size(); i-- > start; number /= 10) out[i] = static_cast<char>('0' + number % 10);
}

void append_date_time(std::string& out, std::chrono::system_clock::time_point time, char separator) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const auto days = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::year_month_day date{days};
    const std::chrono::hh_mm_ss clock{seconds - days};
    append_padded(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
    out += '-';
    append_padded(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    append_padded(out, static_cast<unsigned>(date.day()), 2);
    out += separator;
    append_padded(out, static_cast<unsigned>(clock.hours().count()), 2);
    out += ':';
    append_padded(out, static_cast<unsigned>(clock.minutes().count()), 2);
    out += ':';
    append_padded(out, static_cast<unsigned>(clock.seconds().count()), 2);
}

}  // namespace eas451::log_line
