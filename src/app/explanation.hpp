// SPDX-License-Identifier: Apache-2.0
// Explanation: decide() for one login, told step by step as in the seed article. `eas451 explain` and the admin listener
// tell the same.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands.hpp"
#include "eas451/core/decision.hpp"
#include "eas451/core/result.hpp"
#include "eas451/io/directory/directory.hpp"

namespace eas451 {

/// Which part of an ExplainRequest is wrong, and how: "protocol_version", "not N.N, such as 14.1".
struct ExplainMistake {
    std::string_view part;
    std::string_view text;
};

/// The device that is asked about: well-formed in all that is not given.
Result<EasRequest, ExplainMistake> request_of(const ExplainRequest& asked);

/// What the directory is asked: anew, and no password.
LoginQuestion question_of(LoginName login);
/// Why a login is none that is looked up, and which forms there are.
std::string trouble_of(LoginFault fault);

/// On what an explanation rests beside the directory's answer. All outlive it.
struct ExplanationGround {
    const Settings& settings;
    const Policy& policy;
    std::shared_ptr<const RelationshipTable> relationships;
    bool exchange_is_up = true;
};

/// What was asked, looked up and decided, kept together since the verdict views the rest.
class Explanation {
public:
    Explanation(ExplainRequest asked, EasRequest request, LoginAnswer login, std::chrono::steady_clock::duration took,
                ExplanationGround ground);
    Explanation(const Explanation&) = delete;
    Explanation& operator=(const Explanation&) = delete;

    [[nodiscard]] const LoginOutcome& outcome() const { return login_.outcome; }
    /// Lines, for people.
    [[nodiscard]] std::string page() const;
    /// One object on one line.
    [[nodiscard]] std::string json() const;

private:
    [[nodiscard]] std::string source() const;
    [[nodiscard]] std::optional<std::int64_t> age_seconds() const;
    [[nodiscard]] std::optional<std::int64_t> remote_recipient_type() const;
    [[nodiscard]] std::string answer() const;

    ExplainRequest asked_;
    EasRequest request_;
    LoginAnswer login_;
    double took_ms_;
    ExplanationGround ground_;
    SteadyTime now_;
    Verdict verdict_;
    std::vector<std::string> contradictions_;
    std::string summary_;
};

}  // namespace eas451
