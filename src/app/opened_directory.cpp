// SPDX-License-Identifier: Apache-2.0
#include "opened_directory.hpp"

#include <iostream>

#include "wait_for.hpp"

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
    // What failed at the directory's own deadline has a reason, and that is waited for.
    constexpr std::chrono::seconds for_the_reason{1};
    const SteadyTime deadline = std::chrono::steady_clock::now() + deadline_ + for_the_reason;
    return wait_for(here_, loop_.ask(directory_, std::move(question), deadline));
}

}  // namespace eas451
