// SPDX-License-Identifier: Apache-2.0
#include "directory_texts.hpp"

namespace eas451 {
namespace {

TEST(DirectoryMistakes, BadNumbersAreMistakes) {
    EXPECT_EQ(mistakes_of(read_document(R"(users:
  - mail: a@x.com
    msExchRecipientTypeDetails: 9223372036854775808
    msExchRemoteRecipientType: -1
    userAccountControl: 4294967296
    msExchOmaAdminWirelessEnable: 4
  - mail: b@x.com
    msExchRecipientTypeDetails: RemoteUserMailbx
    msExchRemoteRecipientType: 1.0
    userAccountControl: 0x-1
    msExchOmaAdminWirelessEnable: 2147483648
)")),
              "f:3:33: msExchRecipientTypeDetails is neither a number nor the name of a recipient type\n"
              "f:4:32: msExchRemoteRecipientType is no number from 0 to 9223372036854775807\n"
              "f:5:25: userAccountControl is no number from -2147483648 to 4294967295\n"
              "f:8:33: msExchRecipientTypeDetails is neither a number nor the name of a recipient type"
              " (did you mean 'RemoteUserMailbox'?)\n"
              "f:9:32: msExchRemoteRecipientType is no number from 0 to 9223372036854775807\n"
              "f:10:25: userAccountControl is no number from -2147483648 to 4294967295\n"
              "f:11:35: msExchOmaAdminWirelessEnable is no number from -2147483648 to 2147483647\n");
}

TEST(DirectoryMistakes, NamesEveryMistakeOfADocument) {
    EXPECT_EQ(mistakes_of(read_document(R"(users:
  - {mail: good@x.com, password: secret}
  - {homeMDB: CN=DB01}
  - {mail: a@x.com, targetAdress: SMTP:a@x.com, zzz: 1}
  - {mail: b@x.com, Mail: c@x.com}
  - {mail: [d@x.com]}
  - just text
  - {mail: e@x.com, password: "", password_hash: nonsense}
  - {mail: f@x.com, proxyAddresses: [f@x.com, [g]]}
  - {sAMAccountName: A\B\c}
  - {sAMAccountName: \c}
  - {mail: "a\x07b@x.com"}
  - {mail: GOOD@x.com, userPrincipalName: u@x.com, dn: CN=u, sAMAccountName: A\u}
  - {userPrincipalName: U@X.com}
  - {sAMAccountName: a\U}
  - {mail: h@x.com, dn: cn=U}
user: []
)")),
              "f:3:5: a user without userPrincipalName, sAMAccountName and mail could never log in; give one\n"
              "f:4:21: unknown attribute 'targetAdress' (did you mean 'targetAddress'?)\n"
              "f:4:49: unknown attribute; a value with a comma needs quotes\n"
              "f:5:21: mail stands twice in one user\n"
              "f:6:5: a user without userPrincipalName, sAMAccountName and mail could never log in; give one\n"
              "f:6:12: mail has to be a value, not a list\n"
              "f:7:5: a user has to be a mapping, not a value\n"
              "f:8:31: password is empty: nobody could log in with it\n"
              "f:8:50: password_hash is no scrypt hash; `eas451 hash-password` makes one\n"
              "f:8:50: password_hash stands beside a password; keep one of them\n"
              "f:9:38: an address of proxyAddresses without its type; write SMTP: or smtp: before it\n"
              "f:9:47: an address of proxyAddresses has to be a value, not a list\n"
              "f:10:22: sAMAccountName is neither a name nor NETBIOS\\name\n"
              "f:11:22: sAMAccountName is neither a name nor NETBIOS\\name\n"
              "f:12:12: mail holds a control byte or is not UTF-8\n"
              "f:14:25: userPrincipalName is already that of the user in line 13\n"
              "f:15:22: sAMAccountName is already that of the user in line 13\n"
              "f:16:25: distinguishedName is already that of the user in line 13\n"
              "f:17:1: unknown key 'user' (did you mean 'users'?)\n");
}

TEST(DirectoryMistakes, NeverShowsAPassword) {
    const auto document = mistakes_of(read_document(
        "users:\n  - {pasword: hunter2, mail: a@x.com, password: hunter2, Password: hunter2, password_hash: hunter2}\n"
        "  - {mail: [hunter2], password: [hunter2]}\n"));
    const auto ldif = mistakes_of(
        read_ldif("dn: CN=a\nuid: a\npassword_hash: hunter2\npassword: hunter2\npassword: hunter2\n"));
    for (const auto& text : {document, ldif}) {
        EXPECT_NE(text.find("password_hash is no scrypt hash"), std::string::npos) << text;
        EXPECT_NE(text.find("password stands twice"), std::string::npos) << text;
        EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
    }
}

TEST(DirectoryMistakes, NeverShowsAPasswordWhereTheSyntaxIsBroken) {
    const char* const texts[] = {
        // What a comma cuts off, as a name, once and twice.
        "users: [{mail: a@x.com, password: x,TopSecret}]",
        "users: [{mail: a@x.com, password: x,TopSecret,TopSecret}]",
        "users: [{mail: a@x.com, password: x,TopSecret: y}]",
        "users: []\nTopSecret: x\n",
        "users: []\norganization_relationships: [{name: a, domain_names: [a.b], TopSecret}]\n",
        // What YAML gives another meaning.
        "users:\n  - password: *TopSecret\n",
        "users:\n  - password: &TopSecret\n",
        "users:\n  - password: !TopSecret x\n",
        "users:\n  - password: \"TopSecret\n",
        "users:\n  - password: TopSecret: x\n",
        "users:\n  - password: @TopSecret\n",
        "users:\n  - password: [TopSecret\n",
        "users:\n  - password: \"\\TopSecret\"\n",
        "users:\n  - {password: {TopSecret: 1, TopSecret: 2}}\n",
        "TopSecret",
        // JSON.
        "{\"users\": [{\"password\": \"TopSecret\" \"TopSecret\"}]}",
        "{\"users\": [{\"password\" \"TopSecret\"}]}",
        "{\"users\": [{\"password\": TopSecret}]}",
        "{\"users\": [{\"password\": \"TopSecret}]}",
        "{\"users\": [{\"password\": \"TopSecret\\x\"}]}",
        "{\"users\": [{\"mail\": \"a@x.com\", \"password\": \"x\", \"TopSecret\": 1, \"TopSecret\": 2}]}",
        "[\"TopSecret\"] \"TopSecret\"",
    };
    for (const char* text : texts) {
        const auto mistakes = mistakes_of(read_document(text));
        EXPECT_EQ(mistakes.find("f:"), 0U) << text << '\n' << mistakes;
        EXPECT_EQ(mistakes.find("opSecret"), std::string::npos) << text << '\n' << mistakes;
    }
}

TEST(DirectoryMistakes, TheRootHasAListOfUsers) {
    EXPECT_EQ(mistakes_of(read_document("users: []\norganization_relationships:\n")), "none");
    EXPECT_EQ(mistakes_of(read_document("organization_relationships: []\n")), "f:1:1: no list 'users'\n");
    EXPECT_EQ(mistakes_of(read_document("- mail: a@x.com\n")),
              "f:1:1: a directory file has to be a mapping, not a list\n");
    EXPECT_NE(mistakes_of(read_document("users:\n")), "none");
    EXPECT_NE(mistakes_of(read_document("")), "none");
    EXPECT_NE(mistakes_of(read_document("users: [}")), "none");
}

TEST(DirectoryMistakes, ABrokenRecordInTheMiddleOfAnLdifFileIsNamed) {
    const std::string before = "dn: CN=a\nobjectClass: user\nmail: a@x.com\n\n";
    const std::string after = "\n\ndn: CN=c\nobjectClass: user\nmail: c@x.com\n";
    const struct { std::string record, mistake;
    } rows[] = {
        {"dn: CN=b\nobjectClass: user\nmail b@x.com", "f:7:1: no ':' in the line\n"},
        {"dn: CN=b\nobjectClass: user",
         "f:5:1: a user without userPrincipalName, sAMAccountName and mail could never "
         "log in; give one\n"},
        {"dn: CN=b\nmail: b@x.com\nuid: b\nuserAccountControl: x",
         "f:8:21: userAccountControl is no number from -2147483648 to 4294967295\n"},
        {"dn: CN=b\nuid: b\nmail: b@x.com\nmail: c@x.com", "f:8:7: mail stands twice in one record\n"},
        {"dn: CN=A\nuid: b", "f:5:1: distinguishedName is already that of the user in line 1\n"},
        {"dn: CN=b\nuid: b\nmail:: AGI=", "f:7:8: mail holds a control byte or is not UTF-8\n"},
        {"dn: CN=b\nuid: b\nmail:: /w==", "f:7:8: mail holds a control byte or is not UTF-8\n"},
        {"dn: CN=b\nuid: b\nproxyAddresses:: AGI=", "f:7:18: proxyAddresses holds a control byte or is not UTF-8\n"},
        {"dn: CN=b\nuid: b\npassword_hash: x",
         "f:7:16: password_hash is no scrypt hash; `eas451 hash-password` makes one\n"},
        {"dn: CN=b\nuid: b\npassword_hash: " + hash_of_secret + "\npassword: secret",
         "f:7:16: password_hash stands beside a password; keep one of them\n"},
        {"dn: CN=b\nuid: A\\", "f:6:6: sAMAccountName is neither a name nor NETBIOS\\name\n"},
        {"dn: CN=b\nchangetype: delete", "f:6:13: changetype 'delete'; only content records are read\n"},
    };
    EXPECT_EQ(mistakes_of(read_ldif(before + "dn: CN=b\nuid: b" + after)), "none");
    for (const auto& row : rows) {
        EXPECT_EQ(mistakes_of(read_ldif(before + row.record + after)), row.mistake) << row.record;
        EXPECT_EQ(mistakes_of(read_ldif(with_crlf(before + row.record + after))), row.mistake) << row.record;
    }
}

TEST(DirectoryMistakes, NamesAtMostAHundredMistakesOfAnLdifFile) {
    std::string text;
    for (int i = 0; i < 99; ++i) text += "dn: CN=a\nbroken\n\n";
    auto contents = read_ldif(text);
    ASSERT_FALSE(contents.has_value());
    EXPECT_EQ(contents.error().size(), 99U);
    // One more record with four mistakes: the first of them is the hundredth.
    text += "dn: CN=a\nobjectClass: user\nuserAccountControl: x\nmsExchRemoteRecipientType: x\npassword_hash: x\n\n";
    contents = read_ldif(text + text);
    ASSERT_FALSE(contents.has_value());
    EXPECT_EQ(contents.error().size(), 100U);
}

TEST(DirectoryMistakes, AnLdifFileWithoutUsersIsAMistake) {
    for (const auto* text : {"", "version: 1\n", "dn: DC=x\nobjectClass: domainDNS\n"}) {
        EXPECT_EQ(mistakes_of(read_ldif(text)),
                  "f:1:1: not one user in the file; export objects of class user with their attributes\n");
    }
}

}  // namespace
}  // namespace eas451
