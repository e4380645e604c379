// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/directory/file_directory.hpp"

#include <filesystem>
#include <fstream>
#include <stdlib.h>

#include "directory_texts.hpp"

namespace eas451 {
namespace {

using namespace std::chrono_literals;

class TemporaryFolder {
public:
    TemporaryFolder() { EXPECT_NE(mkdtemp(path_.data()), nullptr); }
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    std::filesystem::path write(const std::string& name, const std::string& text) const {
        const auto file = std::filesystem::path(path_) / name;
        std::ofstream(file, std::ios::binary) << text;
        return file;
    }
    [[nodiscard]] std::filesystem::path path() const { return path_; }

private:
    std::string path_ = (std::filesystem::temp_directory_path() / "eas451-XXXXXX").string();
};

constexpr auto people = R"(users:
  - {userPrincipalName: Anna@contoso.com, sAMAccountName: CONTOSO\anna, mail: anna.a@contoso.com,
     proxyAddresses: [SMTP:anna.a@contoso.com, smtp:aa@contoso.com, "SIP:sip@contoso.com"]}
  - {userPrincipalName: jürgen@contoso.com, sAMAccountName: jürgen, mail: jurgen@contoso.com}
  - {sAMAccountName: FABRIKAM\anna, mail: anna@fabrikam.com}
  - {sAMAccountName: CONTOSO\bo, mail: bo@contoso.com}
  - {sAMAccountName: bo, mail: bo2@contoso.com}
  - {sAMAccountName: plain, mail: plain@contoso.com}
  - {userPrincipalName: bo@contoso.com, mail: upn.wins@contoso.com}
  - {userPrincipalName: one@contoso.com, mail: one@contoso.com, proxyAddresses: smtp:shared@contoso.com}
  - {userPrincipalName: two@contoso.com, mail: SHARED@contoso.com}
  - {userPrincipalName: three@contoso.com, mail: shared@contoso.com}
)";

TEST(FileDirectory, FindsByEveryFormOfLogin) {
    const auto directory = directory_of(read_document(people));
    ASSERT_NE(directory, nullptr);
    const struct { std::string_view login, says; } rows[] = {
        {"anna@contoso.com", "upn anna.a@contoso.com"},
        {"ANNA@CONTOSO.COM", "upn anna.a@contoso.com"},
        {"anna.a@contoso.com", "smtp anna.a@contoso.com"},
        {"Aa@Contoso.com", "smtp anna.a@contoso.com"},
        {"sip@contoso.com", "not-found"},
        {"jürgen@Contoso.com", "upn jurgen@contoso.com"},
        {"JÜRGEN@contoso.com", "not-found"},  // beyond ASCII case counts
        {"bo@contoso.com", "upn upn.wins@contoso.com"},
        {"CONTOSO\\anna", "netbios anna.a@contoso.com"},
        {"contoso\\ANNA", "netbios anna.a@contoso.com"},
        {"FABRIKAM\\anna", "netbios anna@fabrikam.com"},
        {"NORTHWIND\\anna", "not-found"},
        {"contoso.com\\anna", "not-found"},  // a DNS name fits only a plain account name
        {"contoso.com\\plain", "netbios plain@contoso.com"},
        {"CONTOSO\\plain", "netbios plain@contoso.com"},
        {"NORTHWIND\\plain", "netbios plain@contoso.com"},
        {"plain", "bare plain@contoso.com"},
        {"anna", "ambiguous"},
        {"CONTOSO\\bo", "ambiguous"},
        {"NORTHWIND\\bo", "netbios bo2@contoso.com"},
        {"bo", "ambiguous"},
        {"jürgen", "bare jurgen@contoso.com"},
        {"one@contoso.com", "upn one@contoso.com"},
        {"shared@contoso.com", "ambiguous"},
        {"nobody@contoso.com", "not-found"},
        {"nobody", "not-found"},
        {"CONTOSO\\nobody", "not-found"},
    };
    for (const auto& row : rows) EXPECT_EQ(found(*directory, row.login), row.says) << row.login;
}

TEST(FileDirectory, PlainAccountNamesOfTwoDomainsAreLegalAndAmbiguous) {
    const auto directory = directory_of(read_ldif("dn: CN=adm,DC=contoso,DC=com\nsAMAccountName: adm\nmail: a@x.com\n\n"
                                                  "dn: CN=adm,DC=de,DC=contoso,DC=com\nsAMAccountName: adm\n"));
    ASSERT_NE(directory, nullptr);
    EXPECT_EQ(found(*directory, "adm"), "ambiguous");
    EXPECT_EQ(found(*directory, "a@x.com"), "smtp a@x.com");
    EXPECT_EQ(mistakes_of(read_ldif("dn: CN=a,DC=contoso,DC=com\nsAMAccountName: adm\n\n"
                                    "dn: CN=b\\,DC=x,DC=Contoso,DC=com\nsAMAccountName: ADM\n")),
              "f:5:17: sAMAccountName is already that of the user in line 1\n");
}

TEST(FileDirectory, AddressesAreLoginsOnlyWhereThatIsWanted) {
    const auto directory = directory_of(read_document(people), true, false);
    ASSERT_NE(directory, nullptr);
    for (const auto* login : {"anna.a@contoso.com", "aa@contoso.com", "shared@contoso.com", "upn.wins@contoso.com"}) {
        EXPECT_EQ(found(*directory, login), "not-found") << login;
    }
    EXPECT_EQ(found(*directory, "bo@contoso.com"), "upn upn.wins@contoso.com");
}

TEST(FileDirectory, ALogonNameAtTheDomainOfTheDistinguishedName) {
    const auto directory = directory_of(read_ldif(
        "dn: CN=1,DC=contoso,DC=com\nsAMAccountName: sam\nuserPrincipalName: s@x.com\nmail: 1@x.com\n\n"
        "dn: CN=2,DC=de,DC=contoso,DC=com\nsAMAccountName: sam\nmail: 2@x.com\n\n"
        "dn: CN=3,DC=contoso,DC=com\nsAMAccountName: ann\nmail: 3@x.com\n\n"
        "dn: CN=4,DC=contoso,DC=com\nsAMAccountName: x\nuserPrincipalName: ann@contoso.com\nmail: 4@x.com\n\n"
        "dn: CN=5,DC=contoso,DC=com\nsAMAccountName: y\nmail: sam@contoso.com\n\n"
        "dn: uid=6,O=contoso\nsAMAccountName: z\nmail: 6@x.com\n"));
    ASSERT_NE(directory, nullptr);
    const struct { std::string_view login, says; } rows[] = {
        {"s@x.com", "upn 1@x.com"}, {"Sam@Contoso.com", "upn 1@x.com"}, {"sam@de.contoso.com", "upn 2@x.com"},
        {"ann@contoso.com", "upn 4@x.com"}, {"y@contoso.com", "upn sam@contoso.com"}, {"sam@com", "not-found"},
        {"sam@contoso.co", "not-found"}, {"sam@contoso.com.x", "not-found"}, {"sam@contoso", "not-found"},
        {"z@contoso", "not-found"}, {"z@x.com", "not-found"}, {"CONTOSO\\ann", "netbios 3@x.com"},
    };
    for (const auto& row : rows) EXPECT_EQ(found(*directory, row.login), row.says) << row.login;
}

constexpr auto accounts = R"(users:
  - {mail: ok@x.com, password: secret, userAccountControl: 512}
  - {mail: disabled@x.com, password: secret, userAccountControl: 514}
  - {mail: locked@x.com, password: secret, userAccountControl: 0x210}
  - {mail: expired@x.com, password: secret, userAccountControl: 0x800200}
  - {mail: none@x.com}
  - {mail: twice@x.com, password: secret}
  - {sAMAccountName: t, mail: twice@x.com, password: secret}
)";

TEST(FileDirectory, ChecksPlainPasswordsAtOnce) {
    const auto directory = directory_of(read_document(accounts));
    ASSERT_NE(directory, nullptr);
    EXPECT_EQ(at_once(*directory, question("ok@x.com", "secret")), "smtp ok@x.com");
    for (const auto* wrong : {"Secret", "secre", "secret ", "x"}) {
        EXPECT_EQ(at_once(*directory, question("ok@x.com", wrong)), "bad-credentials");
        EXPECT_EQ(at_once(*directory, question("disabled@x.com", wrong)), "bad-credentials");
    }
    EXPECT_EQ(at_once(*directory, question("disabled@x.com", "secret")), "account-disabled");
    EXPECT_EQ(at_once(*directory, question("locked@x.com", "secret")), "account-locked");
    EXPECT_EQ(at_once(*directory, question("expired@x.com", "secret")), "password-expired");
    EXPECT_EQ(at_once(*directory, question("none@x.com", "secret")), "bad-credentials");
    EXPECT_EQ(at_once(*directory, question("none@x.com", "")), "bad-credentials");
    EXPECT_EQ(at_once(*directory, question("twice@x.com", "secret")), "ambiguous");
    EXPECT_EQ(at_once(*directory, question("nobody@x.com", "secret")), "not-found");
}

TEST(FileDirectory, AcceptsWithoutLookingWhereAuthenticationIsOff) {
    const auto directory = directory_of(read_document(accounts));
    ASSERT_NE(directory, nullptr);
    for (const auto* login : {"ok@x.com", "disabled@x.com", "locked@x.com", "expired@x.com", "none@x.com"}) {
        EXPECT_EQ(found(*directory, login), "smtp " + std::string(login));
    }
}

TEST(FileDirectory, LeavesHashesToTheDirectoryLoop) {
    const auto directory = directory_of(read_document(
        "users:\n  - {mail: ok@x.com, password_hash: \"" + hash_of_secret +
        "\"}\n  - {mail: off@x.com, userAccountControl: 2, password_hash: \"" + hash_of_secret + "\"}\n"));
    ASSERT_NE(directory, nullptr);
    const auto soon = std::chrono::steady_clock::now() + 1h;
    EXPECT_EQ(at_once(*directory, question("ok@x.com", "secret")), "later");
    EXPECT_EQ(found(*directory, "ok@x.com"), "smtp ok@x.com");
    EXPECT_EQ(at_once(*directory, question("nobody@x.com", "secret")), "later");
    EXPECT_EQ(logged_in(*directory, question("ok@x.com", "secret"), soon), "smtp ok@x.com");
    EXPECT_EQ(logged_in(*directory, question("ok@x.com", "Secret"), soon), "bad-credentials");
    EXPECT_EQ(logged_in(*directory, question("off@x.com", "secret"), soon), "account-disabled");
    EXPECT_EQ(logged_in(*directory, question("nobody@x.com", "secret"), soon), "not-found");
}

TEST(FileDirectory, DoesNotHashAfterTheDeadline) {
    const auto directory =
        directory_of(read_document("users: [{mail: ok@x.com, password_hash: \"" + hash_of_secret + "\"}]"));
    ASSERT_NE(directory, nullptr);
    EXPECT_EQ(logged_in(*directory, question("ok@x.com", "secret"), std::chrono::steady_clock::now()), "unavailable");
    EXPECT_TRUE(directory->was_ready());
}

TEST(FileDirectory, TheEndingTellsTheFormat) {
    const TemporaryFolder folder;
    const auto open = [&](const std::string& name, const std::string& text) {
        return open_file_directory({folder.write(name, text), {}, true});
    };
    EXPECT_TRUE(open("a.yaml", "users: [{mail: a@x.com}]").has_value());
    EXPECT_TRUE(open("a.yml", "users: [{mail: a@x.com}]").has_value());
    EXPECT_TRUE(open("a.JSON", R"({"users": [{"mail": "a@x.com"}]})").has_value());
    EXPECT_TRUE(open("a.Ldif", "dn: CN=a\nuid: a\n").has_value());
    for (const auto* name : {"a.txt", "a", "a.ldif.bak"}) {
        const auto opened = open(name, "users: []");
        ASSERT_FALSE(opened.has_value()) << name;
        EXPECT_EQ(lines_of(opened.error()),
                  (folder.path() / name).string() + ":1:1: a directory file ends in .yaml, .yml, .json or .ldif\n");
    }
}

TEST(FileDirectory, MistakesNameTheFileAndNothingIsLoaded) {
    const TemporaryFolder folder;
    const auto file = folder.write("users.ldif", "dn: CN=a\nuid: a\n\ndn: CN=b\nuid b\n\ndn: CN=c\nuid: c\n");
    const auto opened = open_file_directory({file, {}, true});
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(lines_of(opened.error()), file.string() + ":5:1: no ':' in the line\n");
}

TEST(FileDirectory, AFileThatCannotBeReadIsAMistake) {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder.path() / "folder.ldif");
    for (const auto* name : {"missing.yaml", "missing.ldif", "folder.ldif"}) {
        const auto opened = open_file_directory({folder.path() / name, {}, true});
        ASSERT_FALSE(opened.has_value()) << name;
        EXPECT_EQ(opened.error().size(), 1U);
        EXPECT_TRUE(opened.error().front().file.ends_with(name));
    }
}

TEST(FileDirectory, ADocumentHasALimitAndLdifHasNone) {
    const TemporaryFolder folder;
    const auto yaml = folder.write("a.yaml", "users: []\n");
    std::filesystem::resize_file(yaml, (64U << 20U) + 1);  // sparse
    const auto opened = open_file_directory({yaml, {}, true});
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(lines_of(opened.error()),
              yaml.string() + ":1:1: larger than 64 MiB; give the users as .ldif, which is read as a stream\n");
}

TEST(FileDirectory, HoldsManyUsers) {
    std::string text;
    constexpr unsigned users = 20000;
    for (unsigned i = 0; i < users; ++i) {
        const auto n = std::to_string(i);
        text += "dn: CN=" + n + ",DC=x\nsAMAccountName: u" + n + "\nuserPrincipalName: u" + n + "@x.com\nmail: m" + n +
                "@x.com\nproxyAddresses: SMTP:m" + n + "@x.com\nproxyAddresses: smtp:all@x.com\nhomeMDB: CN=DB" +
                std::to_string(i % 7) + "\n\n";
    }
    const auto directory = directory_of(read_ldif(text));
    ASSERT_NE(directory, nullptr);
    for (unsigned i = 0; i < users; ++i) {
        const auto n = std::to_string(i);
        const auto mail = "m" + n + "@x.com";
        ASSERT_EQ(found(*directory, "u" + n + "@x.com"), "upn " + mail);
        ASSERT_EQ(found(*directory, mail), "smtp " + mail);
        ASSERT_EQ(found(*directory, "X\\U" + n), "netbios " + mail);
        const auto answer = directory->log_in_at_once(unchecked(mail));
        ASSERT_EQ(std::get<Accepted>(answer->outcome).recipient->home_mdb, "CN=DB" + std::to_string(i % 7));
    }
    EXPECT_EQ(found(*directory, "all@x.com"), "ambiguous");
    EXPECT_EQ(found(*directory, "u20000"), "not-found");
    EXPECT_EQ(mistakes_of(read_ldif(text + "dn: CN=new,DC=x\nuserPrincipalName: U777@X.com\n")),
              "f:160002:20: userPrincipalName is already that of the user in line 6217\n");
}

TEST(FileDirectory, HoldsAUserOfAnySize) {
    std::string large = "dn: CN=large\nuid: large\nmail: large@x.com\n";
    for (int i = 0; i < 50000; ++i) large += "proxyAddresses: smtp:large" + std::to_string(i) + "@x.com\n";
    const auto directory = directory_of(
        read_ldif("dn: CN=a\nuid: a\nmail: a@x.com\n\n" + large + "\ndn: CN=b\nuid: b\nmail: b@x.com\n"));
    ASSERT_NE(directory, nullptr);
    EXPECT_EQ(found(*directory, "a"), "bare a@x.com");
    EXPECT_EQ(found(*directory, "large0@x.com"), "smtp large@x.com");
    EXPECT_EQ(found(*directory, "large49999@x.com"), "smtp large@x.com");
    EXPECT_EQ(found(*directory, "large50000@x.com"), "not-found");
    EXPECT_EQ(found(*directory, "b"), "bare b@x.com");
}

TEST(FileDirectory, TheLabsDirectoryIsGood) {
    const auto opened = open_file_directory({EAS451_SOURCE_DIR "/config/directory.yaml", {}, true});
    ASSERT_TRUE(opened.has_value()) << lines_of(opened.error());
    Directory& directory = **opened;
    for (const std::string name : {"user12", "Mig8", "anna", "forest7", "nina", "lars", "olga", "paul", "vera"}) {
        const auto password = "Passw0rd!" + name;
        const auto asked = [&](const std::string& with) { return question("CONTOSO\\" + name, with); };
        const auto deadline = std::chrono::steady_clock::now() + 1h;
        EXPECT_EQ(at_once(directory, asked(password)) == "later", name == "vera") << name;
        EXPECT_TRUE(logged_in(directory, asked(password), deadline).starts_with("netbios")) << name;
        EXPECT_EQ(logged_in(directory, asked(password + "x"), deadline), "bad-credentials") << name;
    }
    EXPECT_EQ(describe(*directory.relationships(), "fabrikam.com"),
              "Fabrikam on https://mail.fabrikam.com/Microsoft-Server-ActiveSync");
}

}  // namespace
}  // namespace eas451
