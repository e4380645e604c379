// SPDX-License-Identifier: Apache-2.0
// Single rules of decide(). The table itself is in tests/golden, one case a file; what holds for all
// combinations is in decision_totality_test.cpp.
#include "eas451/core/decision.hpp"

#include <gtest/gtest.h>

#include "decision_world.hpp"

namespace eas451 {
namespace {

using test::accepted;
using test::local_recipient;
using test::moved_recipient;
using test::now;
using test::options;
using test::post;

constexpr ProtocolVersion v14_1{14, 1};

class DecisionTest : public testing::Test {
protected:
    Verdict decide_for(const EasRequest& request, const LoginOutcome& outcome, std::string_view user_agent = {}) {
        return decide(request, user_agent, outcome, policy_, {relationships_, exchange_is_up_, now});
    }
    Verdict decide_for(const LoginOutcome& outcome) { return decide_for(request_, outcome); }

    EasRequest request_ = post(v14_1);
    LoginOutcome moved_ = accepted(moved_recipient());
    Policy policy_ = test::policy();
    RelationshipTable relationships_{{test::office365()}};
    bool exchange_is_up_ = true;
};

const Refuse& refusal(const Verdict& verdict) {
    return std::get<Refuse>(verdict.decision);
}

TEST_F(DecisionTest, RedirectsAMovedUser) {
    const Verdict verdict = decide_for(moved_);
    ASSERT_TRUE(std::holds_alternative<RedirectTo>(verdict.decision));
    EXPECT_EQ(std::get<RedirectTo>(verdict.decision).location,
              "https://outlook.office365.com/Microsoft-Server-ActiveSync");
    EXPECT_EQ(verdict.reason, Reason::redirected);
    EXPECT_EQ(verdict.location, std::get<RedirectTo>(verdict.decision).location);
}

TEST_F(DecisionTest, TheLocationIsAViewIntoTheTable) {
    const Verdict verdict = decide_for(moved_);
    const std::string& url = relationships_.all().front().target->url;
    EXPECT_EQ(verdict.location.data(), url.data());
}

TEST_F(DecisionTest, EveryTextOfTheTrailOutlivesTheCall) {
    // Names longer than any small-string buffer, so that a view of a temporary shows in the sanitizer.
    request_.command = EasCommand::unknown;
    request_.command_name = "AbcdefghijklmnopqrstuvwxyzAbcdef";
    const Verdict verdict = decide_for(moved_);
    EXPECT_EQ(verdict.trail.steps().front().value.data(), request_.command_name.data());
    EXPECT_EQ(to_string(verdict.trail.steps().front()), "request: AbcdefghijklmnopqrstuvwxyzAbcdef 14.1");
}

TEST_F(DecisionTest, TheTrailTellsTheSeedsSteps) {
    const Verdict verdict = decide_for(moved_);
    std::vector<std::string> lines;
    for (const TrailStep& step : verdict.trail.steps()) lines.push_back(to_string(step));
    EXPECT_EQ(lines, (std::vector<std::string>{
                         "request: Ping 14.1",
                         "login: upn (password accepted)",
                         "recipient: user12@contoso.com (RemoteUserMailbox)",
                         "mailbox location: remote (mail-enabled, no local mailbox, a targetAddress)",
                         "redirect mode: on",
                         "remote routing address: SMTP:user12@contoso.mail.onmicrosoft.com (its domain decides)",
                         "organization relationship: Office 365",
                         "target OWA URL: https://outlook.office.com/mail",
                         "EAS URL: https://outlook.office365.com/Microsoft-Server-ActiveSync",
                         "protocol version: (new enough; the minimum is 14.0)",
                         "answer: redirected",
                     }));
}

TEST_F(DecisionTest, TheRecipientIsNamedByWhatTheEntryHas) {
    Recipient recipient = moved_recipient();
    recipient.distinguished_name = "CN=User Twelve,DC=contoso,DC=com";
    const LoginOutcome by_dn = accepted(recipient);
    EXPECT_EQ(decide_for(by_dn).trail.steps()[2].value, "CN=User Twelve,DC=contoso,DC=com");
    recipient.distinguished_name.clear();
    const LoginOutcome by_upn = accepted(recipient);
    EXPECT_EQ(decide_for(by_upn).trail.steps()[2].value, "user12@contoso.com");
    recipient.user_principal_name.clear();
    const LoginOutcome by_sam = accepted(recipient);
    EXPECT_EQ(decide_for(by_sam).trail.steps()[2].value, "user12");
    recipient.sam_account_name.clear();
    const LoginOutcome by_mail = accepted(recipient);
    EXPECT_EQ(decide_for(by_mail).trail.steps()[2].value, "user12@contoso.com");
}

TEST_F(DecisionTest, EveryRejectionIsTheSame401WithItsOwnReason) {
    const std::vector<std::pair<Rejection, Reason>> table{
        {Rejection::bad_credentials, Reason::bad_credentials},
        {Rejection::bad_credentials_cached, Reason::bad_credentials_cached},
        {Rejection::account_locked, Reason::account_locked},
        {Rejection::account_disabled, Reason::account_disabled},
        {Rejection::account_expired, Reason::account_expired},
        {Rejection::password_expired, Reason::password_expired},
        {Rejection::must_change_password, Reason::must_change_password},
        {Rejection::logon_restricted, Reason::logon_restricted},
    };
    for (const auto& [why, reason] : table) {
        const LoginOutcome outcome = Rejected{why};
        const Verdict verdict = decide_for(outcome);
        EXPECT_EQ(verdict.reason, reason);
        EXPECT_EQ(refusal(verdict).http_status, 401U);
        EXPECT_EQ(refusal(verdict).eas_status, EasStatus::none);
        EXPECT_EQ(to_string(outcome), to_string(reason));
    }
}

TEST_F(DecisionTest, AnUnknownLoginIsA401OnlyWithAuthentication) {
    EXPECT_EQ(refusal(decide_for(NotFound{})).http_status, 401U);
    EXPECT_EQ(refusal(decide_for(Ambiguous{})).http_status, 401U);
    policy_.authentication = false;
    EXPECT_EQ(refusal(decide_for(NotFound{})).eas_status, EasStatus::user_principal_could_not_be_found);
    EXPECT_EQ(refusal(decide_for(Ambiguous{})).eas_status, EasStatus::user_principal_could_not_be_found);
    EXPECT_EQ(refusal(decide_for(options(), NotFound{})).http_status, 403U);
}

TEST_F(DecisionTest, AVersionIsNewEnoughAtExactlyTheMinimum) {
    policy_.minimum_protocol_version = {16, 0};
    EXPECT_EQ(decide_for(post(ProtocolVersion{16, 0}), moved_).reason, Reason::redirected);
    EXPECT_EQ(decide_for(post(ProtocolVersion{14, 1}), moved_).reason, Reason::client_too_old);
    EXPECT_EQ(decide_for(options(ProtocolVersion{16, 0}), moved_).reason, Reason::redirected);
    EXPECT_EQ(decide_for(options(ProtocolVersion{14, 1}), moved_).reason, Reason::client_too_old);
    EXPECT_EQ(decide_for(options(), moved_).reason, Reason::redirected);
}

TEST_F(DecisionTest, TheCanaryComparesWithoutRegardToCaseAtEveryPlaceOfTheList) {
    for (const std::string name : {"USER12@CONTOSO.COM", "User12@Contoso.com", "user12@contoso.com"}) {
        Recipient recipient = moved_recipient();
        recipient.user_principal_name = name;
        recipient.mail.clear();
        recipient.sam_account_name.clear();
        const LoginOutcome outcome = accepted(recipient);
        for (const std::vector<std::string>& list :
             std::vector<std::vector<std::string>>{{"user12@contoso.com"},
                                                   {"alice@contoso.com", "user12@contoso.com"},
                                                   {"user12@contoso.com", "zoe@contoso.com"},
                                                   {"a", "b", "user12@contoso.com", "y", "z"}}) {
            policy_.only_users = list;
            EXPECT_EQ(decide_for(outcome).reason, Reason::redirected) << name;
        }
        policy_.only_users = {"user1@contoso.com", "user123@contoso.com"};
        EXPECT_EQ(decide_for(outcome).reason, Reason::redirect_off) << name;
    }
}

TEST_F(DecisionTest, AnEmptyNameIsNotInTheCanary) {
    Recipient recipient = moved_recipient();
    recipient.user_principal_name.clear();
    recipient.mail.clear();
    recipient.sam_account_name = "CONTOSO\\";
    policy_.only_users = {""};
    EXPECT_EQ(decide_for(accepted(recipient)).reason, Reason::redirect_off);
}

TEST_F(DecisionTest, SkipComparesPrefixesOfUserAgentAndDeviceType) {
    policy_.skip_user_agents = {"Acompli"};
    EXPECT_EQ(decide_for(request_, moved_, "acompli/1.0").reason, Reason::client_unsupported);
    EXPECT_EQ(decide_for(request_, moved_, "Acompl").reason, Reason::redirected);
    EXPECT_EQ(decide_for(request_, moved_, "").reason, Reason::redirected);
    policy_.skip_device_types = {"IPAD"};
    EXPECT_EQ(decide_for(request_, moved_, "x").reason, Reason::client_unsupported);
    request_.device_type = "iPa";
    EXPECT_EQ(decide_for(request_, moved_, "x").reason, Reason::redirected);
}

TEST_F(DecisionTest, BearerIsPassedOnOnlyToAnExchangeThatIsUp) {
    const LoginOutcome bearer = NotChecked{NotChecked::Why::bearer};
    EXPECT_EQ(refusal(decide_for(bearer)).http_status, 401U);
    policy_.has_exchange = true;
    EXPECT_TRUE(std::holds_alternative<ProxyTo>(decide_for(bearer).decision));
    EXPECT_EQ(decide_for(bearer).reason, Reason::bearer);
    exchange_is_up_ = false;
    EXPECT_EQ(decide_for(bearer).reason, Reason::exchange_down);
}

TEST_F(DecisionTest, ADownExchangeCountsOnlyWhereThePolicyHasOne) {
    exchange_is_up_ = false;
    EXPECT_EQ(decide_for(accepted(local_recipient())).reason, Reason::no_exchange_server);
    policy_.has_exchange = true;
    EXPECT_EQ(decide_for(accepted(local_recipient())).reason, Reason::exchange_down);
}

TEST_F(DecisionTest, AMalformedHeadIsA400AndATooLongTargetA414) {
    for (auto fault = 0U; fault <= static_cast<unsigned>(HeadFault::duplicate_field); ++fault) {
        const Verdict verdict = decide(static_cast<HeadFault>(fault));
        const bool too_long = static_cast<HeadFault>(fault) == HeadFault::target_too_long;
        EXPECT_EQ(refusal(verdict).http_status, too_long ? 414U : 400U);
        EXPECT_EQ(verdict.reason, Reason::bad_request);
        EXPECT_EQ(verdict.trail.steps().back().value, "bad-request");
        EXPECT_TRUE(verdict.location.empty());
        EXPECT_EQ(verdict.trail.steps().front().note, to_string(static_cast<HeadFault>(fault)));
    }
}

TEST_F(DecisionTest, AMalformedQueryIsA400) {
    for (auto fault = 0U; fault <= static_cast<unsigned>(QueryFault::bad_policy_key); ++fault) {
        const Verdict verdict = decide(static_cast<QueryFault>(fault));
        EXPECT_EQ(refusal(verdict).http_status, 400U);
        EXPECT_EQ(verdict.reason, Reason::bad_request);
        EXPECT_EQ(verdict.trail.steps().front().note, to_string(static_cast<QueryFault>(fault)));
    }
}

TEST(DecisionWordTest, IsTheWordOfLogsAndMetrics) {
    EXPECT_EQ(to_string(Decision{RedirectTo{"https://x/"}}), "redirect");
    EXPECT_EQ(to_string(Decision{ProxyTo{}}), "proxy");
    EXPECT_EQ(to_string(Decision{Refuse{403}}), "refuse");
}

TEST(RefuseTest, IsTemporaryFor503And111Alone) {
    EXPECT_TRUE((Refuse{503}.is_temporary()));
    EXPECT_TRUE((Refuse{200, EasStatus::server_error_retry_later}.is_temporary()));
    EXPECT_FALSE((Refuse{200, EasStatus::user_has_no_mailbox}.is_temporary()));
    EXPECT_FALSE((Refuse{200}.is_temporary()));
    EXPECT_FALSE((Refuse{401}.is_temporary()));
    EXPECT_FALSE((Refuse{501}.is_temporary()));
}

}  // namespace
}  // namespace eas451
