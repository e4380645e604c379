// SPDX-License-Identifier: Apache-2.0
// healthcheck: asks the running server's /readyz, for containers and scripts.
#include <iostream>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "eas451/io/net/http_client.hpp"

namespace eas451 {
namespace {

constexpr std::chrono::seconds limit{5};

/// An address that was bound to everything is asked on loopback.
std::string connectable(const std::string& address) {
    if (address == "0.0.0.0") return "127.0.0.1";
    return address == "::" ? "::1" : address;
}

}  // namespace

int healthcheck(const std::filesystem::path& config, bool json) {
    const auto settings = settings_or_mistakes(config);
    if (!settings) return exit_findings;
    if (!settings->admin.enabled) {
        std::cerr << "eas451: admin is off, so there is nobody to ask\n";
        return exit_findings;
    }
    HttpRequest request;
    request.target = "/readyz";
    request.tls = settings->admin.tls.has_value();
    if (const auto* bind = std::get_if<BindAddress>(&settings->admin.where)) {
        request.address = connectable(bind->address);
        request.port = bind->port;
    } else {
        request.unix_path = std::get<std::filesystem::path>(settings->admin.where).string();
    }
    const auto answer = fetch(request, limit);
    if (!answer) std::cerr << "eas451: " << answer.error() << '\n';
    const bool ready = answer && answer->status == 200;
    if (json) {
        using Json = nlohmann::ordered_json;
        std::cout << Json{{"ready", ready}, {"status", answer ? Json(answer->status) : Json()}}.dump() << '\n';
    } else if (answer) {
        std::cout << answer->body;
    }
    return ready ? exit_ok : exit_findings;
}

}  // namespace eas451
