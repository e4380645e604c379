// SPDX-License-Identifier: Apache-2.0
// config show, config reference, config schema, and the loading that the other commands share.
#include <cstdio>
#include <iostream>

#include "commands.hpp"

namespace eas451 {

std::optional<Settings> settings_or_mistakes(const std::filesystem::path& config) {
    auto settings = load_settings(config);
    if (settings) return std::move(*settings);
    for (const Mistake& mistake : settings.error()) std::cerr << to_string(mistake) << '\n';
    return std::nullopt;
}

int config_show(const std::filesystem::path& config, bool json) {
    const auto settings = settings_or_mistakes(config);
    if (!settings) return exit_configuration;
    std::cout << (json ? show_settings_json(*settings) + "\n" : show_settings(*settings));
    return exit_ok;
}

int config_reference() {
    std::cout << settings_reference();
    return exit_ok;
}

int config_schema() {
    std::cout << settings_schema() << '\n';
    return exit_ok;
}

}  // namespace eas451
