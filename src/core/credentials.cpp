// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/credentials.hpp"

#include <algorithm>
#include <utility>

#include "byte_set.hpp"
#include "eas451/core/smtp_address.hpp"
#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::size_t max_login_bytes = 256;
constexpr std::string_view sid_prefix = "S-1-";
// What only the forms that Active Directory would bind beyond ours contain (DN, GUID, SPN, canonical
// and display names), and the wildcard. '\' and '@' are counted apart.
constexpr ByteSet foreign_bytes("/=,;\"<>[]|?*{} ", false);
constexpr ByteSet separators("\\@", false);

bool is_sid(std::string_view text) {
    if (!starts_with_ignore_case(text, sid_prefix)) return false;
    const auto rest = text.substr(sid_prefix.size());
    return std::all_of(rest.begin(), rest.end(), [](char c) { return is_ascii_digit(c) || c == '-'; });
}

std::optional<LoginName> split_login(std::string_view text) {
    const auto backslash = text.find('\\');
    const auto at = text.find('@');
    if (backslash != npos && at != npos) return std::nullopt;
    LoginName login{.form = LoginForm::bare, .text = std::string(text), .domain = {}, .name = {}};
    if (backslash != npos) {
        login.form = LoginForm::netbios;
        login.domain = text.substr(0, backslash);
        login.name = text.substr(backslash + 1);
    } else if (at != npos) {
        login.form = LoginForm::upn;
        login.name = text.substr(0, at);
        login.domain = text.substr(at + 1);
    } else {
        login.name = text;
    }
    return login;
}

bool is_accepted(const LoginName& login) {
    if (login.name.empty() || separators.holds_any_of(login.name)) return false;
    switch (login.form) {
        case LoginForm::upn:
        case LoginForm::smtp:
            return is_domain_name(login.domain);
        case LoginForm::netbios:
            return !login.domain.empty();
        case LoginForm::bare:
            return !is_sid(login.name);
    }
    return false;
}

/// What follows the scheme, when the value begins with it; blanks between them are taken off.
std::optional<std::string_view> after_scheme(std::string_view value, std::string_view scheme) {
    const auto end = std::min(value.find(' '), value.size());
    if (!equals_ignore_case(value.substr(0, end), scheme)) return std::nullopt;
    return value.substr(std::min(value.find_first_not_of(' ', end), value.size()));
}

/// The bytes "user:password" in UTF-8. Whatever held them on the way is cleansed.
std::optional<Secret> decode_basic(std::string_view token) {
    if (token.empty()) return std::nullopt;
    auto decoded = base64_decode(token);
    if (!decoded) return std::nullopt;
    Secret bytes(std::move(*decoded));
    if (is_valid_utf8(bytes.reveal())) return bytes;
    return Secret(latin1_to_utf8(bytes.reveal()));
}

Authorization read_basic(std::string_view token) {
    const auto bytes = decode_basic(token);
    if (!bytes) return RefusedCredentials{CredentialsFault::bad_base64, {}};
    const auto text = bytes->reveal();
    const auto colon = text.find(':');
    // Without a colon nobody knows whether this is the user or the password: not for the log.
    if (colon == npos) return RefusedCredentials{CredentialsFault::no_colon, {}};
    const auto typed = text.substr(0, colon);
    const auto password = text.substr(colon + 1);
    auto login = parse_login_name(typed);
    if (!login) return RefusedCredentials{CredentialsFault::bad_login, std::string(typed)};
    // A simple bind without a password succeeds as nobody (RFC 4513 5.1.2), and a NUL ends one early.
    if (password.empty()) return RefusedCredentials{CredentialsFault::empty_password, std::string(typed)};
    if (password.find('\0') != npos) return RefusedCredentials{CredentialsFault::nul_in_password, std::string(typed)};
    return BasicCredentials{Credentials{std::move(*login), Secret(std::string(password))}};
}

}  // namespace

std::string_view to_string(LoginForm form) {
    switch (form) {
        case LoginForm::upn:
            return "upn";
        case LoginForm::netbios:
            return "netbios";
        case LoginForm::smtp:
            return "smtp";
        case LoginForm::bare:
            return "bare";
    }
    return {};
}

std::string_view to_string(LoginFault fault) {
    switch (fault) {
        case LoginFault::empty:
            return "empty";
        case LoginFault::too_long:
            return "too-long";
        case LoginFault::control_byte:
            return "control-byte";
        case LoginFault::other_form:
            return "other-form";
    }
    return {};
}

std::string_view to_string(CredentialsFault fault) {
    switch (fault) {
        case CredentialsFault::bad_base64:
            return "bad-base64";
        case CredentialsFault::no_colon:
            return "no-colon";
        case CredentialsFault::bad_login:
            return "bad-login";
        case CredentialsFault::empty_password:
            return "empty-password";
        case CredentialsFault::nul_in_password:
            return "nul-in-password";
    }
    return {};
}

Result<LoginName, LoginFault> parse_login_name(std::string_view text) {
    if (text.empty()) return LoginFault::empty;
    if (text.size() > max_login_bytes) return LoginFault::too_long;
    if (contains_control(text)) return LoginFault::control_byte;
    if (foreign_bytes.holds_any_of(text)) return LoginFault::other_form;
    auto login = split_login(text);
    if (!login || !is_accepted(*login)) return LoginFault::other_form;
    return std::move(*login);
}

Authorization parse_authorization(const RequestHead& head) {
    const auto value = head.find(KnownField::authorization);
    if (!value) return NoCredentials{};
    if (after_scheme(*value, "Bearer")) return BearerToken{};
    const auto token = after_scheme(*value, "Basic");
    return token ? read_basic(*token) : NoCredentials{};
}

std::optional<Secret> basic_password(const RequestHead& head) {
    const auto value = head.find(KnownField::authorization);
    const auto token = value ? after_scheme(*value, "Basic") : std::nullopt;
    const auto bytes = token ? decode_basic(*token) : std::nullopt;
    if (!bytes) return std::nullopt;
    const auto text = bytes->reveal();
    const auto colon = text.find(':');
    if (colon == npos || colon + 1 == text.size() || text.find('\0', colon) != npos) return std::nullopt;
    return Secret(std::string(text.substr(colon + 1)));
}

std::string login_text_of(const Authorization& authorization) {
    if (const auto* basic = std::get_if<BasicCredentials>(&authorization)) return basic->credentials.login.text;
    if (const auto* refused = std::get_if<RefusedCredentials>(&authorization)) return refused->login;
    return {};
}

bool asks_for_challenge(const RequestHead& head) {
    const auto value = head.find(KnownField::authorization);
    return value && after_scheme(*value, "Bearer") == std::string_view();
}

}  // namespace eas451
