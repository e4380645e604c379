// SPDX-License-Identifier: Apache-2.0
// What the tests of access log lines share: a line taken apart.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "eas451/core/access_record.hpp"

namespace eas451 {

inline std::chrono::system_clock::time_point at(int year, unsigned month, unsigned day, int hour, int minute,
                                                int second) {
    return std::chrono::sys_days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)} +
           std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
}

inline std::vector<std::string> columns_of(const std::string& line) {
    std::vector<std::string> columns{""};
    for (const char c : line) {
        if (c == ' ') {
            columns.emplace_back();
        } else if (c != '\n') {
            columns.back() += c;
        }
    }
    return columns;
}

enum Column : std::size_t { date, time, s_ip, method, stem, query, s_port, username, c_ip, agent, status, substatus };

inline std::string w3c(const AccessRecord& record) {
    std::string line;
    append_w3c_line(line, record);
    return line;
}

inline std::string column(const AccessRecord& record, Column which) {
    return columns_of(w3c(record)).at(which);
}

/// The client's part of cs-uri-query.
inline std::string client_query(std::string_view sent) {
    AccessRecord record;
    record.query = sent;
    const std::string all = column(record, query);
    const std::size_t ours = all.rfind("Log=");
    return all.substr(0, ours == 0 ? 0 : ours - 1);
}

inline nlohmann::ordered_json json(const AccessRecord& record) {
    std::string line;
    append_json_line(line, record);
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
    EXPECT_EQ(line.back(), '\n');
    return nlohmann::ordered_json::parse(line);
}

}  // namespace eas451
