// SPDX-License-Identifier: Apache-2.0
// What a run has seen, as one line of JSON.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace eas451::load {

class Report {
public:
    void add_answer(std::chrono::nanoseconds latency);
    void add_error(const std::string& why);
    void add_handshake(bool resumed);
    void add_ticket() { ++tickets_; }
    /// Forgets answers and handshakes that were no more than preparation; errors stay.
    void restart();

    [[nodiscard]] std::uint64_t answers() const { return latencies_.size(); }
    [[nodiscard]] std::uint64_t errors() const { return errors_; }
    std::string to_json(const std::string& mode, std::size_t connections, std::chrono::nanoseconds took);

private:
    [[nodiscard]] double percentile(double part);

    std::vector<std::uint32_t> latencies_;  // ns, at most 4 s
    std::uint64_t handshakes_ = 0;
    std::uint64_t resumed_ = 0;
    std::uint64_t tickets_ = 0;
    std::uint64_t errors_ = 0;
    std::string first_error_;
};

}  // namespace eas451::load
