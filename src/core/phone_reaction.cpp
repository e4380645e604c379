// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/phone_reaction.hpp"

#include <algorithm>
#include <array>

#include "eas451/core/text.hpp"
#include "eas451/core/wbxml_status.hpp"

namespace eas451 {
namespace {

using enum PhoneVerdict;

constexpr auto words = std::to_array<std::string_view>({
    "works",
    "asks-policies",
    "redirected",
    "bad-redirect",
    "redirect-loop",
    "asks-password",
    "needs-modern-authentication",
    "version-not-offered",
    "tries-again",
    "no-mailbox",
    "refused",
    "fails",
    "not-activesync",
    "unreachable",
    "bad-certificate",
    "bad-answer",
});

/// What a phone does with these numbers, whatever else the answer holds.
struct Row {
    unsigned first;
    unsigned last;
    PhoneVerdict verdict;
    std::string_view sentence;
};

constexpr std::string_view provisions = "the phone asks for the server's policies (Provision) and goes on";

// Of MS-ASHTTP 2.2.2.1.1. 401 and 451 have functions of their own; retries are told with their time.
constexpr auto http_rows = std::to_array<Row>({
    {300, 399, not_activesync, "the phone goes no further: a redirect of the web is none that phones follow"},
    {400, 400, fails, "the phone shows an error: the server could not read its request"},
    {403, 403, refused,
     "the phone shows an error, or asks for policies again and again: below EAS 14.0, and on OPTIONS, this is how a "
     "server says that there is no mailbox, or none that this phone may use"},
    {404, 405, not_activesync, "the phone finds no ActiveSync here"},
    {408, 408, tries_again, ""},
    {429, 429, tries_again, ""},
    {449, 449, asks_policies, provisions},
    {456, 456, refused, "the phone is told that the account is blocked"},
    {457, 457, refused, "the phone is told that the password has expired"},
    {501, 501, fails, "the phone shows an error: the server does not know this command"},
    {502, 504, tries_again, ""},
    {505, 505, version_not_offered, "the phone would have to be set up again: the server does not take its version"},
    {507, 507, refused, "the phone is told that the mailbox is full"},
    {400, 499, fails, "the phone shows an error, or looks for its server by Autodiscover"},
    {500, 599, fails, "the phone shows an error, or looks for its server by Autodiscover"},
});

// MS-ASCMD 2.2.2. What is not here, and above 100, is shown to the user.
constexpr auto status_rows = std::to_array<Row>({
    {110, 110, fails, "the phone shows an error, and does not try again by itself"},
    {111, 111, tries_again, ""},
    {114, 114, tries_again, ""},
    {123, 123, no_mailbox, "the phone shows an error and gets no mail: here there is no mailbox for this user"},
    {125, 125, refused, "the phone shows an error: the directory does not know this user"},
    {126, 126, refused, "the phone shows an error: ActiveSync is switched off for this user"},
    {127, 128, refused, "the phone shows an error: the mailbox is on another version of Exchange"},
    {129, 129, refused, "the phone shows an error: this device is blocked or in quarantine"},
    {131, 131, refused, "the phone shows an error: the account is disabled"},
    {133, 133, tries_again, ""},
    {138, 138, version_not_offered, "the phone would have to be set up again: the server does not take its version"},
    {140, 140, refused, "the phone ERASES ITSELF: the server asks for a remote wipe of this device"},
    {139, 139, refused, "the phone shows an error: it cannot do what the server's policies ask for"},
    {141, 144, asks_policies, provisions},
    {165, 165, asks_policies, "the phone tells about itself (Settings) and goes on"},
    {177, 177, refused, "the phone shows an error: the user has as many devices as are allowed"},
});

struct CommandRow {
    EasCommand command;
    Row row;
};

// MS-ASCMD 2.2.3.177, below 101: each command has its own. What is not here is an error; 1 is success everywhere.
constexpr auto command_rows = std::to_array<CommandRow>({
    {EasCommand::folder_sync, {6, 6, tries_again, ""}},
    {EasCommand::folder_sync,
     {9, 9, fails, "the phone reads all folders anew: the server takes its sync key for invalid"}},
    {EasCommand::folder_sync, {10, 10, fails, "the phone shows an error: the server takes its request for malformed"}},
    {EasCommand::folder_sync, {11, 11, tries_again, ""}},
    {EasCommand::folder_sync, {12, 12, fails, "the phone shows an error: the server gives no reason"}},
    {EasCommand::sync, {3, 3, fails, "the phone reads the folder anew: the server takes its sync key for invalid"}},
    {EasCommand::sync, {4, 4, fails, "the phone shows an error: the server takes its request for malformed"}},
    {EasCommand::sync, {5, 5, tries_again, ""}},
    {EasCommand::sync, {6, 6, fails, "the phone shows an error: the server cannot make out what an item holds"}},
    {EasCommand::sync, {8, 8, fails, "the phone reads its list of folders anew: the server does not know this one"}},
    {EasCommand::sync, {9, 9, refused, "the phone shows an error: the mailbox may be full"}},
    {EasCommand::sync, {12, 12, fails, "the phone reads its list of folders anew: the server has another"}},
    {EasCommand::sync,
     {13, 13, fails, "the phone asks again, for everything: the server does not know its last request"}},
    {EasCommand::sync, {14, 14, fails, "the phone asks again: the server does not wait for so long or so short"}},
    {EasCommand::sync, {15, 15, fails, "the phone shows an error: it asks for too many folders"}},
    {EasCommand::sync, {16, 16, tries_again, ""}},
    {EasCommand::ping, {2, 2, works, "the phone gets its mail here, and there is something new"}},
    {EasCommand::ping,
     {3, 3, works, "the phone is served here: the server asks what to wait for, as it has to at first"}},
    {EasCommand::ping, {4, 4, fails, "the phone shows an error: the server takes its request for malformed"}},
    {EasCommand::ping, {5, 5, fails, "the phone asks again: the server does not wait for so long or so short"}},
    {EasCommand::ping, {6, 6, fails, "the phone asks again, for fewer folders"}},
    {EasCommand::ping, {7, 7, fails, "the phone reads its list of folders anew: the server has another"}},
    {EasCommand::ping, {8, 8, tries_again, ""}},
});

const Row* row_of(EasCommand command, unsigned number) {
    const auto is_it = [=](const CommandRow& each) { return each.command == command && each.row.first == number; };
    const auto found = std::ranges::find_if(command_rows, is_it);
    return found == command_rows.end() ? nullptr : &found->row;
}

const Row* row_of(std::span<const Row> rows, unsigned number) {
    const auto holds = [number](const Row& row) { return row.first <= number && number <= row.last; };
    const auto found = std::ranges::find_if(rows, holds);
    return found == rows.end() ? nullptr : &*found;
}

PhoneReaction again(const PhoneAnswer& answer) {
    const auto seconds = retry_seconds(answer);
    if (seconds) return {tries_again, "the phone tries again in " + std::to_string(*seconds) + " s"};
    if (!answer.retry_after.empty()) return {tries_again, "the phone tries again after " + answer.retry_after};
    return {tries_again, "the phone tries again after a while of its own choice"};
}

PhoneReaction reaction_of(const Row& row, const PhoneAnswer& answer) {
    return row.verdict == tries_again ? again(answer) : PhoneReaction{row.verdict, std::string(row.sentence)};
}

std::string joined(const std::vector<std::string>& list) {
    std::string text;
    for (const std::string& word : list) text += (text.empty() ? "" : ", ") + word;
    return text;
}

bool has(const std::vector<std::string>& list, std::string_view word) {
    return std::ranges::any_of(list, [word](const std::string& one) { return equals_ignore_case(one, word); });
}

/// A server that has switched Basic off still names it, without a realm: so does Exchange Online (eas-protocol 3.6).
PhoneReaction unauthorized(const PhoneAnswer& answer) {
    const bool basic = has(answer.schemes, "Basic");
    if (has(answer.schemes, "Bearer") && !(basic && answer.basic_has_realm)) {
        return {needs_modern_authentication,
                "the phone asks the user for the password, and none helps; the account would have to be set up again: "
                "the server wants modern authentication (Bearer)"};
    }
    if (basic && !answer.basic_has_realm) {
        return {needs_modern_authentication,
                "the phone asks the user for the password; when the right one does not help, the account has to be set "
                "up again: a Basic challenge without a realm is how Exchange Online refuses Basic, and it wants modern "
                "authentication (Bearer)"};
    }
    if (!basic && !answer.schemes.empty()) {
        return {refused, "the phone cannot log in: the server takes " + joined(answer.schemes) + " only, and no Basic"};
    }
    return {asks_password, "the phone asks the user for the password"};
}

PhoneReaction sent_away(const PhoneAnswer& answer) {
    const auto to = redirect_of(answer);
    if (!to) return {bad_redirect, to.error()};
    PhoneReaction reaction{redirected,
                           "the phone saves " + answer.locations.front() + " and will never come back here"};
    const std::string usual = EasEndpoint{to->tls, to->host, 443, std::string(eas_path)}.url();
    if (answer.locations.front() != usual) {
        reaction.sentence += "; phones that take only the host of it go to " + usual;
    }
    return reaction;
}

bool offers(const PhoneAnswer& answer, ProtocolVersion version) {
    return std::ranges::any_of(answer.versions,
                               [version](const std::string& one) { return ProtocolVersion::parse(one) == version; });
}

bool takes_new_phones_only(const PhoneAnswer& answer) {
    static constexpr ProtocolVersion newest_of_old_phones(14, 1);
    return std::ranges::none_of(answer.versions, [](const std::string& one) {
        const auto version = ProtocolVersion::parse(one);
        return version && *version <= newest_of_old_phones;
    });
}

PhoneReaction told_options(const PhoneAnswer& answer, ProtocolVersion version) {
    if (answer.versions.empty() || !answer.has_commands) {
        return {not_activesync, "the phone finds no ActiveSync here: the answer names no versions, or no commands"};
    }
    if (offers(answer, version)) {
        return {works,
                "the phone speaks " + version.to_string() + " here" +
                    (takes_new_phones_only(answer) ? "; one that knows 14.1 at the most would have to be set up again"
                                                   : "")};
    }
    return {version_not_offered, "the phone speaks " + version.to_string() +
                                     ", and would have to be set up again: the server takes " +
                                     joined(answer.versions) + " only"};
}

PhoneReaction told_status(const PhoneAnswer& answer, unsigned status) {
    constexpr unsigned first_common = 101;
    if (status == 1) return {works, "the phone gets its mail here"};
    const bool is_own = status < first_common;
    const std::string_view name = is_own ? to_string(answer.command) : common_status_name(status);
    std::string what = "Status " + std::to_string(status);
    if (!name.empty()) what += (is_own ? " of " : " ") + std::string(name);
    const Row* row = is_own ? row_of(answer.command, status) : row_of(status_rows, status);
    if (row == nullptr) return {is_own ? fails : refused, what + ": the phone shows an error"};
    const PhoneReaction reaction = reaction_of(*row, answer);
    return {reaction.verdict, what + ": " + reaction.sentence};
}

PhoneReaction told_command(const PhoneAnswer& answer) {
    if (answer.eas_status) return told_status(answer, *answer.eas_status);
    if (answer.is_wbxml) {
        return {fails, "the phone shows an error: the answer begins as one of ActiveSync does, but no Status of " +
                           std::string(to_string(answer.command)) + " can be read"};
    }
    if (answer.has_body) return {not_activesync, "the phone shows an error: the answer is no document of ActiveSync"};
    // MS-ASCMD 2.2.1.21: of Sync alone.
    if (answer.command == EasCommand::sync) return {works, "the phone is served here: there is nothing new"};
    return {not_activesync, "the phone shows an error: the answer is empty, and only Sync has empty ones"};
}

}  // namespace

std::string_view to_string(PhoneVerdict verdict) {
    return words[static_cast<std::size_t>(verdict)];
}

bool is_fine(PhoneVerdict verdict) {
    return verdict == works || verdict == asks_policies || verdict == redirected;
}

PhoneReaction react(const PhoneAnswer& answer, ProtocolVersion version) {
    if (answer.status == 401) return unauthorized(answer);
    if (answer.status == 451) return sent_away(answer);
    if (answer.status == 200)
        return answer.method == EasMethod::options ? told_options(answer, version) : told_command(answer);
    // At the first of several rows that hold the number.
    const Row* row = row_of(http_rows, answer.status);
    if (row != nullptr) return reaction_of(*row, answer);
    return {not_activesync, "the phone shows an error: no server of ActiveSync answers so"};
}

Result<EasEndpoint, std::string> redirect_of(const PhoneAnswer& answer) {
    const auto no = [](std::string why) {
        return Result<EasEndpoint, std::string>(boost::system::in_place_error, std::move(why));
    };
    if (answer.locations.empty()) {
        return no(
            "the phone looks for its server by Autodiscover, or loses its account: a 451 has to have an X-MS-Location");
    }
    if (answer.locations.size() > 1) return no("each phone takes another URL: there is more than one X-MS-Location");
    const auto to = parse_location(answer.locations.front());
    if (!to)
        return no("no phone can be relied on to follow: X-MS-Location is not what it should be: " +
                  std::string(to.error()));
    return *to;
}

std::optional<ProtocolVersion> best_version(const PhoneAnswer& options) {
    constexpr std::array known{ProtocolVersion(16, 1), ProtocolVersion(16, 0), ProtocolVersion(14, 1),
                               ProtocolVersion(14, 0), ProtocolVersion(12, 1), ProtocolVersion(12, 0),
                               ProtocolVersion(2, 5)};
    const auto found =
        std::ranges::find_if(known, [&options](ProtocolVersion version) { return offers(options, version); });
    return found == known.end() ? std::nullopt : std::optional(*found);
}

}  // namespace eas451
