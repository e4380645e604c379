// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>

namespace eas451::load {
namespace {

std::string number(const char* name, double value) {
    char text[64];
    std::snprintf(text, sizeof text, "\"%s\": %.10g, ", name, value);
    return text;
}

/// Errors are our own words and strerror's; only what would end the string is taken out.
std::string quoted(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 32; },
        '?');
    return '"' + text + '"';
}

}  // namespace

void Report::add_answer(std::chrono::nanoseconds latency) {
    constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
    latencies_.push_back(static_cast<std::uint32_t>(std::clamp<std::int64_t>(latency.count(), 0, most)));
}

void Report::add_error(const std::string& why) {
    if (errors_++ == 0) first_error_ = why;
}

void Report::add_handshake(bool resumed) {
    ++handshakes_;
    if (resumed) ++resumed_;
}

void Report::restart() {
    latencies_.clear();
    handshakes_ = resumed_ = tickets_ = 0;
}

double Report::percentile(double part) {
    if (latencies_.empty()) return 0;
    const auto at = latencies_.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(latencies_.size() - 1));
    std::nth_element(latencies_.begin(), at, latencies_.end());
    return *at / 1000.0;
}

std::string Report::to_json(const std::string& mode, std::size_t connections, std::chrono::nanoseconds took) {
    const double seconds = std::chrono::duration<double>(took).count();
    std::string line = "{\"mode\": " + quoted(mode) + ", ";
    line += number("connections", static_cast<double>(connections));
    line += number("seconds", seconds);
    line += number("answers", static_cast<double>(answers()));
    line += number("rate", seconds > 0 ? static_cast<double>(answers()) / seconds : 0);
    line += number("p50_us", percentile(0.5));
    line += number("p99_us", percentile(0.99));
    line += number("max_us", percentile(1));
    line += number("handshakes", static_cast<double>(handshakes_));
    line += number("resumed", static_cast<double>(resumed_));
    line += number("tickets", static_cast<double>(tickets_));
    line += number("errors", static_cast<double>(errors_));
    return line + "\"first_error\": " + quoted(first_error_) + "}";
}

}  // namespace eas451::load
