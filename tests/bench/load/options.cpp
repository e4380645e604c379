// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <functional>
#include <map>
#include <stdexcept>

namespace eas451::load {
namespace {

constexpr const char* usage =
    "\nload_client MODE --port P --requests-from FILE [OPTION VALUE]…\n"
    "  load        keep-alive connections, each sends when its answer is there\n"
    "  hs          each request on a new connection with a full handshake, closed cleanly\n"
    "  hs-resumed  the same with the ticket of the connection before\n"
    "  hold        one request on each connection, then says \"held\" and waits for the end of stdin\n"
    "  pings       one request on each connection that nobody answers, then \"held\" as hold says it\n"
    "  rate        so many requests in a second, whatever the answers; latency from when each was due\n"
    "--address A --plain yes --status 451 --location URL --connections N --milliseconds MS --requests N\n"
    "--rate R --go stdin";

struct ModeRow {
    Mode mode;
    bool resumed;
};

const std::map<std::string, ModeRow> modes = {
    {"load", {Mode::load, false}}, {"hs", {Mode::handshakes, false}}, {"hs-resumed", {Mode::handshakes, true}},
    {"hold", {Mode::hold, false}}, {"pings", {Mode::pings, false}},   {"rate", {Mode::rate, false}}};

using Setter = std::function<void(Options&, const std::string&)>;

const std::map<std::string, Setter> setters = {
    {"--port", [](Options& o, const std::string& v) { o.port = static_cast<std::uint16_t>(std::stoul(v)); }},
    {"--address", [](Options& o, const std::string& v) { o.address = v; }},
    {"--plain", [](Options& o, const std::string& v) { o.tls = v != "yes"; }},
    {"--requests-from", [](Options& o, const std::string& v) { o.request_file = v; }},
    {"--status", [](Options& o, const std::string& v) { o.status = static_cast<unsigned>(std::stoul(v)); }},
    {"--location", [](Options& o, const std::string& v) { o.location = v; }},
    {"--connections", [](Options& o, const std::string& v) { o.connections = std::stoul(v); }},
    {"--milliseconds", [](Options& o, const std::string& v) { o.duration = std::chrono::milliseconds(std::stoul(v)); }},
    {"--requests", [](Options& o, const std::string& v) { o.requests = std::stoull(v); }},
    {"--rate", [](Options& o, const std::string& v) { o.rate = std::stod(v); }},
    {"--go", [](Options& o, const std::string& v) { o.waits_for_go = v == "stdin"; }},
};

}  // namespace

Options parse_options(int count, char** arguments) {
    Options options;
    if (count < 2 || modes.count(arguments[1]) == 0) throw std::invalid_argument(std::string("no such mode") + usage);
    options.mode_name = arguments[1];
    options.mode = modes.at(options.mode_name).mode;
    options.resumed = modes.at(options.mode_name).resumed;
    for (int i = 2; i + 1 < count; i += 2) {
        const auto setter = setters.find(arguments[i]);
        if (setter == setters.end()) throw std::invalid_argument(std::string("no option ") + arguments[i] + usage);
        setter->second(options, arguments[i + 1]);
    }
    const bool whole = count % 2 == 0 && options.port != 0 && !options.request_file.empty() && options.connections != 0;
    if (!whole) throw std::invalid_argument(std::string("an option without its value, or one that is missing") + usage);
    return options;
}

}  // namespace eas451::load
