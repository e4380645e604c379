// SPDX-License-Identifier: Apache-2.0
#include "moved_series.hpp"

#include <string>

namespace eas451 {
namespace {

constexpr Reason counted_reasons[] = {Reason::redirected, Reason::would_redirect, Reason::client_too_old};
constexpr const char* version_words[] = {"none", "below-14.0", "14.0", "14.1", "16.0", "16.1"};
constexpr const char* scheme_words[] = {"none", "basic"};
constexpr std::size_t without_form = 4;

/// Of versions in between the one below, since that is what a server may take it for.
std::size_t place_of(std::optional<ProtocolVersion> version) {
    if (!version) return 0;
    std::size_t place = 1;
    for (const ProtocolVersion known : {ProtocolVersion(14, 0), ProtocolVersion(14, 1), ProtocolVersion(16, 0), ProtocolVersion(16, 1)}) {
        if (*version >= known) ++place;
    }
    return place;
}

}  // namespace

void MovedSeries::count(Reason reason, std::optional<ProtocolVersion> version, AuthScheme auth, std::optional<LoginForm> form) {
    std::size_t which = 0;
    while (which < reasons && counted_reasons[which] != reason) ++which;
    if (which == reasons) return;
    const std::size_t of_version = place_of(version);
    // A moved user is known by a password, or where authentication is off by the name alone; never by a token.
    const std::size_t scheme = auth == AuthScheme::basic ? 1 : 0;
    const std::size_t of_form = form ? static_cast<std::size_t>(*form) : without_form;
    auto& place = series_[((which * versions + of_version) * schemes + scheme) * forms + of_form];
    prometheus::Counter* counter = place.load(std::memory_order_acquire);
    if (counter == nullptr) {
        counter = &family_.Add({{"reason", std::string(to_string(reason))},
                                {"version", version_words[of_version]},
                                {"auth", scheme_words[scheme]},
                                {"login_form", form ? std::string(to_string(*form)) : "none"}});
        place.store(counter, std::memory_order_release);
    }
    counter->Increment();
}

}  // namespace eas451
