// SPDX-License-Identifier: Apache-2.0
#include "manual_page.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "commands.hpp"
#include "eas451/core/text.hpp"
#include "eas451/io/config/settings_manual.hpp"
#include "roff.hpp"

namespace eas451 {
namespace {

struct Entry {
    std::string_view term;
    std::string_view text;
};

constexpr auto signals = std::to_array<Entry>({
    {"SIGHUP",
     "Reads the configuration again and goes over to it. A file with a mistake changes nothing and is told in the log. "
     "Addresses, `workers`, `user` and `admin` need a restart, and the log says so."},
    {"SIGUSR1", "Opens the log files again, after they were moved away."},
    {"SIGTERM, SIGINT",
     "Takes no new connection, lets what is under way come to its end for `limits.drain` at the most, and ends."},
});

constexpr auto environment = std::to_array<Entry>({
    {"EAS451_CONFIG", "The configuration file, where `--config` does not name one."},
    {"EAS451_PASSWORD",
     "The password of the commands that ask for one and get no `--password-file`. It is never an argument, which every "
     "user of the machine could read."},
    {"CREDENTIALS_DIRECTORY",
     "Where systemd puts the files of `LoadCredential=`; paths of the configuration may begin with it."},
    {"NOTIFY_SOCKET, WATCHDOG_USEC, LISTEN_FDS",
     "How systemd is told of the server's life, and hands over its sockets."},
});

constexpr auto files = std::to_array<Entry>({
    {"/etc/eas451/eas451.yaml",
     "The configuration, described in **eas451.yaml**(5). The only file that the server needs besides those which it "
     "names."},
});

template <class Entries>
void append(Roff& page, std::string_view title, const Entries& entries) {
    page.section(title);
    for (const Entry& entry : entries) page.item("**" + std::string(entry.term) + "**", entry.text);
}

std::string code(std::string_view text) {
    return '`' + std::string(text) + '`';
}

/// As a sentence; what begins with no word, such as a URL, keeps its letters.
std::string capital(std::string_view text) {
    std::string made(text);
    const std::string_view word = text.substr(0, text.find_first_of(" ,"));
    const bool is_word = !word.empty() && std::ranges::all_of(word, is_ascii_lower);
    if (is_word) made.front() = static_cast<char>(made.front() - 'a' + 'A');
    const bool is_ended = made.ends_with('.') || made.empty();
    return is_ended ? made : made + '.';
}

/// "-c, --config FILE"
std::string term_of(const CommandOption& option, bool is_argument) {
    std::string term;
    for (const std::string& name : option.names) term += (term.empty() ? "" : ", ") + code(name);
    if (is_argument || option.value.empty()) return term;
    return term + ' ' + option.value;
}

std::string text_of(const CommandOption& option) {
    std::string text = capital(option.text);
    std::string choices;
    for (const std::string& choice : option.choices) choices += (choices.empty() ? "" : ", ") + code(choice);
    if (!choices.empty()) text += " One of " + choices + '.';
    if (!option.fallback.empty()) text += " Default: " + code(option.fallback) + '.';
    return text;
}

std::string synopsis_of(const CommandTree& command) {
    std::string text;
    for (const std::string& word : command.path) text += (text.empty() ? "" : " ") + word;
    text = "`" + text + '`';
    for (const CommandOption& argument : command.arguments) text += ' ' + argument.names.front();
    for (const CommandOption& option : command.options) {
        if (option.required) text += ' ' + term_of(option, false);
    }
    return text;
}

/// --help is there with every command, and is told once.
bool is_help(const CommandOption& option) {
    return option.names.back() == "--help";
}

void append_command(Roff& page, const CommandTree& command) {
    if (command.path.empty() || !command.commands.empty()) return;
    page.subsection(synopsis_of(command)).paragraph(capital(command.text));
    for (const CommandOption& argument : command.arguments) page.item(term_of(argument, true), text_of(argument));
    for (const CommandOption& option : command.options) {
        if (!is_help(option)) page.item(term_of(option, false), text_of(option));
    }
    if (!command.exit_status.empty()) page.paragraph("Exit status: " + command.exit_status);
}

void append_exit_statuses(Roff& page) {
    const auto number = [](int status) { return "**" + std::to_string(status) + "**"; };
    page.section("EXIT STATUS").paragraph("Each command says above what its numbers mean. In general:");
    page.item(number(exit_ok), "All is well.");
    page.item(number(exit_findings), "There is something to tell, or the answer is no.");
    page.item(number(exit_usage), "The command line is wrong.");
    page.item(number(exit_unavailable),
              "Something that is needed cannot be had: the directory, an address, a certificate.");
    page.item(number(70), "A bug.");
    page.item(number(exit_configuration), "The configuration is wrong. Trying again does not help.");
}

void append_introduction(Roff& page, std::string_view markdown) {
    bool is_open = false;  // a bullet, whose further lines are indented
    std::string text;
    const auto flush = [&] {
        if (!text.empty()) is_open ? page.bullet(text) : page.paragraph(text);
        text.clear();
        is_open = false;
    };
    while (!markdown.empty()) {
        std::string_view line = markdown.substr(0, markdown.find('\n'));
        markdown.remove_prefix(std::min(line.size() + 1, markdown.size()));
        const bool is_bullet = line.starts_with("- ");
        if (line.empty() || is_bullet) flush();
        if (is_bullet) is_open = true;
        line.remove_prefix(is_bullet || line.starts_with("  ") ? 2 : 0);
        if (!line.empty()) text.append(text.empty() ? "" : " ").append(line);
    }
    flush();
}

std::string term_of(const SettingsManual::Row& row) {
    std::string term = "**" + std::string(row.key) + "** (" + row.value;
    if (row.required) return term + "; required)";
    return row.fallback.empty() ? term + ')' : term + "; default " + code(row.fallback) + ')';
}

}  // namespace

std::string manual_page_8(const CommandTree& tree, const std::string& version) {
    Roff page("eas451", 8, "eas451 " + version, "System administration");
    page.section("NAME").paragraph("eas451 - " +
                                   tree.text.substr(tree.text.find(' ') + 1));  // whose first word is the name
    page.section("SYNOPSIS").paragraph("`eas451` [`--config` FILE] COMMAND [OPTION]... [ARGUMENT]...");
    page.section("DESCRIPTION");
    page.paragraph(
        "Phones with a mailbox that has moved to another organization, such as Office 365, go on calling their old "
        "server by Exchange ActiveSync. **eas451** stands in its place: it authenticates them against the directory "
        "and answers HTTP 451 with the new URL, passes others on to Exchange, and explains each of its decisions.");
    page.paragraph(
        "Results go to the standard output and errors to the standard error. `--json` prints one object with stable "
        "keys.");
    page.section("OPTIONS").paragraph("These stand before a command or behind it.");
    for (const CommandOption& option : tree.options) page.item(term_of(option, false), text_of(option));
    page.section("COMMANDS");
    for_each_command(tree, [&page](const CommandTree& command) { append_command(page, command); });
    append_exit_statuses(page);
    append(page, "SIGNALS", signals);
    append(page, "ENVIRONMENT", environment);
    append(page, "FILES", files);
    page.section("SEE ALSO").paragraph("**eas451.yaml**(5)");
    return page.text();
}

std::string manual_page_5(const std::string& version) {
    const SettingsManual manual = settings_manual();
    Roff page("eas451.yaml", 5, "eas451 " + version, "File formats");
    page.section("NAME").paragraph("eas451.yaml - the configuration of eas451");
    page.section("DESCRIPTION");
    append_introduction(page, manual.introduction);
    page.section("EXAMPLE").begin_example();
    for (const std::string& line : manual.example) page.example_line(line);
    page.end_example().section("VALUES");
    for (const SettingsManual::Value& value : manual.values)
        page.item("**" + std::string(value.name) + "**", value.form);
    page.section("KEYS");
    for (const SettingsManual::Section& section : manual.sections) {
        page.subsection(section.title);
        for (const SettingsManual::Row& row : section.rows) page.item(term_of(row), row.meaning);
    }
    page.section("SEE ALSO").paragraph("**eas451**(8)");
    return page.text();
}

}  // namespace eas451
