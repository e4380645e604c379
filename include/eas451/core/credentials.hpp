// SPDX-License-Identifier: Apache-2.0
// Credentials: who the caller says it is (RFC 7617 Basic, RFC 6750 Bearer). Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "eas451/core/request_head.hpp"
#include "eas451/core/result.hpp"
#include "eas451/core/secret.hpp"

namespace eas451 {

/// The forms of a login name that are looked up. Active Directory binds many more (DN, GUID, SID,
/// SPN, canonical and display names); a front door that let those through could not tell which
/// account it is trying passwords on. `upn` and `smtp` look alike: a name with '@' is parsed as
/// upn, and the directory says smtp when it was found by a mail address.
enum class LoginForm : std::uint8_t { upn, netbios, smtp, bare };
std::string_view to_string(LoginForm form);

struct LoginName {
    LoginForm form = LoginForm::bare;
    std::string text;    // as typed, in UTF-8
    std::string domain;  // netbios: before '\', NetBIOS or DNS name; upn: after '@'; bare: empty
    std::string name;    // the rest
};

enum class LoginFault : std::uint8_t { empty, too_long, control_byte, other_form };
std::string_view to_string(LoginFault fault);

/// `NETBIOS\user`, `user@domain` or `user`; anything else is refused: more than one '\' or '@',
/// '/', '=', ',', ';', '"', '<', '>', '[', ']', '|', '?', '*', '{', '}', a blank, a SID.
/// One to 256 bytes. `NETBIOS\user@domain` is refused too: nothing is guessed.
/// `text` must be UTF-8 (parse_authorization() sees to it).
Result<LoginName, LoginFault> parse_login_name(std::string_view text);

struct Credentials {
    LoginName login;
    Secret password;  // never empty, never with a NUL
};

/// Why Basic credentials are refused before any directory is asked. The answer is that of a wrong
/// password. `login` of the result below keeps what was typed, for the log; nothing of it when there
/// was no colon to tell it from the password.
enum class CredentialsFault : std::uint8_t { bad_base64, no_colon, bad_login, empty_password, nul_in_password };
std::string_view to_string(CredentialsFault fault);

struct NoCredentials {};  // no Authorization, or a scheme that is neither Basic nor Bearer
struct BearerToken {};    // Bearer, with a token or without: Exchange's business, not read here
struct BasicCredentials { Credentials credentials; };
struct RefusedCredentials { CredentialsFault fault; std::string login; };

using Authorization = std::variant<NoCredentials, BearerToken, BasicCredentials, RefusedCredentials>;

/// User and password are split at the first colon; both are UTF-8 when that is valid, else Latin-1
/// (phones send the first, Outlook the second).
Authorization parse_authorization(const RequestHead& head);

/// The password of Basic credentials, whatever the user is called; nullopt: none, or none that can be right.
std::optional<Secret> basic_password(const RequestHead& head);

/// Who the caller says it is, for the log: never the password. Empty where nobody is named.
std::string login_text_of(const Authorization& authorization);

/// "Authorization: Bearer" and no token: whoever sends that wants to be told by a 401 how to log in.
bool asks_for_challenge(const RequestHead& head);

}  // namespace eas451
