// SPDX-License-Identifier: Apache-2.0
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>

#include "commands.hpp"
#include "eas451/io/directory/password_hash.hpp"

namespace eas451 {
namespace {

/// A terminal that does not show what is typed, while this lives.
class SilentTerminal {
public:
    SilentTerminal() {
        if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
        changed_ = true;
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    ~SilentTerminal() {
        if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }
    SilentTerminal(const SilentTerminal&) = delete;
    SilentTerminal& operator=(const SilentTerminal&) = delete;

private:
    termios before_{};
    bool changed_ = false;
};

Result<Secret, std::string> none(std::string why) { return {boost::system::in_place_error, std::move(why)}; }

Result<Secret, std::string> first_line(std::istream& in, const std::string& name) {
    std::string line;
    if (!std::getline(in, line)) return none("no password in " + name);
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) return none("the password in " + name + " is empty");
    return Secret(std::move(line));
}

}  // namespace

Result<Secret, std::string> read_password(const std::optional<std::filesystem::path>& file) {
    if (file) {
        std::ifstream in(*file);
        if (!in) return none("cannot read " + file->string());
        return first_line(in, file->string());
    }
    if (const char* value = std::getenv("EAS451_PASSWORD"); value != nullptr) {
        if (*value == '\0') return none("the password in $EAS451_PASSWORD is empty");
        return Secret(value);
    }
    if (::isatty(STDIN_FILENO) == 0) return first_line(std::cin, "the standard input");
    std::cerr << "Password: " << std::flush;
    const SilentTerminal silent;
    auto typed = first_line(std::cin, "the terminal");
    std::cerr << '\n';
    return typed;
}

int hash_password_command(const std::optional<std::filesystem::path>& password_file) {
    auto password = read_password(password_file);
    if (!password) {
        std::cerr << "eas451: " << password.error() << '\n';
        return exit_findings;
    }
    std::cout << hash_password(password->reveal()) << '\n';
    return exit_ok;
}

}  // namespace eas451
