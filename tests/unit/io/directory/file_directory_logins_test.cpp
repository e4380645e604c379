// SPDX-License-Identifier: Apache-2.0
// Logins that the file directory answers from memory because their password was right before.
#include <gtest/gtest.h>

#include <ctime>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "../../../../src/io/directory/tried_passwords.hpp"
#include "../directory_texts.hpp"
#include "eas451/io/directory/password_hash.hpp"

namespace eas451 {
namespace {

using namespace std::chrono_literals;

/// A directory of the text, at a time that only the test moves.
class FileDirectoryLogins : public testing::Test {
protected:
    void read(const std::string& people) {
        auto contents = read_document("users:\n" + people);
        ASSERT_TRUE(contents.has_value()) << mistakes_of(contents);
        directory_ = make_file_directory(std::move(*contents), {"", {}, true, true}, [this] { return now_; },
                                         [this](std::string_view password, std::string_view hash) {
                                             hashes_.emplace_back(hash);
                                             return verify_password(password, hash);
                                         });
    }
    [[nodiscard]] std::string at_once(std::string_view login, std::string_view password) const {
        return eas451::at_once(*directory_, question(login, password));
    }
    [[nodiscard]] std::string logged_in(std::string_view login, std::string_view password) {
        return eas451::logged_in(*directory_, question(login, password), now_ + 10s);
    }

    SteadyTime now_{1000h};
    std::shared_ptr<Directory> directory_;
    std::vector<std::string> hashes_;  // with which a password was compared the slow way
    const std::string hash_ = "password_hash: \"" + hash_of_secret + "\"}\n";
};

TEST_F(FileDirectoryLogins, APasswordThatWasRightIsKnownAgainForTenMinutes) {
    read("  - {mail: anna@x.com, sAMAccountName: anna, " + hash_);
    EXPECT_EQ(at_once("anna@x.com", "secret"), "later");
    EXPECT_EQ(logged_in("anna@x.com", "secret"), "smtp anna@x.com");
    EXPECT_EQ(at_once("anna@x.com", "secret"), "smtp anna@x.com");
    EXPECT_EQ(at_once("ANNA", "secret"), "bare anna@x.com");  // the password is hers, whatever she calls herself
    now_ += 10min - 1ns;
    EXPECT_EQ(at_once("anna@x.com", "secret"), "smtp anna@x.com");
    now_ += 1ns;  // being used made it no younger
    EXPECT_EQ(at_once("anna@x.com", "secret"), "later");
    EXPECT_EQ(at_once("anna", "secret"), "later");
    EXPECT_EQ(logged_in("anna", "secret"), "bare anna@x.com");
    now_ += 10min - 1ns;
    EXPECT_EQ(at_once("anna@x.com", "secret"), "smtp anna@x.com");
}

TEST_F(FileDirectoryLogins, AWrongPasswordIsNotRememberedAndMakesNoRightOne) {
    read("  - {mail: anna@x.com, " + hash_);
    EXPECT_EQ(logged_in("anna@x.com", "wrong"), "bad-credentials");
    EXPECT_EQ(at_once("anna@x.com", "wrong"), "later");
    EXPECT_EQ(at_once("anna@x.com", "secret"), "later");
    EXPECT_EQ(logged_in("anna@x.com", "secret"), "smtp anna@x.com");
    for (const auto* wrong : {"wrong", "Secret", "secre", ""}) {
        EXPECT_EQ(at_once("anna@x.com", wrong), "later") << wrong;
        EXPECT_EQ(logged_in("anna@x.com", wrong), "bad-credentials") << wrong;
    }
    EXPECT_EQ(at_once("anna@x.com", "secret"), "smtp anna@x.com");
}

TEST_F(FileDirectoryLogins, APasswordIsRightForOneUser) {
    read("  - {mail: anna@x.com, " + hash_ + "  - {mail: lars@x.com, " + hash_ + "  - {mail: twice@x.com, " + hash_ +
         "  - {mail: twice@x.com, sAMAccountName: t, " + hash_);
    EXPECT_EQ(logged_in("anna@x.com", "secret"), "smtp anna@x.com");
    EXPECT_EQ(at_once("lars@x.com", "secret"), "later");
    EXPECT_EQ(logged_in("t", "secret"), "bare twice@x.com");
    EXPECT_EQ(logged_in("twice@x.com", "secret"), "ambiguous");
    EXPECT_EQ(logged_in("nobody@x.com", "secret"), "not-found");
}

TEST_F(FileDirectoryLogins, TheAccountBitsAreLookedAtEachTime) {
    read("  - {mail: off@x.com, userAccountControl: 2, " + hash_ + "  - {mail: locked@x.com, userAccountControl: 16, " +
         hash_);
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(logged_in("off@x.com", "secret"), "account-disabled");
        EXPECT_EQ(logged_in("locked@x.com", "secret"), "account-locked");
        EXPECT_EQ(at_once("off@x.com", "secret"), "account-disabled");
        EXPECT_EQ(at_once("locked@x.com", "secret"), "account-locked");
        EXPECT_EQ(at_once("off@x.com", "wrong"), "later");
    }
}

TEST_F(FileDirectoryLogins, AQuestionThatWaitedWhileItsPasswordWasFoundRightIsAnsweredFromMemory) {
    read("  - {mail: anna@x.com, password_hash: \"" + hash_password("secret") + "\"}\n");
    EXPECT_EQ(logged_in("anna@x.com", "secret"), "smtp anna@x.com");
    const auto cpu_of = [&](const auto& work) {
        const auto begin = std::clock();
        work();
        return std::clock() - begin;
    };
    const auto wrong = cpu_of([&] { EXPECT_EQ(logged_in("anna@x.com", "wrong"), "bad-credentials"); });
    const auto right = cpu_of([&] { EXPECT_EQ(logged_in("anna@x.com", "secret"), "smtp anna@x.com"); });
    EXPECT_LT(right * 10, wrong);
}

TEST_F(FileDirectoryLogins, AQuestionTooLateIsUnavailableEvenIfRemembered) {
    read("  - {mail: anna@x.com, " + hash_);
    EXPECT_EQ(logged_in("anna@x.com", "secret"), "smtp anna@x.com");
    EXPECT_EQ(eas451::logged_in(*directory_, question("anna@x.com", "secret"), now_), "unavailable");
}

TEST_F(FileDirectoryLogins, WhereHashesAreInUseEveryRefusalCostsOneOfTheSame) {
    read("  - {mail: plain@x.com, password: plain}\n  - {mail: none@x.com}\n  - {mail: twice@x.com, " + hash_ +
         "  - {mail: twice@x.com, sAMAccountName: t, " + hash_ + "  - {mail: anna@x.com, " + hash_);
    const struct { std::string_view login, says; } rows[] = {
        {"anna@x.com", "bad-credentials"}, {"plain@x.com", "bad-credentials"}, {"none@x.com", "bad-credentials"},
        {"twice@x.com", "ambiguous"}, {"nobody@x.com", "not-found"}, {"X\\nobody", "not-found"}, {"nobody", "not-found"},
    };
    for (const auto& row : rows) {
        hashes_.clear();
        EXPECT_EQ(at_once(row.login, "wrong"), "later") << row.login;
        EXPECT_TRUE(hashes_.empty()) << "a worker does not wait for a hash";
        EXPECT_EQ(logged_in(row.login, "wrong"), row.says);
        EXPECT_EQ(hashes_, std::vector{hash_of_secret}) << row.login;
    }
    EXPECT_EQ(at_once("plain@x.com", "plain"), "smtp plain@x.com");
    for (const auto& row : rows) EXPECT_NE(found(*directory_, row.login), "later");  // no password is asked for
}

TEST_F(FileDirectoryLogins, ThePasswordOfTheHashThatIsThereForItsTimeOpensNothing) {
    read("  - {mail: anna@x.com, " + hash_ + "  - {mail: plain@x.com, password: plain}\n  - {mail: none@x.com}\n");
    for (const auto* login : {"plain@x.com", "none@x.com"}) EXPECT_EQ(logged_in(login, "secret"), "bad-credentials");
    EXPECT_EQ(logged_in("nobody@x.com", "secret"), "not-found");
    EXPECT_EQ(hashes_.size(), 3U);
    EXPECT_EQ(at_once("anna@x.com", "secret"), "later") << "none of them was remembered";
}

TEST_F(FileDirectoryLogins, WhereNobodyHasAHashEverythingIsAnsweredAtOnce) {
    read("  - {mail: plain@x.com, password: plain}\n  - {mail: none@x.com}\n");
    EXPECT_EQ(at_once("plain@x.com", "wrong"), "bad-credentials");
    EXPECT_EQ(at_once("none@x.com", "wrong"), "bad-credentials");
    EXPECT_EQ(at_once("nobody@x.com", "wrong"), "not-found");
    EXPECT_TRUE(hashes_.empty());
}

TEST_F(FileDirectoryLogins, AQueueThatIsTooLongIsToldOnceInTenSeconds) {
    read("  - {mail: anna@x.com, " + hash_);
    boost::asio::io_context loop;
    TriedPasswords tried;
    std::vector<std::string> said;
    directory_->start(loop.get_executor(),
                      {nullptr, [&](LogLevel level, const std::string& text) {
                           EXPECT_EQ(level, LogLevel::warning);
                           said.push_back(text);
                       }, [] { return 47U; }}, tried);
    const auto too_late = [&] { EXPECT_EQ(eas451::logged_in(*directory_, question("anna@x.com", "secret"), now_), "unavailable"); };
    EXPECT_EQ(logged_in("anna@x.com", "wrong"), "bad-credentials");
    EXPECT_TRUE(said.empty());
    too_late();
    ASSERT_EQ(said.size(), 1U);
    EXPECT_NE(said[0].find("directory-down"), std::string::npos) << said[0];
    EXPECT_NE(said[0].find(", 47 now"), std::string::npos) << said[0];
    now_ += 10s - 1ns;
    too_late();
    EXPECT_EQ(said.size(), 1U);
    now_ += 1ns;
    too_late();
    EXPECT_EQ(said.size(), 2U);
}

}  // namespace
}  // namespace eas451
