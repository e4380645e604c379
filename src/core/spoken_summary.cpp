// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/spoken_summary.hpp"

#include <algorithm>
#include <array>

#include "eas451/core/exchange_online.hpp"

namespace eas451 {
namespace {

/// What each reason is in plain words, and who has to do what about it. Of a redirect the target decides that.
struct Words {
    Reason reason;
    std::string_view why;
    std::string_view to_do;
};

constexpr std::string_view nothing_to_do = "The user has nothing to do.";
constexpr std::string_view depends_on_target{};
constexpr std::string_view for_the_administrator =
    "The user cannot mend this: it is for the administrator of this server.";

constexpr std::array<Words, reason_count> words{{
    {Reason::bad_request, "This is not how a phone asks: the request is malformed.",
     "If this comes from a phone, remove the account there and set it up again."},
    {Reason::no_credentials, "The phone has sent no user name and password.",
     "The user has nothing to do as long as the phone sends them with its next request."},
    {Reason::directory_down, "The directory of all users cannot be asked at the moment.",
     "The user can only wait; the administrator has to look at the directory servers."},
    {Reason::relationships_unreadable,
     "The mailbox has moved, but the list of where mailboxes may have moved to could not be read lately.",
     "The user can only wait; the administrator has to see why the organization relationships cannot be read."},
    {Reason::bad_credentials, "The password is wrong.", "The user has to enter the right password on the phone."},
    {Reason::bad_credentials_cached, "The password was wrong before, and it has not changed since.",
     "The user has to enter the right password on the phone."},
    {Reason::not_found, "Nobody has this user name.",
     "Check how the user name is spelled on the phone; if it is right, the account is missing from the directory."},
    {Reason::ambiguous, "More than one account has this user name, so nobody can tell whose it is.",
     "The user should log in with the full user name; and the administrator has to see that every name is one "
     "account's alone."},
    {Reason::account_locked, "The account is locked.",
     "It has to be unlocked, and the right password entered on every device of the user."},
    {Reason::account_disabled, "The account is disabled.", "Only the administrator of the directory can enable it."},
    {Reason::account_expired, "The account has expired.", "Only the administrator of the directory can extend it."},
    {Reason::password_expired, "The password has expired.",
     "The user has to set a new password, and enter it on the phone."},
    {Reason::must_change_password, "The password has to be changed before it can be used.",
     "The user has to set a new password, and enter it on the phone."},
    {Reason::logon_restricted, "The account may not log in from here, or not at this time.",
     "Only the administrator of the directory can change that."},
    {Reason::login_held, "Too many wrong passwords were tried for this user lately, so no new one is tried for now.",
     "The user should enter the right password on every device that has an old one, and wait."},
    {Reason::proxied, "The mailbox is here.", "If the phone gets no mail, the reason is to be found at Exchange."},
    {Reason::bearer, "The phone logs in with a token, which only Exchange can judge.",
     "If the phone gets no mail, the reason is to be found at Exchange."},
    {Reason::exchange_down, "This is for Exchange, and no Exchange server answers at the moment.",
     "The user can only wait; the administrator has to look at the Exchange servers."},
    {Reason::eas_disabled, "The mailbox is here, and mail on phones is switched off for this user.",
     "Only the administrator of Exchange can switch it on."},
    {Reason::no_exchange_server,
     "The mailbox is here, but this server knows of no Exchange server to pass the phone on to.",
     for_the_administrator},
    {Reason::no_mailbox, "The account has no mailbox, neither here nor elsewhere.",
     "If there should be one, the administrator of Exchange has to look at the account."},
    {Reason::redirect_off, "The mailbox has moved, but the phones of this user are not sent after it yet.",
     for_the_administrator},
    {Reason::client_unsupported,
     "The mailbox has moved, but this kind of device is known not to follow when it is sent on.",
     "The user has to remove the account from the phone and set it up again, with the new server."},
    {Reason::no_relationship, "The mailbox has moved to an address of which it is not known who serves it.",
     for_the_administrator},
    {Reason::no_target, "The mailbox has moved to an organization that is known, but not where phones find it.",
     for_the_administrator},
    {Reason::self_redirect, "The mailbox has moved, but the place where the phone would be sent is this very server.",
     for_the_administrator},
    {Reason::client_too_old, "The mailbox has moved, but this phone speaks too old a protocol to be sent on.",
     "The user has to set the account up again with the new server, and may need a newer mail app or phone."},
    {Reason::would_redirect, "The mailbox has moved, but this server only reports so far and sends nobody on.",
     depends_on_target},
    {Reason::redirected, "The mailbox has moved.", depends_on_target},
    {Reason::body_too_large, "The phone sent more at once than is passed on to Exchange.",
     "The user should send the message with a smaller attachment."},
    {Reason::body_too_slow, "The phone sent too slowly.", "The user should try again with a better connection."},
    {Reason::client_gone, "The phone hung up before it was answered.", nothing_to_do},
    {Reason::health, "This is a balancer that asks how this server is.", nothing_to_do},
    {Reason::unknown_path, "Nothing is served at this address.",
     "If this comes from a phone, check the server's name in its account."},
}};

constexpr bool is_in_order() {
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i].reason != static_cast<Reason>(i)) return false;
    }
    return true;
}
static_assert(is_in_order(), "one row for each reason, in the order of the enumeration");

std::string_view told_by_status(EasStatus status) {
    switch (status) {
        case EasStatus::device_id_missing_or_invalid:
        case EasStatus::device_type_missing_or_invalid:
            return "The phone is told that the name it gives itself is not valid, and cannot go on.";
        case EasStatus::server_error_retry_later:
            return "The phone is told to try again later, which it does by itself.";
        case EasStatus::user_has_no_mailbox:
            return "The phone is told that the user has no mailbox here: it gets no mail, and may show an error.";
        case EasStatus::user_principal_could_not_be_found:
            return "The phone is told that nobody here has this name: it gets no mail, and may show an error.";
        case EasStatus::user_disabled_for_sync:
            return "The phone is told that it may not get mail for this user, and may show an error.";
        case EasStatus::none:
            break;
    }
    return {};
}

std::string_view told_by_refusal(const Refuse& refuse) {
    if (const std::string_view told = told_by_status(refuse.eas_status); !told.empty()) return told;
    switch (refuse.http_status) {
        case 200:
            return "The phone is told what this server speaks, and gets the real answer to its next request.";
        case 401:
            return "The phone is told that the user name or the password is wrong, and most phones now ask the user "
                   "for the password.";
        case 403:
            return "The phone is refused without a reason: it gets no mail, and may show an error.";
        case 503:
            return told_by_status(EasStatus::server_error_retry_later);
        case status_for_nobody:
            return "Nobody hears the answer.";
        default:
            return "The phone is told that its request cannot be answered, and cannot go on with it.";
    }
}

struct Told {
    std::string_view operator()(RedirectTo) const {
        return "The phone is told its new address, keeps it, and asks there from now on.";
    }
    std::string_view operator()(ProxyTo) const {
        return "Exchange answers the phone, as if this server were not there.";
    }
    std::string_view operator()(const Refuse& refuse) const { return told_by_refusal(refuse); }
};

bool leads_to_exchange_online(std::string_view url) {
    const auto host = https_host(url);
    return host && is_exchange_online(*host);
}

constexpr std::string_view set_up_again =
    "the user has to remove the account from the phone and set it up again, or use another mail app";

/// What becomes of a phone at Microsoft's.
std::string in_the_cloud(const EasRequest& request, const Accepted* accepted) {
    std::string text =
        "The new server is Microsoft's, which takes no passwords from a mail app, only a sign-in on its own page, and "
        "speaks nothing below version " +
        exchange_online_version.to_string() + ".";
    if (!request.version) {
        text.append(" If the phone speaks less, it fails there, and ").append(set_up_again).append(".");
    } else if (*request.version < exchange_online_version) {
        text.append(" This phone speaks " + request.version->to_string() + " and would fail there: ")
            .append(set_up_again)
            .append(".");
    } else {
        text.append(
            " The phone speaks what it has to, but the user has to sign in anew; if it does not ask for that, ");
        text.append(set_up_again).append(".");
    }
    if (accepted == nullptr || accepted->matched == LoginForm::upn) return text;
    text += " The name with which it logs in here would fail there, too: the user has to enter the full user name";
    const std::string& upn = accepted->recipient->user_principal_name;
    return text + (upn.empty() ? "." : ", " + upn + ".");
}

std::string to_do_of(const Verdict& verdict, const EasRequest& request, const Accepted* accepted) {
    const std::string_view to_do = words[static_cast<std::size_t>(verdict.reason)].to_do;
    if (!to_do.empty()) return std::string(to_do);
    const bool is_sent = std::holds_alternative<RedirectTo>(verdict.decision);
    const std::string begin = is_sent ? "" : "Once it sends phones on: ";
    if (leads_to_exchange_online(verdict.location)) return begin + in_the_cloud(request, accepted);
    return begin +
           "The phone logs in there with the name and the password that it has; should it ask for the password, it is "
           "that of the "
           "new server.";
}

/// What nobody can see who looks at no password.
std::string_view but_the_account(const Accepted* accepted, const Policy& policy) {
    if (accepted == nullptr || accepted->password_checked || !policy.authentication) return {};
    const auto why = refusal_by_account(accepted->recipient->user_account_control);
    if (!why) return {};
    switch (*why) {
        case Rejection::account_locked:
            return "But the account is locked: until it is not, the phone is only told that its password is wrong.";
        case Rejection::password_expired:
            return "But the password has expired: until there is a new one, the phone is only told that its password "
                   "is wrong.";
        default:
            return "But the account is disabled: until it is not, the phone is only told that its password is wrong.";
    }
}

}  // namespace

std::string spoken_summary(const Verdict& verdict, const EasRequest& request, const LoginOutcome& outcome,
                           const Policy& policy) {
    const auto* accepted = std::get_if<Accepted>(&outcome);
    std::string text(words[static_cast<std::size_t>(verdict.reason)].why);
    text.append(" ")
        .append(std::visit(Told{}, verdict.decision))
        .append(" ")
        .append(to_do_of(verdict, request, accepted));
    const std::string_view but = but_the_account(accepted, policy);
    if (!but.empty()) text.append(" ").append(but);
    return text;
}

}  // namespace eas451
