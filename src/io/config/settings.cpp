// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/config/settings.hpp"

#include <algorithm>

#include "cross_checks.hpp"
#include "eas451/core/text.hpp"
#include "settings_reader.hpp"

namespace eas451 {
namespace {

constexpr std::size_t max_settings_bytes = 1U << 20U;

using Outcome = Result<Settings, std::vector<Mistake>>;

/// What follows from other values.
void complete(Settings& settings) {
    auto& users = settings.policy.only_users;
    for (std::string& user : users) user = ascii_lower(user);
    std::sort(users.begin(), users.end());
    users.erase(std::unique(users.begin(), users.end()), users.end());
    settings.policy.authentication = settings.authenticate;
    settings.policy.has_exchange = settings.exchange.has_value();
}

Outcome settings_of(const Result<Node, std::vector<Mistake>>& document, const std::filesystem::path& file) {
    if (document.has_error()) return document.error();
    Settings settings;
    settings.file = file;
    SettingsReader reader(file);
    reader.read(*document, settings);
    check_together(settings, reader);
    auto mistakes = reader.take_mistakes();
    if (!mistakes.empty()) return mistakes;
    complete(settings);
    return settings;
}

}  // namespace

Outcome parse_settings(std::string_view text, const std::filesystem::path& file) {
    return settings_of(parse_document(text, file.string()), file);
}

Outcome load_settings(const std::filesystem::path& file) {
    return settings_of(load_document(file, max_settings_bytes), file);
}

}  // namespace eas451
