// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/config/settings.hpp"

#include <algorithm>
#include <tuple>

#include "cross_checks.hpp"
#include "eas451/core/named_users.hpp"
#include "settings_reader.hpp"

namespace eas451 {
namespace {

constexpr std::size_t max_settings_bytes = 1U << 20U;

using Outcome = Result<Settings, std::vector<Mistake>>;

/// What follows from other values.
void complete(Settings& settings) {
    settings.policy.only_users = named_users(std::move(settings.policy.only_users));
    settings.trace_users = named_users(std::move(settings.trace_users));
    settings.policy.authentication = settings.authenticate;
    settings.policy.has_exchange = settings.exchange.has_value();
}

using Document = Result<Node, std::vector<Mistake>>;

Outcome settings_of(const Document& document, std::vector<Mistake> duplicate_keys, const std::filesystem::path& file) {
    if (document.has_error()) return document.error();
    Settings settings;
    settings.file = file;
    SettingsReader reader(file);
    reader.read(*document, settings);
    check_together(settings, reader);
    auto mistakes = reader.take_mistakes();
    mistakes.insert(mistakes.end(), duplicate_keys.begin(), duplicate_keys.end());
    std::stable_sort(mistakes.begin(), mistakes.end(), [](const Mistake& a, const Mistake& b) {
        return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
    });
    if (!mistakes.empty()) return mistakes;
    complete(settings);
    settings.places = reader.take_places();
    return settings;
}

}  // namespace

Outcome parse_settings(std::string_view text, const std::filesystem::path& file) {
    std::vector<Mistake> duplicate_keys;
    const auto document = parse_document(text, file.string(), &duplicate_keys);
    return settings_of(document, std::move(duplicate_keys), file);
}

Outcome load_settings(const std::filesystem::path& file) {
    std::vector<Mistake> duplicate_keys;
    const auto document = load_document(file, max_settings_bytes, &duplicate_keys);
    return settings_of(document, std::move(duplicate_keys), file);
}

}  // namespace eas451
