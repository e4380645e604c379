// SPDX-License-Identifier: Apache-2.0
// auth: one password tried against the directory by one bind, as a device's would be.
#include <iostream>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "eas451/core/credentials.hpp"
#include "opened_directory.hpp"

namespace eas451 {
namespace {

using Json = nlohmann::ordered_json;

void print(const std::string& login, const LoginAnswer& answer, double took, bool json) {
    const auto* accepted = std::get_if<Accepted>(&answer.outcome);
    const std::string_view recipient = accepted == nullptr ? std::string_view{} : accepted->recipient->display_name();
    if (json) {
        const Json object{{"login", login},
                          {"outcome", to_string(answer.outcome)},
                          {"recipient", accepted == nullptr ? Json() : Json(recipient)},
                          {"server", answer.server.empty() ? Json() : Json(answer.server)},
                          {"directory_requests", answer.requests},
                          {"directory_ms", took},
                          {"trouble", answer.trouble.empty() ? Json() : Json(answer.trouble)}};
        std::cout << object.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
        return;
    }
    std::cout << to_string(answer.outcome) << '\n';
    if (accepted != nullptr) std::cout << "recipient: " << recipient << '\n';
    std::cout << "asked: " << (answer.server.empty() ? "nobody" : answer.server) << ", requests " << answer.requests << ", " << took
              << " ms\n";
    if (!answer.trouble.empty()) std::cerr << "eas451: " << answer.trouble << '\n';
}

}  // namespace

int auth(const std::filesystem::path& config, const std::string& login, const std::optional<std::filesystem::path>& password_file,
         bool json) {
    const auto settings = settings_or_mistakes(config);
    if (!settings) return exit_configuration;
    auto name = parse_login_name(login);
    if (!name) {
        tell_of_login(name.error());
        if (json) print(login, {NotFound(), {}, 0}, 0, json);
        return exit_findings;
    }
    auto password = read_password(password_file);
    if (!password) {
        std::cerr << "eas451: " << password.error() << '\n';
        return exit_usage;
    }
    const auto directory = OpenedDirectory::open_or_tell(*settings);
    if (directory == nullptr) return exit_configuration;
    const auto begun = std::chrono::steady_clock::now();
    const LoginAnswer answer = directory->log_in({std::move(*name), std::move(*password), PasswordCheck::password});
    print(login, answer, milliseconds_of(std::chrono::steady_clock::now() - begun), json);
    return exit_code_of(answer.outcome);
}

}  // namespace eas451
