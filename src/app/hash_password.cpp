// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "eas451/io/directory/password_hash.hpp"
#include "eas451/io/document/secret_file.hpp"

namespace eas451 {
namespace {

/// As the terminal was, for a signal that ends us while it does not show what is typed.
termios shown{};

extern "C" void show_and_end(int signal) {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    ::signal(signal, SIG_DFL);
    ::raise(signal);  // delivered when this returns
}

/// A terminal that does not show what is typed, while this lives. A signal that ends us shows it again before; one that stops
/// us has to wait.
class SilentTerminal {
public:
    SilentTerminal() {
        if (::tcgetattr(STDIN_FILENO, &shown) != 0) return;
        changed_ = true;
        struct sigaction action{};
        for (std::size_t i = 0; i < signals.size(); ++i) {
            action.sa_handler = signals[i] == SIGTSTP ? SIG_IGN : show_and_end;
            ::sigaction(signals[i], &action, &before_[i]);
            if (before_[i].sa_handler == SIG_IGN) ::sigaction(signals[i], &before_[i], nullptr);  // as under nohup
        }
        termios silent = shown;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    ~SilentTerminal() {
        if (!changed_) return;
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        for (std::size_t i = 0; i < signals.size(); ++i) ::sigaction(signals[i], &before_[i], nullptr);
    }
    SilentTerminal(const SilentTerminal&) = delete;
    SilentTerminal& operator=(const SilentTerminal&) = delete;

private:
    static constexpr std::array<int, 5> signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    std::array<struct sigaction, 5> before_{};
    bool changed_ = false;
};

Result<Secret, std::string> none(std::string why) { return {boost::system::in_place_error, std::move(why)}; }

bool comes_from_terminal(const std::optional<std::filesystem::path>& file) {
    return !file && std::getenv("EAS451_PASSWORD") == nullptr && ::isatty(STDIN_FILENO) != 0;
}

Result<Secret, std::string> typed(const char* prompt) {
    std::cerr << prompt << std::flush;
    const SilentTerminal silent;
    auto password = read_secret_line(STDIN_FILENO, "the terminal");
    std::cerr << '\n';
    return password;
}

/// Nobody sees what is typed, and a hash does not show a slip of the finger.
Result<Secret, std::string> read_new_password(const std::optional<std::filesystem::path>& file) {
    auto password = read_password(file);
    if (!password || !comes_from_terminal(file)) return password;
    auto again = typed("Again: ");
    if (!again) return again;
    if (again->reveal() != password->reveal()) return none("the second password is not the first; no hash was made");
    return password;
}

/// A pipe, too, as shells make one of `<(…)`.
Result<Secret, std::string> first_line_of(const std::filesystem::path& file) {
    const int opened = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (opened < 0) return none("cannot read " + file.string());
    auto password = read_secret_line(opened, file.string());
    ::close(opened);
    return password;
}

}  // namespace

Result<Secret, std::string> read_password(const std::optional<std::filesystem::path>& file) {
    if (file) return first_line_of(*file);
    if (const char* value = std::getenv("EAS451_PASSWORD"); value != nullptr) {
        if (*value == '\0') return none("the password in $EAS451_PASSWORD is empty");
        return Secret(value);
    }
    if (!comes_from_terminal(file)) return read_secret_line(STDIN_FILENO, "the standard input");
    return typed("Password: ");
}

int hash_password_command(const std::optional<std::filesystem::path>& password_file, bool json) {
    auto password = read_new_password(password_file);
    if (!password) {
        std::cerr << "eas451: " << password.error() << '\n';
        return exit_findings;
    }
    const std::string hash = hash_password(password->reveal());
    std::cout << (json ? nlohmann::json{{"hash", hash}}.dump() : hash) << '\n';
    return exit_ok;
}

}  // namespace eas451
