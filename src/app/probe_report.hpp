// SPDX-License-Identifier: Apache-2.0
// What `probe` saw, and how it is told: as text step by step, or as one JSON object.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "eas451/core/phone_reaction.hpp"

namespace eas451 {

/// One request, and what came of it.
struct ProbeStep {
    std::string url;
    EasMethod method = EasMethod::options;
    EasCommand command = EasCommand::unknown;  // of POST
    std::optional<ProtocolVersion> version;    // as it was sent
    std::string address;                       // who answered; empty: nobody
    std::string head;                          // as it came, but for secrets
    std::optional<PhoneAnswer> answer;         // none: the verdict is about the way to it
    PhoneReaction reaction;
    std::chrono::steady_clock::duration took{};
};

struct ProbeReport {
    std::string url;
    std::string user;
    std::vector<ProbeStep> steps;         // one at least
    std::optional<std::string> followed;  // the URL that a 451 led to
};

/// The last step's, but never fine where OPTIONS of that server was not ActiveSync; and what came before it where the
/// phone has gone elsewhere.
PhoneReaction final_reaction(const ProbeReport& report);

/// "== POST FolderSync https://…", the head as it came but for what a terminal would take for more than text, the
/// reaction.
void print_step(const ProbeStep& step);
void print_end(const ProbeReport& report);
void print_json(const ProbeReport& report);

/// Bytes of a stranger for a terminal: what is no printable ASCII becomes \xNN. All that is printed goes through it, in
/// JSON too, which does not escape C1 controls.
std::string visible_text(std::string_view bytes);

}  // namespace eas451
