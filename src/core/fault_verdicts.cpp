// SPDX-License-Identifier: Apache-2.0
// The verdicts that do not depend on who asks: of what is malformed, and of what was not passed on to its end.
#include "eas451/core/decision.hpp"

namespace eas451 {
namespace {

Verdict malformed(unsigned http_status, std::string_view what) {
    Verdict verdict{Refuse{http_status}, Reason::bad_request, {}, {}};
    verdict.trail.add({Step::request, "malformed", what, {}});
    verdict.trail.add({Step::answer, to_string(Reason::bad_request), {}, {}});
    return verdict;
}

}  // namespace

Verdict decide(HeadFault fault) {
    return malformed(fault == HeadFault::target_too_long ? 414 : 400, to_string(fault));
}

Verdict decide(ChallengeAsked /*asked*/) {
    Verdict verdict{Refuse{401}, Reason::no_credentials, {}, {}};
    verdict.trail.add({Step::login, "Bearer", "no token: it asks how to log in", {}});
    verdict.trail.add({Step::answer, to_string(Reason::no_credentials), {}, {}});
    return verdict;
}

Verdict decide(PassingFault fault) {
    const auto ended = [](unsigned http_status, Reason reason) {
        Verdict verdict{Refuse{http_status}, reason, {}, {}};
        verdict.trail.add({Step::answer, to_string(reason), {}, {}});
        return verdict;
    };
    switch (fault) {
        case PassingFault::body_too_large: return ended(413, Reason::body_too_large);
        case PassingFault::body_too_slow: return ended(408, Reason::body_too_slow);
        case PassingFault::client_gone: break;
    }
    return ended(status_for_nobody, Reason::client_gone);
}

Verdict decide(QueryFault fault) { return malformed(400, to_string(fault)); }

}  // namespace eas451
