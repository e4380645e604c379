// SPDX-License-Identifier: Apache-2.0
#include "opened_directory.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>

namespace eas451 {

Result<std::unique_ptr<OpenedDirectory>, Problems> OpenedDirectory::open(const Settings& settings) {
    auto directory = open_directory(settings);
    if (!directory) return directory.error();
    return std::unique_ptr<OpenedDirectory>(new OpenedDirectory(std::move(*directory), settings.directory.deadline));
}

OpenedDirectory::OpenedDirectory(std::shared_ptr<Directory> directory, std::chrono::milliseconds deadline)
    : deadline_(deadline), directory_(std::move(directory)) {
    // One write a line, since the loop is another thread.
    const auto say = [](LogLevel level, const std::string& text) {
        if (level >= LogLevel::warning) std::cerr << "eas451: " + text + "\n";
    };
    loop_.start(directory_, {nullptr, say});
}

LoginAnswer OpenedDirectory::log_in(LoginQuestion question) {
    if (auto known = directory_->log_in_at_once(question)) return std::move(*known);
    boost::asio::io_context here(1);
    LoginAnswer answer;
    auto asking = loop_.ask(directory_, std::move(question), std::chrono::steady_clock::now() + deadline_);
    boost::asio::co_spawn(here, std::move(asking), [&answer](const std::exception_ptr& thrown, LoginAnswer found) {
        if (thrown) std::rethrow_exception(thrown);
        answer = std::move(found);
    });
    here.run();
    return answer;
}

}  // namespace eas451
