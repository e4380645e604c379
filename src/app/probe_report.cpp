// SPDX-License-Identifier: Apache-2.0
#include "probe_report.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

#include "eas451/core/text.hpp"
#include "eas451/core/wbxml_status.hpp"
#include "opened_directory.hpp"

namespace eas451 {
namespace {

using Json = nlohmann::ordered_json;

std::string_view name_of(EasMethod method) {
    return method == EasMethod::options ? "OPTIONS" : "POST";
}

Json text_or_null(std::string_view text) {
    return text.empty() ? Json() : Json(text);
}

Json visible(const std::vector<std::string>& list) {
    Json texts = Json::array();
    for (const std::string& text : list) texts.push_back(visible_text(text));
    return texts;
}

/// All keys are always there; those of an answer are null or empty without one.
Json json_of(const ProbeStep& step) {
    const PhoneAnswer answer = step.answer.value_or(PhoneAnswer{});
    const bool is_post = step.method == EasMethod::post;
    const auto seconds = retry_seconds(answer);
    return Json{{"url", visible_text(step.url)},
                {"address", text_or_null(step.address)},
                {"method", name_of(step.method)},
                {"command", is_post ? Json(to_string(step.command)) : Json()},
                {"protocol_version", step.version ? Json(step.version->to_string()) : Json()},
                {"status", step.answer ? Json(answer.status) : Json()},
                {"location", answer.locations.empty() ? Json() : Json(visible_text(answer.locations.front()))},
                {"eas_status", answer.eas_status ? Json(*answer.eas_status) : Json()},
                {"eas_status_name", answer.eas_status ? text_or_null(common_status_name(*answer.eas_status)) : Json()},
                {"protocol_versions", visible(answer.versions)},
                {"authentication_schemes", visible(answer.schemes)},
                {"retry_after", seconds ? Json(*seconds) : Json()},
                {"verdict", to_string(step.reaction.verdict)},
                {"sentence", visible_text(step.reaction.sentence)},
                {"ms", milliseconds_of(step.took)}};
}

std::string as_sentence(std::string text) {
    if (!text.empty() && is_ascii_lower(text.front())) text.front() = static_cast<char>(text.front() - 'a' + 'A');
    return text + '.';
}

/// The last reaction; but where OPTIONS found no ActiveSync, nothing that a command is answered makes up for it.
PhoneReaction capped(const std::vector<ProbeStep>& steps) {
    const ProbeStep& last = steps.back();
    if (steps.size() < 2 || last.method != EasMethod::post || !is_fine(last.reaction.verdict)) return last.reaction;
    const ProbeStep& before = steps[steps.size() - 2];
    if (before.method != EasMethod::options || before.reaction.verdict != PhoneVerdict::not_activesync)
        return last.reaction;
    return {PhoneVerdict::not_activesync, before.reaction.sentence + " (OPTIONS); what " +
                                              std::string(to_string(last.command)) +
                                              " is answered does not make up for it"};
}

}  // namespace

std::string visible_text(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        const bool is_text = is_visible(c) || c == ' ';
        text += is_text ? std::string(1, c) : "\\x" + hex_upper({&c, 1});
    }
    return text;
}

PhoneReaction final_reaction(const ProbeReport& report) {
    PhoneReaction last = capped(report.steps);
    if (report.followed)
        last.sentence =
            "the phone saves " + *report.followed + " and will never come back here; there: " + last.sentence;
    return last;
}

void print_step(const ProbeStep& step) {
    std::cout << "== " << name_of(step.method);
    if (step.method == EasMethod::post) std::cout << ' ' << to_string(step.command);
    if (step.version) std::cout << ' ' << step.version->to_string();
    std::cout << ' ' << visible_text(step.url);
    if (!step.address.empty()) std::cout << " (" << step.address << ", " << milliseconds_of(step.took) << " ms)";
    std::cout << '\n';
    for (std::string_view rest = step.head; !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find("\r\n"));
        if (!line.empty()) std::cout << visible_text(line) << '\n';
        rest.remove_prefix(std::min(line.size() + 2, rest.size()));
    }
    if (step.answer && step.answer->eas_status) {
        std::cout << "(Status " << *step.answer->eas_status;
        const std::string_view name = common_status_name(*step.answer->eas_status);
        std::cout << (name.empty() ? "" : " ") << name << ")\n";
    }
    std::cout << "-- " << to_string(step.reaction.verdict) << ": " << visible_text(step.reaction.sentence) << "\n\n"
              << std::flush;
}

void print_end(const ProbeReport& report) {
    const PhoneReaction reaction = final_reaction(report);
    std::cout << "verdict: " << to_string(reaction.verdict) << '\n'
              << as_sentence(visible_text(reaction.sentence)) << '\n';
}

void print_json(const ProbeReport& report) {
    const PhoneReaction reaction = final_reaction(report);
    Json steps = Json::array();
    for (const ProbeStep& step : report.steps) steps.push_back(json_of(step));
    const Json object{{"url", report.url},
                      {"user", report.user},
                      {"verdict", to_string(reaction.verdict)},
                      {"sentence", visible_text(reaction.sentence)},
                      {"ok", is_fine(reaction.verdict)},
                      {"followed", report.followed ? Json(visible_text(*report.followed)) : Json()},
                      {"steps", std::move(steps)}};
    std::cout << object.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
}

}  // namespace eas451
