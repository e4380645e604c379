// SPDX-License-Identifier: Apache-2.0
#include "opened_directory.hpp"

#include <cmath>
#include <iostream>

#include "commands.hpp"
#include "explanation.hpp"
#include "wait_for.hpp"

namespace eas451 {

std::unique_ptr<OpenedDirectory> OpenedDirectory::open_or_tell(const Settings& settings) {
    auto directory = open_directory(settings);
    if (directory) return std::unique_ptr<OpenedDirectory>(new OpenedDirectory(std::move(*directory), settings.directory.deadline));
    for (const Problem& problem : directory.error()) std::cerr << problem.text << '\n';
    return nullptr;
}

OpenedDirectory::OpenedDirectory(std::shared_ptr<Directory> directory, std::chrono::milliseconds deadline)
    : deadline_(deadline), directory_(std::move(directory)) {
    loop_.start(directory_, {nullptr, [this](LogLevel level, const std::string& text) { keep(level, text); }});
}

void OpenedDirectory::keep(LogLevel level, const std::string& text) {
    if (level < LogLevel::warning) return;
    const std::scoped_lock lock(mutex_);
    warnings_.push_back(text);
}

LoginAnswer OpenedDirectory::log_in(LoginQuestion question) {
    if (auto known = directory_->log_in_at_once(question)) return std::move(*known);
    // What failed at the directory's own deadline has a reason, and that is waited for.
    constexpr std::chrono::seconds for_the_reason{1};
    const SteadyTime deadline = std::chrono::steady_clock::now() + deadline_ + for_the_reason;
    LoginAnswer answer = wait_for(here_, loop_.ask(directory_, std::move(question), deadline));
    const std::scoped_lock lock(mutex_);
    if (!std::holds_alternative<Unavailable>(answer.outcome) || answer.trouble.empty()) {
        for (const std::string& warning : warnings_) std::cerr << "eas451: " << warning << '\n';
    }
    return answer;
}

void tell_of_login(LoginFault fault) {
    std::cerr << "eas451: " << trouble_of(fault) << '\n';
}

int exit_code_of(const LoginOutcome& outcome) {
    if (std::holds_alternative<Accepted>(outcome)) return exit_ok;
    return std::holds_alternative<Unavailable>(outcome) ? exit_unavailable : exit_findings;
}

double milliseconds_of(std::chrono::steady_clock::duration time) {
    constexpr double tenths = 10.0;
    return std::round(std::chrono::duration<double, std::milli>(time).count() * tenths) / tenths;
}

}  // namespace eas451
