// SPDX-License-Identifier: Apache-2.0
// What must hold for every input of decide(): the laws "never strand a phone", "an outage is never
// an answer" and "reporting changes nothing", over the product of all kinds of everything.
#include <gtest/gtest.h>

#include "decision_inputs.hpp"
#include "eas451/core/answer.hpp"
#include "eas451/core/wbxml_status.hpp"

namespace eas451 {
namespace {

using test::described;
using test::DirectoryState;
using test::Excluded;
using test::for_each_input;
using test::Input;
using test::Where;

TEST(DecisionTotality, RedirectsExactlyThoseWhoMayBe) {
    unsigned count = 0;
    unsigned redirected = 0;
    for_each_input([&](const Input& input) {
        ++count;
        const Verdict verdict = input.verdict();
        const auto* redirect = std::get_if<RedirectTo>(&verdict.decision);
        const bool wanted = input.may_be_redirected() && input.policy.mode == RedirectMode::on;
        ASSERT_EQ(redirect != nullptr, wanted) << described(input, verdict);
        if (redirect == nullptr) return;
        ++redirected;
        ASSERT_TRUE(redirect->location.starts_with("https://")) << redirect->location;
        ASSERT_FALSE(redirect->location.starts_with("https://mail.contoso.com")) << redirect->location;
        ASSERT_EQ(verdict.reason, Reason::redirected);
    });
    EXPECT_GT(count, 300'000U);
    EXPECT_GT(redirected, 1'000U);
}

TEST(DecisionTotality, TellsALocationOnlyOfARedirectThatIsOrWouldBe) {
    for_each_input([](const Input& input) {
        const Verdict verdict = input.verdict();
        const bool wanted = input.may_be_redirected() && input.policy.mode != RedirectMode::off;
        ASSERT_EQ(!verdict.location.empty(), wanted) << described(input, verdict);
    });
}

TEST(DecisionTotality, AnOutageIsNeverAnAnswer) {
    for_each_input([](const Input& input) {
        const bool no_directory = std::holds_alternative<Unavailable>(input.login.outcome) ||
                                  std::holds_alternative<Held>(input.login.outcome);
        const bool unreadable =
            input.policy.mode == RedirectMode::on && input.excluded == Excluded::no &&
            (input.login.where == Where::unknown || input.login.where == Where::directory) &&
            (input.directory == DirectoryState::stale || input.directory == DirectoryState::never_read);
        if (!no_directory && !unreadable) return;
        const Verdict verdict = input.verdict();
        const auto* refuse = std::get_if<Refuse>(&verdict.decision);
        ASSERT_NE(refuse, nullptr) << described(input, verdict);
        const bool other_fault =
            refuse->http_status == 501 || refuse->eas_status == EasStatus::device_id_missing_or_invalid;
        ASSERT_TRUE(refuse->is_temporary() || other_fault) << described(input, verdict);
    });
}

TEST(DecisionTotality, WhatIsStaleIsPassedOnOrAnOutage) {
    for_each_input([](const Input& input) {
        const auto* accepted = std::get_if<Accepted>(&input.login.outcome);
        if (accepted == nullptr || !accepted->is_stale) return;
        const Verdict verdict = input.verdict();
        if (std::holds_alternative<ProxyTo>(verdict.decision)) return;
        const bool is_outage = verdict.reason == Reason::directory_down || verdict.reason == Reason::exchange_down;
        ASSERT_TRUE(is_outage && std::holds_alternative<Refuse>(verdict.decision)) << described(input, verdict);
    });
}

TEST(DecisionTotality, OnlyTheAcceptedAndBearerGoBeyond401) {
    for_each_input([](const Input& input) {
        const Verdict verdict = input.verdict();
        const bool is_accepted = std::holds_alternative<Accepted>(input.login.outcome);
        const auto* refuse = std::get_if<Refuse>(&verdict.decision);
        const bool challenge = refuse != nullptr && refuse->http_status == 401;
        ASSERT_FALSE(is_accepted && challenge) << described(input, verdict);
        const auto* not_checked = std::get_if<NotChecked>(&input.login.outcome);
        const bool bearer = not_checked != nullptr && not_checked->why == NotChecked::Why::bearer;
        ASSERT_TRUE(is_accepted || bearer || refuse != nullptr) << described(input, verdict);
        if (std::holds_alternative<ProxyTo>(verdict.decision)) {
            ASSERT_TRUE(input.policy.has_exchange && input.exchange_is_up) << described(input, verdict);
        }
    });
}

TEST(DecisionTotality, EveryRefusalFitsItsDevice) {
    for_each_input([](const Input& input) {
        const Verdict verdict = input.verdict();
        const auto* refuse = std::get_if<Refuse>(&verdict.decision);
        if (refuse == nullptr) return;
        const bool is_options = input.request.method == EasMethod::options;
        if (refuse->eas_status != EasStatus::none) {
            ASSERT_EQ(refuse->http_status, 200U);
            ASSERT_TRUE(input.request.understands_status() && has_status_document(input.request.command))
                << described(input, verdict);
        } else if (refuse->http_status == 200) {
            ASSERT_TRUE(is_options && verdict.reason == Reason::no_exchange_server) << described(input, verdict);
        } else {
            const unsigned status = refuse->http_status;
            ASSERT_TRUE(status == 401 || status == 403 || status == 501 || status == 503) << status;
        }
    });
}

TEST(DecisionTotality, TheTrailGoesFromRequestToAnswerAndNeverBack) {
    for_each_input([](const Input& input) {
        const Verdict verdict = input.verdict();
        const auto steps = verdict.trail.steps();
        ASSERT_GE(steps.size(), 3U);
        ASSERT_EQ(steps.front().step, Step::request);
        ASSERT_EQ(steps.back().step, Step::answer);
        ASSERT_EQ(steps.back().value, to_string(verdict.reason));
        for (std::size_t i = 1; i < steps.size(); ++i)
            ASSERT_LT(steps[i - 1].step, steps[i].step) << described(input, verdict);
    });
}

std::string answer_bytes(const Verdict& verdict, EasCommand command) {
    if (std::holds_alternative<ProxyTo>(verdict.decision)) return "proxied";
    const auto* redirect = std::get_if<RedirectTo>(&verdict.decision);
    std::string bytes;
    append_answer(bytes,
                  redirect != nullptr ? redirect_answer(redirect->location)
                                      : refusal_answer(std::get<Refuse>(verdict.decision), command, "", 30),
                  {});
    return bytes;
}

TEST(DecisionTotality, ReportAnswersByteForByteAsOff) {
    for_each_input([](const Input& input) {
        if (input.policy.mode != RedirectMode::report) return;
        Policy off = input.policy;
        off.mode = RedirectMode::off;
        const Verdict reported = input.verdict();
        ASSERT_EQ(answer_bytes(reported, input.request.command),
                  answer_bytes(input.verdict_with(off), input.request.command))
            << described(input, reported);
    });
}

}  // namespace
}  // namespace eas451
