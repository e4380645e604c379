// SPDX-License-Identifier: Apache-2.0
// Any bytes as a configuration: reading never throws, mistakes come in order and on one line each, and
// settings that were accepted survive being shown, as YAML and as JSON, and read again.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <tuple>

#include "eas451/io/config/settings.hpp"

namespace {

using eas451::Mistake;
using eas451::Settings;

constexpr const char* file_name = "/etc/eas451/eas451.yaml";

[[noreturn]] void fail(const char* what, const std::string& about) {
    std::fprintf(stderr, "%s\n%s\n", what, about.c_str());
    std::abort();
}

void check_mistakes(const std::vector<Mistake>& mistakes) {
    if (mistakes.empty()) fail("refused without a mistake", "");
    const Mistake* before = nullptr;
    for (const Mistake& mistake : mistakes) {
        if (mistake.text.empty() || mistake.at.line == 0 || mistake.at.column == 0) fail("a mistake without place", "");
        const bool in_order = before == nullptr || std::tie(before->at.line, before->at.column) <=
                                                       std::tie(mistake.at.line, mistake.at.column);
        if (!in_order) fail("mistakes out of order", to_string(mistake));
        before = &mistake;
    }
}

void check_round_trip(const Settings& settings, const std::string& shown) {
    const auto again = eas451::parse_settings(shown, file_name);
    if (again.has_error()) fail(to_string(again.error().front()).c_str(), shown);
    if (show_settings(*again) != show_settings(settings)) fail("shown settings read back otherwise", shown);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto settings = eas451::parse_settings(text, file_name);
    if (settings.has_error()) {
        check_mistakes(settings.error());
        return 0;
    }
    check_round_trip(*settings, show_settings(*settings));
    check_round_trip(*settings, show_settings_json(*settings));
    return 0;
}
