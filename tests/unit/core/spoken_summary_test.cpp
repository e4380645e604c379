// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/spoken_summary.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "decision_world.hpp"

namespace eas451 {
namespace {

using test::accepted;
using test::moved_recipient;
using test::policy;
using test::post;

constexpr ProtocolVersion v14{14, 1};
constexpr ProtocolVersion v16{16, 1};
constexpr std::string_view cloud = "https://outlook.office365.com/Microsoft-Server-ActiveSync";
constexpr std::string_view elsewhere = "https://mail.fabrikam.com/Microsoft-Server-ActiveSync";

std::vector<Decision> decisions() {
    std::vector<Decision> all{RedirectTo{elsewhere}, ProxyTo{}};
    for (const unsigned http : {200U, 400U, 401U, 403U, 404U, 408U, 413U, 414U, status_for_nobody, 501U, 503U}) all.emplace_back(Refuse{http});
    for (const unsigned status : {108U, 109U, 111U, 123U, 125U, 126U}) all.emplace_back(Refuse{200, static_cast<EasStatus>(status)});
    return all;
}

std::string of(Reason reason, const Decision& decision, std::string_view location = {}) {
    return spoken_summary({decision, reason, {}, location}, post(v14), accepted(moved_recipient()), policy());
}

std::string of_moved(std::string_view location, std::optional<ProtocolVersion> version, LoginForm form = LoginForm::upn) {
    return spoken_summary({RedirectTo{location}, Reason::redirected, {}, location}, post(version), accepted(moved_recipient(), form), policy());
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Empty, or what is wrong with a paragraph that is read aloud.
std::string fault_of(const std::string& text) {
    if (text.empty() || text.back() != '.') return "does not end as a sentence";
    if (text.front() < 'A' || text.front() > 'Z') return "does not begin as a sentence";
    for (const std::string_view bad : {"  ", "..", " .", "\n", "_", "Status", "HTTP"}) {
        if (has(text, bad)) return "holds '" + std::string(bad) + "'";
    }
    for (std::size_t i = 0; i + 2 < text.size(); ++i) {
        const bool ends = text[i] == '.' && text[i + 1] == ' ';
        if (ends && (text[i + 2] < 'A' || text[i + 2] > 'Z')) return "goes on without a capital";
    }
    return text.size() > 800 ? "is too long to listen to" : "";
}

TEST(SpokenSummary, IsWholeSentencesForEveryReasonAndDecision) {
    for (std::size_t i = 0; i < reason_count; ++i) {
        const auto reason = static_cast<Reason>(i);
        for (const Decision& decision : decisions()) {
            for (const std::string_view location : {std::string_view(), elsewhere, cloud}) {
                const std::string text = of(reason, decision, location);
                EXPECT_EQ(fault_of(text), "") << to_string(reason) << ": " << text;
            }
        }
    }
}

TEST(SpokenSummary, SaysSomethingOfItsOwnForEveryReason) {
    std::set<std::string> texts;
    for (std::size_t i = 0; i < reason_count; ++i) texts.insert(of(static_cast<Reason>(i), ProxyTo{}));
    EXPECT_EQ(texts.size(), reason_count);
}

TEST(SpokenSummary, SaysSomethingOfItsOwnForEveryStatusOfOurs) {
    std::set<std::string> texts;
    for (const unsigned status : {108U, 111U, 123U, 125U, 126U}) {
        texts.insert(of(Reason::no_mailbox, Refuse{200, static_cast<EasStatus>(status)}));
    }
    for (const unsigned http : {200U, 401U, 403U, 404U, status_for_nobody}) texts.insert(of(Reason::no_mailbox, Refuse{http}));
    EXPECT_EQ(texts.size(), 10U);
    EXPECT_EQ(of(Reason::directory_down, Refuse{503}), of(Reason::directory_down, Refuse{200, EasStatus::server_error_retry_later}));
}

TEST(SpokenSummary, SaysWhoWouldFailInTheCloud) {
    const std::string old = of_moved(cloud, v14);
    EXPECT_TRUE(has(old, "speaks 14.1 and would fail there")) << old;
    EXPECT_TRUE(has(old, "set it up again")) << old;
    EXPECT_FALSE(has(old, "full user name")) << old;
    const std::string before_the_limit = of_moved(cloud, ProtocolVersion(16, 0));
    EXPECT_TRUE(has(before_the_limit, "speaks 16.0 and would fail there")) << before_the_limit;
    const std::string current = of_moved(cloud, v16);
    EXPECT_FALSE(has(current, "would fail")) << current;
    EXPECT_TRUE(has(current, "has to sign in anew")) << current;
    EXPECT_TRUE(has(of_moved(cloud, std::nullopt), "If the phone speaks less"));
    for (const LoginForm form : {LoginForm::netbios, LoginForm::smtp, LoginForm::bare}) {
        const std::string text = of_moved(cloud, v16, form);
        EXPECT_TRUE(has(text, "would fail there, too: the user has to enter the full user name, user12@contoso.com.")) << text;
    }
}

TEST(SpokenSummary, SaysNothingOfTheCloudWhereTheTargetIsSomebodyElses) {
    const std::string text = of_moved(elsewhere, v14, LoginForm::bare);
    EXPECT_FALSE(has(text, "Microsoft")) << text;
    EXPECT_FALSE(has(text, "fail")) << text;
    // As it is sent with redirect.location: target_owa_url.
    EXPECT_TRUE(has(of_moved("https://outlook.office.com/mail", v14), "Microsoft's"));
    EXPECT_FALSE(has(of_moved("https://outlook.office.com.evil.example/mail", v14), "Microsoft's"));
}

TEST(SpokenSummary, OfAReportIsWhatWouldBe) {
    for (const Decision& decision : {Decision(ProxyTo{}), Decision(Refuse{200, EasStatus::user_has_no_mailbox})}) {
        const std::string text = of(Reason::would_redirect, decision, cloud);
        EXPECT_TRUE(has(text, "only reports so far")) << text;
        EXPECT_TRUE(has(text, "Once it sends phones on: The new server is Microsoft's")) << text;
        EXPECT_TRUE(has(text, "would fail there")) << text;
    }
}

TEST(SpokenSummary, SaysThatTheAccountIsInTheWayWhereNoPasswordWasLookedAt) {
    const auto text_for = [](std::uint32_t bits, bool checked, bool authentication) {
        Recipient recipient = moved_recipient();
        recipient.user_account_control = bits;
        Accepted accepted{std::make_shared<const Recipient>(recipient), LoginForm::upn, checked};
        Policy rules = policy();
        rules.authentication = authentication;
        return spoken_summary({RedirectTo{elsewhere}, Reason::redirected, {}, elsewhere}, post(v14), accepted, rules);
    };
    EXPECT_TRUE(has(text_for(0x2, false, true), "But the account is disabled"));
    EXPECT_TRUE(has(text_for(0x10, false, true), "But the account is locked"));
    EXPECT_TRUE(has(text_for(0x800000, false, true), "But the password has expired"));
    EXPECT_FALSE(has(text_for(0x200, false, true), "But "));
    EXPECT_FALSE(has(text_for(0x2, true, true), "But "));
    EXPECT_FALSE(has(text_for(0x2, false, false), "But "));
    EXPECT_EQ(fault_of(text_for(0x2, false, true)), "");
}

}  // namespace
}  // namespace eas451
