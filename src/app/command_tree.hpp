// SPDX-License-Identifier: Apache-2.0
// CommandTree: what the command line takes, as its parser knows it, for who writes it down: completions and manual
// pages.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace eas451 {

struct CommandOption {
    std::vector<std::string> names;    // "-c", "--config"; of a positional argument its one name
    std::string value;                 // "FILE"; empty: it takes none
    std::vector<std::string> choices;  // empty: any value
    std::string fallback;              // what it is when it is not given; may be empty
    std::string text;
    bool required = false;

    [[nodiscard]] bool takes_file() const { return value == "FILE"; }
};

struct CommandTree {
    std::vector<std::string> path;  // "config", "show"; empty: the program
    std::string text;
    std::string exit_status;  // one sentence; empty with the program and where another command has to follow
    std::vector<CommandOption> options;
    std::vector<CommandOption> arguments;
    std::vector<CommandTree> commands;
};

CommandTree command_tree(const CLI::App& app);

/// What begins the footer of a command's help, and its exit_status.
inline constexpr const char* exit_status_title = "Exit status: ";

/// Calls `visit` with the program and every command below it, a command before those in it.
template <class Visit>
void for_each_command(const CommandTree& tree, const Visit& visit) {
    visit(tree);
    for (const CommandTree& command : tree.commands) for_each_command(command, visit);
}

}  // namespace eas451
