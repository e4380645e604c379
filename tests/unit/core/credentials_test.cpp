// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/credentials.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

using namespace std::string_literals;

Authorization authorize(const std::string& value) {
    RequestHead head;
    head.add({"authorization", value});
    return parse_authorization(head);
}
Authorization basic(const std::string& user_and_password) {
    return authorize("Basic " + base64_encode(user_and_password));
}

/// "accepted", the fault's word, or what else came of it.
std::string outcome(const Authorization& authorization) {
    if (const auto* refused = std::get_if<RefusedCredentials>(&authorization))
        return std::string(to_string(refused->fault));
    if (std::holds_alternative<BasicCredentials>(authorization)) return "accepted";
    return std::holds_alternative<BearerToken>(authorization) ? "bearer" : "none";
}
std::string login_fault(std::string_view text) {
    const auto login = parse_login_name(text);
    return login ? "" : std::string(to_string(login.error()));
}

TEST(login_name, forms) {
    struct Case {
        const char* text;
        LoginForm form;
        const char* domain;
        const char* name;
    };
    for (const Case& c :
         {Case{"CONTOSO\\user", LoginForm::netbios, "CONTOSO", "user"},
          Case{"contoso.com\\user", LoginForm::netbios, "contoso.com", "user"},
          Case{"user@contoso.com", LoginForm::upn, "contoso.com", "user"},
          Case{"user@corp", LoginForm::upn, "corp", "user"},
          Case{"first.last+tag@contoso.com", LoginForm::upn, "contoso.com", "first.last+tag"},
          Case{"user", LoginForm::bare, "", "user"}, Case{"m\xc3\xbcller", LoginForm::bare, "", "m\xc3\xbcller"},
          Case{"o'neil", LoginForm::bare, "", "o'neil"}, Case{"svc$", LoginForm::bare, "", "svc$"},
          Case{")((a'!&#%~", LoginForm::bare, "", ")((a'!&#%~"}, Case{"S-2-5", LoginForm::bare, "", "S-2-5"},
          Case{"s-1-x", LoginForm::bare, "", "s-1-x"}, Case{"D\\S-1-5-32", LoginForm::netbios, "D", "S-1-5-32"}}) {
        const auto login = parse_login_name(c.text);
        ASSERT_TRUE(login) << c.text;
        EXPECT_EQ(login->form, c.form) << c.text;
        EXPECT_EQ(login->text, c.text);
        EXPECT_EQ(login->domain, c.domain);
        EXPECT_EQ(login->name, c.name);
    }
}

TEST(login_name, forms_that_active_directory_binds_but_we_do_not) {
    for (const auto* other : {"CN=User,DC=contoso,DC=com", "contoso.com/Users/User", "host/server.contoso.com",
                              "Display Name", "{4b7c0ab2-43fd-4bf6-92ba-f9b4ee4e6a2f}", "S-1-5-21-1-2-3-1104",
                              "s-1-5-32-544", "S-1-", "<GUID=4b7c0ab2>", "<SID=S-1-5-21>"}) {
        EXPECT_EQ(login_fault(other), "other-form") << other;
    }
}

TEST(login_name, malformed) {
    for (const auto* other :
         {"\\", "@", "\\user", "DOM\\", "user@", "@contoso.com", "a\\b\\c", "a@b@c", "DOM\\user@contoso.com",
          "user@contoso.com\\x", "user@a..b", "user@.b", "user@b.", "user@b:1", "user@b\xc3\xbc", "a b", " a", "a "}) {
        EXPECT_EQ(login_fault(other), "other-form") << other;
    }
    for (const char c : "/=,;\"<>[]|?*{} "s) {
        EXPECT_EQ(login_fault("a"s + c), "other-form") << c;
        EXPECT_EQ(login_fault("D\\a"s + c + "b"), "other-form") << c;
        EXPECT_EQ(login_fault("D"s + c + "\\a"), "other-form") << c;
        EXPECT_EQ(login_fault("a"s + c + "@b"), "other-form") << c;
        EXPECT_EQ(login_fault("a@b"s + c), "other-form") << c;
    }
    for (const char c : "\0\t\r\n\x1b\x7f"s) EXPECT_EQ(login_fault("a"s + c + "b"), "control-byte");
    EXPECT_EQ(login_fault("\\00"), "other-form");
    EXPECT_EQ(login_fault("*"), "other-form");
    EXPECT_EQ(login_fault(")(|(a=*"), "other-form");
}

TEST(login_name, lengths) {
    EXPECT_EQ(login_fault(""), "empty");
    EXPECT_EQ(login_fault(std::string(256, 'a')), "");
    EXPECT_EQ(login_fault(std::string(257, 'a')), "too-long");
    EXPECT_EQ(login_fault("D\\" + std::string(254, 'a')), "");
    EXPECT_EQ(login_fault("D\\" + std::string(255, 'a')), "too-long");
    EXPECT_EQ(login_fault(std::string(4096, 'a')), "too-long");
}

TEST(authorization, none) {
    EXPECT_EQ(outcome(parse_authorization(RequestHead{})), "none");
    for (const auto* other :
         {"", "Negotiate YII=", "NTLM TlRM", "Digest username=\"a\"", "Basicx dTpw", "dTpw", "Basic:dTpw", "Bas ic"}) {
        EXPECT_EQ(outcome(authorize(other)), "none") << other;
    }
}

TEST(authorization, bearer_with_and_without_a_token) {
    for (const auto* value : {"Bearer", "bearer", "BEARER ", "Bearer abc.def.ghi", "Bearer  not base64!"}) {
        EXPECT_EQ(outcome(authorize(value)), "bearer") << value;
    }
}

TEST(authorization, basic) {
    for (const auto* scheme : {"Basic ", "basic ", "BASIC    "}) {
        auto authorization = authorize(scheme + base64_encode("CONTOSO\\user:pass:word "));
        auto* accepted = std::get_if<BasicCredentials>(&authorization);
        ASSERT_TRUE(accepted) << scheme;
        EXPECT_EQ(accepted->credentials.login.form, LoginForm::netbios);
        EXPECT_EQ(accepted->credentials.login.text, "CONTOSO\\user");
        EXPECT_EQ(accepted->credentials.password.reveal(), "pass:word ");
    }
    EXPECT_EQ(outcome(authorize("Basic dTpw")), "accepted");
    EXPECT_EQ(outcome(authorize("Basic dTpwdw==")), "accepted");
    EXPECT_EQ(outcome(authorize("Basic dTpwdw")), "accepted");
    EXPECT_EQ(outcome(basic("u::")), "accepted");
    EXPECT_EQ(outcome(basic("u: ")), "accepted");
    EXPECT_EQ(outcome(basic("u:" + std::string(8000, 'p'))), "accepted");
}

TEST(authorization, charsets) {
    const auto text_of = [](const std::string& bytes) {
        auto authorization = basic(bytes);
        const auto* accepted = std::get_if<BasicCredentials>(&authorization);
        if (!accepted) return outcome(authorization);
        return accepted->credentials.login.text + ':' + std::string(accepted->credentials.password.reveal());
    };
    EXPECT_EQ(text_of("m\xc3\xbcller:p\xc3\xa4ss"), "m\xc3\xbcller:p\xc3\xa4ss");
    EXPECT_EQ(text_of("m\xfcller:p\xe4ss"), "m\xc3\xbcller:p\xc3\xa4ss");
    EXPECT_EQ(text_of("user:p\xe4ss"), "user:p\xc3\xa4ss");
    EXPECT_EQ(text_of("m\xc3\xbc:\xff"), "m\xc3\x83\xc2\xbc:\xc3\xbf");  // one charset for both
}

TEST(authorization, refused) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"Basic", "bad-base64"},       {"Basic ", "bad-base64"},        {"Basic !", "bad-base64"},
        {"Basic dTpw=", "bad-base64"}, {"Basic dTpw, x", "bad-base64"}, {"Basic dTp w", "bad-base64"},
        {"Basic A", "bad-base64"},     {"Basic \tdTpw", "bad-base64"},  {"Basic dTpw\xe4", "bad-base64"},
    };
    for (const auto& [value, word] : cases) EXPECT_EQ(outcome(authorize(value)), word) << value;
    EXPECT_EQ(outcome(basic("nocolon")), "no-colon");
    EXPECT_EQ(outcome(basic(":")), "bad-login");
    EXPECT_EQ(outcome(basic(":password")), "bad-login");
    EXPECT_EQ(outcome(basic("*:p")), "bad-login");
    EXPECT_EQ(outcome(basic("u\0:p"s)), "bad-login");
    EXPECT_EQ(outcome(basic(std::string(257, 'u') + ":p")), "bad-login");
    EXPECT_EQ(outcome(basic("u:")), "empty-password");
    EXPECT_EQ(outcome(basic("u:\0"s)), "nul-in-password");
    EXPECT_EQ(outcome(basic("u:\0password"s)), "nul-in-password");
    EXPECT_EQ(outcome(basic("u:password\0"s)), "nul-in-password");
}

TEST(authorization, what_was_typed_as_login_is_kept_and_nothing_else) {
    const auto typed = [](const std::string& bytes) { return std::get<RefusedCredentials>(basic(bytes)).login; };
    EXPECT_EQ(typed("CN=a,DC=b:secret"), "CN=a,DC=b");
    EXPECT_EQ(typed("m\xfcller*:secret"), "m\xc3\xbcller*");
    EXPECT_EQ(typed("user:"), "user");
    EXPECT_EQ(typed("user:a\0b"s), "user");
    EXPECT_EQ(typed("perhaps the password"), "");
    EXPECT_EQ(std::get<RefusedCredentials>(authorize("Basic dTpw=")).login, "");
}

TEST(authorization, every_word_is_there) {
    EXPECT_EQ(to_string(LoginForm::upn), "upn");
    EXPECT_EQ(to_string(LoginForm::netbios), "netbios");
    EXPECT_EQ(to_string(LoginForm::smtp), "smtp");
    EXPECT_EQ(to_string(LoginForm::bare), "bare");
}

}  // namespace
}  // namespace eas451
