// SPDX-License-Identifier: Apache-2.0
// What the tests of the file directory have in common: reading texts, and saying in a word what came
// of a login.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "../../../src/io/directory/directory_contents.hpp"
#include "eas451/io/directory/file_directory.hpp"

namespace eas451 {

/// Of "secret", as cheap as a hash may be.
inline const std::string hash_of_secret =
    "$scrypt$ln=10,r=8,p=1$c2FsdHNhbHQ$ohJpCxALoqEOLNROiN4NGGmhtOXo+cvi6xHxGl/1fVE";

inline std::string lines_of(const std::vector<Mistake>& mistakes) {
    std::string lines;
    for (const auto& mistake : mistakes) lines += to_string(mistake) + "\n";
    return lines;
}

inline ReadContents read_document(const std::string& text) {
    auto root = parse_document(text, "f");
    if (!root) return root.error();
    return contents_of_document(*root, "f");
}
inline ReadContents read_ldif(const std::string& text) {
    std::istringstream in(text);
    return contents_of_ldif(in, "f");
}

inline std::shared_ptr<Directory> directory_of(ReadContents contents, bool relationships = true, bool smtp_logins = true) {
    if (!contents) {
        ADD_FAILURE() << lines_of(contents.error());
        return nullptr;
    }
    return make_file_directory(std::move(*contents), {"", {}, relationships, smtp_logins});
}

/// Every mistake, one a line, as printed; "none" when the file is good.
inline std::string mistakes_of(const ReadContents& contents) {
    return contents ? "none" : lines_of(contents.error());
}

inline LoginQuestion question(std::string_view login, std::string_view password) {
    auto name = parse_login_name(login);
    EXPECT_TRUE(name.has_value()) << login;
    return {*std::move(name), Secret(std::string(password)), PasswordCheck::password};
}
inline LoginQuestion unchecked(std::string_view login) {
    auto asked = question(login, "");
    asked.check = PasswordCheck::none;
    return asked;
}

inline std::string word(const LoginOutcome& outcome) {
    if (const auto* accepted = std::get_if<Accepted>(&outcome)) {
        return std::string(to_string(accepted->matched)) + " " + accepted->recipient->mail;
    }
    return std::string(to_string(outcome));
}
/// What log_in_at_once() says: "netbios anna@contoso.com", "not-found", …, or "later".
inline std::string at_once(const Directory& directory, const LoginQuestion& asked) {
    const auto answer = directory.log_in_at_once(asked);
    if (!answer) return "later";
    EXPECT_EQ(answer->server, "file");
    EXPECT_EQ(answer->requests, 0U);
    return word(answer->outcome);
}
inline std::string found(const Directory& directory, std::string_view login) {
    return at_once(directory, unchecked(login));
}
inline std::string logged_in(Directory& directory, LoginQuestion asked, SteadyTime deadline) {
    std::string said;
    unsigned calls = 0;
    directory.log_in(std::move(asked), deadline, [&](LoginAnswer answer) {
        said = word(answer.outcome);
        ++calls;
    });
    EXPECT_EQ(calls, 1U);
    return said;
}

inline std::string with_crlf(std::string text) {
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) text.insert(at, 1, '\r');
    return text;
}

inline std::string describe(const RelationshipTable& table, std::string_view domain) {
    const auto lookup = table.find(domain, std::chrono::steady_clock::now());
    const auto* hit = std::get_if<RelationshipTable::Found>(&lookup);
    if (hit == nullptr) return "none";
    const auto& relationship = hit->entry.relationship;
    return relationship.name + (relationship.enabled ? " on " : " off ") +
           (hit->entry.target ? hit->entry.target->url : std::string(to_string(hit->entry.target.error()))) +
           (relationship.minimum_protocol_version ? " " + relationship.minimum_protocol_version->to_string() : "");
}

}  // namespace eas451
