// SPDX-License-Identifier: Apache-2.0
// OpenedDirectory: the directory of the settings for a command that ends: with a loop of its own, and
// asked by waiting for the answer. And what the commands that ask it have in common.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "deployment.hpp"
#include "eas451/io/directory/directory_loop.hpp"

namespace eas451 {

class OpenedDirectory {
public:
    /// Null with the problems on stderr.
    static std::unique_ptr<OpenedDirectory> open_or_tell(const Settings& settings);

    /// A second after the directory's deadline at the latest. What the directory has to say of itself
    /// besides goes to stderr; an outage has its reason in the answer.
    LoginAnswer log_in(LoginQuestion question);
    [[nodiscard]] std::shared_ptr<const RelationshipTable> relationships() const { return directory_->relationships(); }

private:
    OpenedDirectory(std::shared_ptr<Directory> directory, std::chrono::milliseconds deadline);
    void keep(LogLevel level, const std::string& text);

    std::chrono::milliseconds deadline_;
    std::mutex mutex_;
    std::vector<std::string> warnings_;
    boost::asio::io_context here_{1};  // outlives the loop, which posts answers to it
    DirectoryLoop loop_;
    std::shared_ptr<Directory> directory_;
};

/// That the LOGIN of the command line is none, and which forms there are.
void tell_of_login(LoginFault fault);
int exit_code_of(const LoginOutcome& outcome);
/// With one digit behind the point.
double milliseconds_of(std::chrono::steady_clock::duration time);

}  // namespace eas451
