// SPDX-License-Identifier: Apache-2.0
// The script by which a shell completes our command line, from the command tree: there is no second list of commands.
#pragma once

#include <string>

#include "command_tree.hpp"

namespace eas451 {

std::string bash_completion(const CommandTree& tree);
std::string zsh_completion(const CommandTree& tree);
std::string fish_completion(const CommandTree& tree);

/// In single quotes for bash and zsh, whatever it holds.
std::string shell_quoted(std::string_view text);

/// "config/show": a command as the scripts know it; empty: the program.
std::string place_of(const CommandTree& command);

/// All words of a list with a blank between.
std::string with_blanks(const std::vector<std::string>& words);

/// Of the program and every command, all names of options that take a value, each once: "-c", "--config".
std::vector<std::string> names_with_values(const CommandTree& tree);

/// The branches "'place word') at=place/word ;;" of a case statement that finds the command in a line.
std::string command_branches(const CommandTree& tree, std::string_view indent);

}  // namespace eas451
