// SPDX-License-Identifier: Apache-2.0
// OpenedDirectory: the directory of the settings for a command that ends: with a loop of its own, and
// asked by waiting for the answer. What goes wrong with the servers is said on stderr.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>

#include "deployment.hpp"
#include "eas451/io/directory/directory_loop.hpp"

namespace eas451 {

class OpenedDirectory {
public:
    static Result<std::unique_ptr<OpenedDirectory>, Problems> open(const Settings& settings);

    /// A second after the directory's deadline at the latest.
    LoginAnswer log_in(LoginQuestion question);
    [[nodiscard]] std::shared_ptr<const RelationshipTable> relationships() const { return directory_->relationships(); }

private:
    OpenedDirectory(std::shared_ptr<Directory> directory, std::chrono::milliseconds deadline);

    std::chrono::milliseconds deadline_;
    boost::asio::io_context here_{1};  // outlives the loop, which posts answers to it
    DirectoryLoop loop_;
    std::shared_ptr<Directory> directory_;
};

}  // namespace eas451
