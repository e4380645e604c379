// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/audit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decision_world.hpp"

namespace eas451 {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

constexpr std::string_view cloud = "https://outlook.office365.com/Microsoft-Server-ActiveSync";

/// A row that outlives its recipient.
struct Told {
    AuditSeverity severity;
    std::string finding;
    std::string name;
    std::optional<AuditClass> audit_class;
    std::string reason;
    std::string location;
    std::string what;
    std::string mend;
};

class Audit : public testing::Test {
protected:
    void look_at(const Recipient& recipient) { auditor().look_at(recipient); }
    /// The policy is settled from here on.
    Auditor& auditor() {
        if (!auditor_) {
            auto tell = [this](const AuditRow& row) { keep(row); };
            auditor_.emplace(policy, relationships, test::now, wanted, tell);
        }
        return *auditor_;
    }
    /// Of one recipient who has nothing else to be told of.
    Told only(const Recipient& recipient) {
        rows.clear();
        look_at(recipient);
        EXPECT_EQ(rows.size(), 1U);
        return rows.empty() ? Told{} : rows.front();
    }

    Auditor::Wanted wanted = Auditor::Wanted::everything;
    Policy policy = test::policy();
    RelationshipTable relationships{{test::office365(), test::relationship("Ourselves", "self.example", "https://mail.contoso.com/owa"),
                                     test::relationship("Targetless", "none.example", ""),
                                     test::relationship("One", "twice.example", "https://one.example/owa"),
                                     test::relationship("Two", "twice.example", "https://two.example/owa")}};
    std::vector<Told> rows;

private:
    void keep(const AuditRow& row) {
        rows.push_back({row.severity, std::string(row.finding), std::string(row.user_principal_name), row.audit_class,
                        std::string(row.reason), std::string(row.location), row.what, std::string(row.mend)});
    }
    std::optional<Auditor> auditor_;
};

TEST_F(Audit, AMovedUserIsSentToTheTargetOfTheRelationship) {
    const Told row = only(test::moved_recipient());
    EXPECT_EQ(row.severity, AuditSeverity::fine);
    EXPECT_EQ(row.finding, "redirected");
    EXPECT_EQ(row.audit_class, AuditClass::redirected);
    EXPECT_EQ(row.location, cloud);
    EXPECT_EQ(row.what, "organization relationship: Office 365");
    const AuditSummary& summary = auditor().summary();
    EXPECT_EQ(summary.recipients, 1U);
    EXPECT_EQ(summary.findings, 0U);
    ASSERT_EQ(summary.targets.size(), 1U);
    EXPECT_EQ(summary.targets.begin()->first, "outlook.office365.com");
    EXPECT_EQ(summary.targets.begin()->second.redirected, 1U);
}

TEST_F(Audit, EveryWayToBeStuckHasItsReasonAndItsMend) {
    for (const auto& [target, reason, what] : std::vector<std::array<const char*, 3>>{
             {"", "no-mailbox", "no mailbox here and no targetAddress"},
             {"X400:c=US;s=Twelve;", "no-relationship", "not an SMTP address"},
             {"SMTP:user12@unknown.example", "no-relationship", "the domain is in no relationship"},
             {"SMTP:user12@twice.example", "no-relationship", "the domain is in two relationships"},
             {"SMTP:user12@none.example", "no-target", "EAS URL: none"},
             {"SMTP:user12@self.example", "self-redirect", "that is ourselves"}}) {
        const Told row = only(test::moved_recipient(target));
        EXPECT_EQ(row.severity, AuditSeverity::stuck) << target;
        EXPECT_EQ(row.audit_class, AuditClass::stuck);
        EXPECT_EQ(row.finding, reason);
        EXPECT_EQ(row.reason, reason);
        EXPECT_THAT(row.what, HasSubstr(what));
        EXPECT_NE(row.mend, "") << reason;
        EXPECT_EQ(row.location, "");
    }
    EXPECT_EQ(auditor().summary().findings, 6U);
    EXPECT_EQ(auditor().summary().count_of(AuditClass::stuck), 6U);
    EXPECT_THAT(auditor().summary().findings_of, ElementsAre(Pair("no-mailbox", 1U), Pair("no-relationship", 3U), Pair("no-target", 1U),
                                                             Pair("self-redirect", 1U)));
}

TEST_F(Audit, ALocalMailboxIsNoFinding) {
    EXPECT_EQ(only(test::local_recipient()).finding, "no-exchange-server");
    Recipient switched_off = test::local_recipient();
    switched_off.mobile_features = 4;
    EXPECT_EQ(only(switched_off).finding, "eas-disabled");
    EXPECT_EQ(auditor().summary().count_of(AuditClass::local), 2U);
    EXPECT_EQ(auditor().summary().findings, 0U);
}

TEST_F(Audit, WithExchangeALocalMailboxIsPassedOn) {
    policy.has_exchange = true;
    const Told row = only(test::local_recipient());
    EXPECT_EQ(row.finding, "proxied");
    EXPECT_EQ(row.audit_class, AuditClass::local);
}

TEST_F(Audit, InReportModeTheLocationIsTold) {
    policy.mode = RedirectMode::report;
    const Told row = only(test::moved_recipient());
    EXPECT_EQ(row.audit_class, AuditClass::would_redirect);
    EXPECT_EQ(row.reason, "would-redirect");
    EXPECT_EQ(row.location, cloud);
    EXPECT_EQ(only(test::moved_recipient("SMTP:user12@unknown.example")).reason, "no-relationship");
    EXPECT_EQ(auditor().summary().targets.begin()->second.would_redirect, 1U);
    EXPECT_EQ(auditor().summary().targets.begin()->second.redirected, 0U);
}

TEST_F(Audit, WhereRedirectionIsOffItIsToldWhatWouldBeOtherwise) {
    policy.mode = RedirectMode::off;
    const Told row = only(test::moved_recipient());
    EXPECT_EQ(row.severity, AuditSeverity::fine);
    EXPECT_EQ(row.audit_class, AuditClass::would_redirect);
    EXPECT_EQ(row.reason, "redirect-off");
    EXPECT_EQ(row.location, cloud);
    EXPECT_EQ(row.what, "redirect mode: off (redirection is off)");
    EXPECT_EQ(only(test::moved_recipient("SMTP:user12@unknown.example")).reason, "no-relationship");
}

TEST_F(Audit, TheCanaryIsRedirectedAndTheOthersWouldBe) {
    policy.only_users = {"user13@contoso.com"};
    EXPECT_EQ(only(test::moved_recipient()).reason, "redirect-off");
    Recipient in_canary = test::moved_recipient();
    in_canary.user_principal_name = in_canary.mail = "user13@contoso.com";
    EXPECT_EQ(only(in_canary).reason, "redirected");
    const AuditSummary::Target& target = auditor().summary().targets.begin()->second;
    EXPECT_EQ(target.redirected, 1U);
    EXPECT_EQ(target.would_redirect, 1U);
}

TEST_F(Audit, TheNewestVersionIsAskedAbout) {
    policy.minimum_protocol_version = ProtocolVersion(16, 1);
    EXPECT_EQ(only(test::moved_recipient()).reason, "redirected");
}

TEST_F(Audit, AMinimumThatNoVersionHasIsAFinding) {
    policy.minimum_protocol_version = ProtocolVersion(17, 0);
    const Told row = only(test::moved_recipient());
    EXPECT_EQ(row.reason, "client-too-old");
    EXPECT_THAT(row.mend, HasSubstr("minimum_protocol_version"));
}

TEST_F(Audit, AUpnThatIsNoAddressIsAWarningOfMovedUsersAndOfThoseWhoWillMove) {
    Recipient moved = test::moved_recipient();
    moved.user_principal_name = "u12@contoso.local";
    Recipient local = test::local_recipient();
    local.user_principal_name = "u12@contoso.local";
    look_at(moved);
    look_at(local);
    ASSERT_EQ(rows.size(), 4U);
    for (const std::size_t row : {1U, 3U}) {
        EXPECT_EQ(rows[row].finding, "upn-not-primary-address");
        EXPECT_THAT(rows[row].what, HasSubstr("u12@contoso.local"));
    }
    EXPECT_EQ(rows[1].severity, AuditSeverity::warning);
    EXPECT_EQ(rows[1].location, cloud);
    EXPECT_EQ(rows[3].severity, AuditSeverity::warning);
    EXPECT_EQ(auditor().summary().findings, 2U);
}

TEST_F(Audit, TheEasSwitchOfAMovedUserIsToldAndDecidesNothing) {
    Recipient moved = test::moved_recipient();
    moved.mobile_features = 4;
    look_at(moved);
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].reason, "redirected");
    EXPECT_EQ(rows[1].finding, "eas-switched-off");
    EXPECT_EQ(rows[1].severity, AuditSeverity::warning);
}

TEST_F(Audit, AnEntryThatCannotBeReadIsAnOutageAndNoAnswer) {
    auditor().look_at_unreadable("CN=Odd", "userAccountControl of CN=Odd is no number");
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].reason, "directory-down");
    EXPECT_EQ(rows[0].audit_class, AuditClass::stuck);
    EXPECT_NE(rows[0].mend, "");
    EXPECT_EQ(auditor().summary().recipients, 1U);
}

TEST_F(Audit, WhatIsAddedCountsByItsSeverity) {
    auditor().add(AuditSeverity::warning, relationship_finding, "relationship \"X\": it names no domain", mend_of_relationship());
    auditor().add(AuditSeverity::note, relationship_finding, "relationship \"Y\": disabled", {});
    EXPECT_EQ(rows.size(), 2U);
    EXPECT_EQ(auditor().summary().findings, 1U);
    EXPECT_EQ(auditor().summary().recipients, 0U);
    EXPECT_FALSE(rows[0].audit_class);
}

TEST_F(Audit, WhereFindingsAloneAreWantedTheRestIsOnlyCounted) {
    wanted = Auditor::Wanted::findings;
    Recipient local = test::local_recipient();
    local.has_mailbox_guid = true;
    look_at(test::moved_recipient());
    look_at(local);
    look_at(test::moved_recipient("SMTP:user12@unknown.example"));
    auditor().add(AuditSeverity::note, relationship_finding, "disabled", {});
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].reason, "no-relationship");
    EXPECT_EQ(auditor().summary().recipients, 3U);
    EXPECT_EQ(auditor().summary().count_of(AuditClass::redirected), 1U);
    EXPECT_EQ(auditor().summary().targets.begin()->second.redirected, 1U);
}

TEST_F(Audit, TwoRelationshipsToOneHostAreOneTarget) {
    const RelationshipTable both({test::relationship("A", "a.example", "https://Mail.example/owa"),
                                  test::relationship("B", "b.example", "https://mail.example/owa2")});
    Auditor auditor(policy, both, test::now, Auditor::Wanted::findings, [](const AuditRow&) {});
    for (const char* target : {"SMTP:u@a.example", "SMTP:u@b.example", "SMTP:u@a.example"}) auditor.look_at(test::moved_recipient(target));
    ASSERT_EQ(auditor.summary().targets.size(), 1U);
    EXPECT_EQ(auditor.summary().targets.at("mail.example").redirected, 3U);
}

TEST(AuditMends, EachReasonOfAMovedUserWhoIsNotRedirectedHasOne) {
    for (const Reason reason : {Reason::no_mailbox, Reason::no_relationship, Reason::no_target, Reason::self_redirect, Reason::client_too_old,
                                Reason::client_unsupported, Reason::relationships_unreadable, Reason::directory_down, Reason::redirect_off,
                                Reason::would_redirect, Reason::eas_disabled, Reason::no_exchange_server}) {
        EXPECT_NE(mend_of(reason), "") << to_string(reason);
    }
    EXPECT_EQ(mend_of(Reason::redirected), "");
    EXPECT_EQ(mend_of(Reason::proxied), "");
}

TEST(AuditMends, EachContradictionHasAWordAndAllButOneAMend) {
    for (std::size_t i = 0; i < contradiction_count; ++i) {
        const auto kind = static_cast<ContradictionKind>(i);
        EXPECT_NE(to_string(kind), "");
        EXPECT_EQ(mend_of(kind).empty(), kind == ContradictionKind::mailbox_guid_left) << to_string(kind);
    }
}

}  // namespace
}  // namespace eas451
