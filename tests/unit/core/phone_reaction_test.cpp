// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/phone_reaction.hpp"

#include <gtest/gtest.h>

#include <set>

namespace eas451 {
namespace {

constexpr ProtocolVersion newest(16, 1);
const std::string target = "https://outlook.office365.com/Microsoft-Server-ActiveSync";

PhoneAnswer answer_of(unsigned status, EasMethod method = EasMethod::post) {
    PhoneAnswer answer;
    answer.method = method;
    answer.command = EasCommand::folder_sync;
    answer.status = status;
    return answer;
}

PhoneAnswer with_status(unsigned eas_status, EasCommand command = EasCommand::folder_sync) {
    PhoneAnswer answer = answer_of(200);
    answer.command = command;
    answer.is_wbxml = answer.has_body = true;
    answer.eas_status = eas_status;
    return answer;
}

PhoneAnswer sent_to(std::vector<std::string> locations) {
    PhoneAnswer answer = answer_of(451);
    answer.locations = std::move(locations);
    return answer;
}

PhoneAnswer challenged(std::vector<std::string> schemes, bool basic_has_realm) {
    PhoneAnswer answer = answer_of(401);
    answer.schemes = std::move(schemes);
    answer.basic_has_realm = basic_has_realm;
    return answer;
}

PhoneAnswer offering(std::vector<std::string> versions) {
    PhoneAnswer answer = answer_of(200, EasMethod::options);
    answer.versions = std::move(versions);
    answer.has_commands = true;
    return answer;
}

PhoneVerdict verdict_of(const PhoneAnswer& answer, ProtocolVersion version = newest) {
    return react(answer, version).verdict;
}

TEST(PhoneReaction, EveryHttpStatusHasAWordAndASentence) {
    for (const EasMethod method : {EasMethod::post, EasMethod::options}) {
        for (unsigned status = 0; status <= 1000; ++status) {
            const PhoneReaction reaction = react(answer_of(status, method), newest);
            EXPECT_FALSE(to_string(reaction.verdict).empty()) << status;
            EXPECT_FALSE(reaction.sentence.empty()) << status;
            EXPECT_LE(is_fine(reaction.verdict), status == 449) << status << " without anything else cannot be fine";
        }
    }
}

TEST(PhoneReaction, EveryEasStatusHasAWordAndASentence) {
    for (const EasCommand command : {EasCommand::folder_sync, EasCommand::sync, EasCommand::ping}) {
        for (unsigned status = 0; status <= 999; ++status) {
            const PhoneReaction reaction = react(with_status(status, command), newest);
            EXPECT_FALSE(reaction.sentence.empty()) << status;
            const bool is_ping = command == EasCommand::ping;
            const bool works = status == 1 || (is_ping && (status == 2 || status == 3));
            EXPECT_EQ(reaction.verdict == PhoneVerdict::works, works) << to_string(command) << status;
            if (status != 1) {
                EXPECT_EQ(reaction.sentence.rfind("Status " + std::to_string(status), 0), 0U) << reaction.sentence;
            }
        }
    }
}

TEST(PhoneReaction, EveryVerdictHasAWordOfItsOwn) {
    std::set<std::string_view> words;
    for (unsigned i = 0; i <= static_cast<unsigned>(PhoneVerdict::bad_answer); ++i)
        words.insert(to_string(static_cast<PhoneVerdict>(i)));
    EXPECT_EQ(words.size(), static_cast<std::size_t>(PhoneVerdict::bad_answer) + 1);
    EXPECT_EQ(to_string(PhoneVerdict::bad_answer), "bad-answer");
    EXPECT_EQ(to_string(PhoneVerdict::no_mailbox), "no-mailbox");
    EXPECT_EQ(to_string(PhoneVerdict::tries_again), "tries-again");
}

TEST(PhoneReaction, HttpStatuses) {
    const std::vector<std::pair<unsigned, PhoneVerdict>> rows{
        {200, PhoneVerdict::not_activesync}, {204, PhoneVerdict::not_activesync},
        {302, PhoneVerdict::not_activesync}, {400, PhoneVerdict::fails},
        {401, PhoneVerdict::asks_password},  {403, PhoneVerdict::refused},
        {404, PhoneVerdict::not_activesync}, {429, PhoneVerdict::tries_again},
        {449, PhoneVerdict::asks_policies},  {451, PhoneVerdict::bad_redirect},
        {456, PhoneVerdict::refused},        {499, PhoneVerdict::fails},
        {500, PhoneVerdict::fails},          {501, PhoneVerdict::fails},
        {503, PhoneVerdict::tries_again},    {505, PhoneVerdict::version_not_offered},
        {507, PhoneVerdict::refused},        {599, PhoneVerdict::fails},
        {600, PhoneVerdict::not_activesync},
    };
    for (const auto& [status, verdict] : rows) EXPECT_EQ(verdict_of(answer_of(status)), verdict) << status;
}

TEST(PhoneReaction, EasStatuses) {
    const std::vector<std::pair<unsigned, PhoneVerdict>> rows{
        {1, PhoneVerdict::works},     {9, PhoneVerdict::fails},           {6, PhoneVerdict::tries_again},
        {110, PhoneVerdict::fails},   {111, PhoneVerdict::tries_again},   {123, PhoneVerdict::no_mailbox},
        {126, PhoneVerdict::refused}, {129, PhoneVerdict::refused},       {138, PhoneVerdict::version_not_offered},
        {140, PhoneVerdict::refused}, {142, PhoneVerdict::asks_policies}, {158, PhoneVerdict::refused},
        {177, PhoneVerdict::refused}, {999, PhoneVerdict::refused},
    };
    for (const auto& [status, verdict] : rows) EXPECT_EQ(verdict_of(with_status(status)), verdict) << status;
    EXPECT_NE(react(with_status(123), newest).sentence.find("123 UserHasNoMailbox"), std::string::npos);
}

TEST(PhoneReaction, EachCommandHasStatusesOfItsOwn) {
    using enum PhoneVerdict;
    struct Of {
        EasCommand command;
        std::vector<unsigned> fine, again, refusing, failing;
    };
    for (const Of& of : {Of{EasCommand::folder_sync, {1}, {6, 11}, {}, {0, 2, 3, 5, 7, 8, 9, 10, 12, 13, 100}},
                         Of{EasCommand::sync, {1}, {5, 16}, {9}, {0, 2, 3, 4, 6, 7, 8, 11, 12, 13, 14, 15, 17, 100}},
                         Of{EasCommand::ping, {1, 2, 3}, {8}, {}, {0, 4, 5, 6, 7, 9, 16, 100}}}) {
        const auto expect = [&of](const std::vector<unsigned>& statuses, PhoneVerdict verdict) {
            for (const unsigned status : statuses)
                EXPECT_EQ(verdict_of(with_status(status, of.command)), verdict) << to_string(of.command) << status;
        };
        expect(of.fine, works);
        expect(of.again, tries_again);
        expect(of.refusing, refused);
        expect(of.failing, fails);
    }
    EXPECT_EQ(react(with_status(9), newest).sentence,
              "Status 9 of FolderSync: the phone reads all folders anew: the server takes its sync key for invalid");
    EXPECT_EQ(react(with_status(99), newest).sentence, "Status 99 of FolderSync: the phone shows an error");
    PhoneAnswer later = with_status(16, EasCommand::sync);
    later.retry_after = "5";
    EXPECT_EQ(react(later, newest).sentence, "Status 16 of Sync: the phone tries again in 5 s");
}

TEST(PhoneReaction, WhenItTriesAgain) {
    PhoneAnswer answer = with_status(111);
    EXPECT_NE(react(answer, newest).sentence.find("of its own choice"), std::string::npos);
    answer.retry_after = "42";
    EXPECT_NE(react(answer, newest).sentence.find("the phone tries again in 42 s"), std::string::npos);
    answer.retry_after = "Mon, 23 Nov 2026 10:00:00 GMT";
    EXPECT_NE(react(answer, newest).sentence.find("after Mon, 23 Nov"), std::string::npos);
}

TEST(PhoneReaction, ARedirectIsSavedForEver) {
    const PhoneReaction reaction = react(sent_to({target}), newest);
    EXPECT_EQ(reaction.verdict, PhoneVerdict::redirected);
    EXPECT_EQ(reaction.sentence, "the phone saves " + target + " and will never come back here");
    EXPECT_EQ(redirect_of(sent_to({target}))->authority(), "outlook.office365.com");
    const std::string odd = react(sent_to({"https://mail.fabrikam.com:8443/owa"}), newest).sentence;
    EXPECT_NE(odd.find("go to https://mail.fabrikam.com/Microsoft-Server-ActiveSync"), std::string::npos) << odd;
}

TEST(PhoneReaction, ARedirectThatNoPhoneShouldFollow) {
    for (const std::vector<std::string>& locations : {std::vector<std::string>{},
                                                      {target, target},
                                                      {""},
                                                      {"http://a.example/"},
                                                      {"a.example"},
                                                      {"https://u:p@a.example/"},
                                                      {"https://a.example/?x"},
                                                      {"javascript:x"}}) {
        EXPECT_EQ(verdict_of(sent_to(locations)), PhoneVerdict::bad_redirect)
            << (locations.empty() ? "none" : locations.front());
        EXPECT_FALSE(redirect_of(sent_to(locations)));
    }
}

TEST(PhoneReaction, WhatA401AsksFor) {
    EXPECT_EQ(verdict_of(challenged({}, false)), PhoneVerdict::asks_password);
    EXPECT_EQ(verdict_of(challenged({"Basic"}, true)), PhoneVerdict::asks_password);
    EXPECT_EQ(verdict_of(challenged({"basic", "Bearer"}, true)), PhoneVerdict::asks_password)
        << "an Exchange with hybrid modern authentication";
    EXPECT_EQ(verdict_of(challenged({"Bearer"}, false)), PhoneVerdict::needs_modern_authentication);
    EXPECT_EQ(verdict_of(challenged({"Basic", "Bearer"}, false)), PhoneVerdict::needs_modern_authentication);
    EXPECT_EQ(verdict_of(challenged({"Basic"}, false)), PhoneVerdict::needs_modern_authentication)
        << "Exchange Online, to Basic";
    EXPECT_EQ(verdict_of(challenged({"Negotiate", "NTLM"}, false)), PhoneVerdict::refused);
}

TEST(PhoneReaction, VersionsOffered) {
    const PhoneAnswer online = offering({"16.1"});
    EXPECT_EQ(verdict_of(online), PhoneVerdict::works);
    EXPECT_NE(react(online, newest).sentence.find("set up again"), std::string::npos) << "for whoever speaks less";
    const PhoneReaction old = react(online, ProtocolVersion(14, 1));
    EXPECT_EQ(old.verdict, PhoneVerdict::version_not_offered);
    EXPECT_EQ(old.sentence, "the phone speaks 14.1, and would have to be set up again: the server takes 16.1 only");
    EXPECT_EQ(react(offering({"14.1", "16.1"}), newest).sentence, "the phone speaks 16.1 here");
    for (const char* known : {"2.5", "12.1", "14.0", "14.1"}) {
        EXPECT_EQ(react(offering({known, "16.1"}), newest).sentence, "the phone speaks 16.1 here") << known;
        EXPECT_EQ(react(offering({known}), *ProtocolVersion::parse(known)).sentence,
                  "the phone speaks " + std::string(known) + " here");
    }
    EXPECT_NE(react(offering({"16.0", "x"}), ProtocolVersion(16, 0)).sentence.find("14.1 at the most"),
              std::string::npos);
    PhoneAnswer half = online;
    half.has_commands = false;
    EXPECT_EQ(verdict_of(half), PhoneVerdict::not_activesync);
    EXPECT_EQ(verdict_of(offering({})), PhoneVerdict::not_activesync);
}

TEST(PhoneReaction, ThePhoneChoosesTheHighestThatBothKnow) {
    EXPECT_EQ(best_version(offering({"2.5", "14.1", "12.1"})), ProtocolVersion(14, 1));
    EXPECT_EQ(best_version(offering({"16.1", "14.1"})), newest);
    EXPECT_EQ(best_version(offering({"17.0", "x", ""})), std::nullopt);
    EXPECT_EQ(best_version(offering({})), std::nullopt);
}

TEST(PhoneReaction, WhatIsNoDocument) {
    PhoneAnswer page = answer_of(200);
    page.has_body = true;
    EXPECT_EQ(verdict_of(page), PhoneVerdict::not_activesync);
    for (const EasCommand command : {EasCommand::folder_sync, EasCommand::sync, EasCommand::ping}) {
        page.command = command;
        page.is_wbxml = true;
        EXPECT_EQ(verdict_of(page), PhoneVerdict::fails) << "a document without a Status";
        EXPECT_NE(react(page, newest).sentence.find("no Status of " + std::string(to_string(command))),
                  std::string::npos);
    }
}

TEST(PhoneReaction, OnlySyncHasEmptyAnswers) {
    PhoneAnswer empty = answer_of(200);
    EXPECT_EQ(verdict_of(empty), PhoneVerdict::not_activesync);
    empty.command = EasCommand::ping;
    EXPECT_EQ(verdict_of(empty), PhoneVerdict::not_activesync);
    empty.command = EasCommand::sync;
    EXPECT_EQ(verdict_of(empty), PhoneVerdict::works);
}

}  // namespace
}  // namespace eas451
