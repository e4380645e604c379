// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/policy.hpp"

#include <algorithm>

namespace eas451 {
namespace {

bool host_matches(std::string_view host, std::string_view pattern) {
    if (!pattern.starts_with("*.")) return host == pattern;
    const std::size_t dot = host.find('.');
    return dot != std::string_view::npos && dot != 0 && host.substr(dot) == pattern.substr(1);
}

}  // namespace

std::string_view to_string(RedirectMode mode) {
    switch (mode) {
        case RedirectMode::on: return "on";
        case RedirectMode::off: return "off";
        case RedirectMode::report: break;
    }
    return "report";
}

bool host_matches(std::string_view host, const std::vector<std::string>& patterns) {
    return std::ranges::any_of(patterns, [host](std::string_view pattern) { return host_matches(host, pattern); });
}

}  // namespace eas451
