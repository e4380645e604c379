// SPDX-License-Identifier: Apache-2.0
// What the load client is told on its command line.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace eas451::load {

enum class Mode : std::uint8_t { load, handshakes, hold, pings, rate };

struct Options {
    Mode mode = Mode::load;
    std::string mode_name;
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    bool tls = true;
    bool resumed = false;      // handshakes: with the ticket of the connection before
    std::string request_file;  // requests one after another, as they are sent
    unsigned status = 451;     // what every answer has to be …
    std::string location;      // … and its X-MS-Location; empty: not looked at
    std::size_t connections = 64;
    std::chrono::milliseconds duration{1000};
    std::uint64_t requests = 0;  // instead of the duration; 0: the duration holds
    double rate = 10000;         // mode rate: requests in a second
    bool waits_for_go = false;   // say "ready", then wait for a line on stdin
};

/// Throws std::invalid_argument, with what is wrong and the usage.
Options parse_options(int count, char** arguments);

}  // namespace eas451::load
