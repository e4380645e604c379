// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/document/secret_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace eas451 {
namespace {

class SecretFile : public ::testing::Test {
protected:
    SecretFile() {
        std::string pattern = (std::filesystem::temp_directory_path() / "eas451-secret-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
    }
    ~SecretFile() override { std::filesystem::remove_all(folder_); }

    /// What is read of a file with these bytes, or the error without its path.
    std::string read(const std::string& bytes) {
        std::ofstream(path(), std::ios::binary) << bytes;
        const auto secret = read_secret_file(path());
        return secret ? std::string(secret->reveal()) : "error: " + secret.error();
    }
    [[nodiscard]] std::filesystem::path path() const { return folder_ / "secret"; }

private:
    std::filesystem::path folder_;
};

TEST_F(SecretFile, TheFirstLine) {
    EXPECT_EQ(read("pass word "), "pass word ");
    EXPECT_EQ(read("password\n"), "password");
    EXPECT_EQ(read("password\r\n"), "password");
    EXPECT_EQ(read("password\nmore\n"), "password");
    EXPECT_EQ(read(std::string(4096, 'x')), std::string(4096, 'x'));
}

TEST_F(SecretFile, WhatIsNoPassword) {
    const std::string name = path().string();
    EXPECT_EQ(read(""), "error: no password in " + name);
    EXPECT_EQ(read("\n"), "error: the password in " + name + " is empty");
    EXPECT_EQ(read(std::string(4097, 'x')), "error: the password in " + name + " is longer than 4096 bytes");
}

TEST_F(SecretFile, WhatIsNoFileIsNotWaitedFor) {
    EXPECT_NE(read_secret_file(path()).error().find("No such file"), std::string::npos);
    ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
    EXPECT_NE(read_secret_file(path()).error().find("is no file"), std::string::npos);
}

}  // namespace
}  // namespace eas451
