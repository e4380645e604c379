// SPDX-License-Identifier: Apache-2.0
// Any bytes as the value of Authorization, as Basic credentials and as a login name.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "eas451/core/credentials.hpp"
#include "eas451/core/text.hpp"

namespace {

using namespace eas451;

void require(bool truth) {
    if (!truth) std::abort();
}

void check_login(const LoginName& login, std::string_view text) {
    require(login.text == text && !text.empty() && text.size() <= 256 && !login.name.empty());
    require(text.find_first_of("/=,;\"<>[]|?*{} ") == std::string_view::npos && !contains_control(text));
    require(login.form != LoginForm::smtp);  // only the directory knows
    require(login.domain.empty() == (login.form == LoginForm::bare));
    const std::string& name = login.name;
    const std::string& domain = login.domain;
    require(text == (login.form == LoginForm::bare  ? name
                     : login.form == LoginForm::upn ? name + '@' + domain
                                                    : domain + '\\' + name));
}

void check_login_text(std::string_view text) {
    const auto login = parse_login_name(text);
    if (!login) {
        require(!to_string(login.error()).empty());
        return;
    }
    check_login(*login, text);
}

void check(std::string_view value) {
    RequestHead head;
    head.add({"Authorization", value});
    const auto authorization = parse_authorization(head);
    require(authorization.index() == parse_authorization(head).index());
    if (const auto* refused = std::get_if<RefusedCredentials>(&authorization)) {
        require(is_valid_utf8(refused->login) && refused->login.find(':') == std::string::npos);
    }
    const auto* accepted = std::get_if<BasicCredentials>(&authorization);
    if (!accepted) return;
    const LoginName& login = accepted->credentials.login;
    const auto password = accepted->credentials.password.reveal();
    require(!password.empty() && password.find('\0') == std::string_view::npos && is_valid_utf8(password));
    require(is_valid_utf8(login.text) && login.text.find(':') == std::string::npos);
    const auto again = parse_login_name(login.text);
    require(again.has_value() && again->form == login.form && again->domain == login.domain &&
            again->name == login.name);
    check_login(login, login.text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(data, data + size);
    check(bytes);
    check("Basic " + base64_encode(bytes));
    check_login_text(bytes);
    return 0;
}
