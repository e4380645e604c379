// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "shell_completion.hpp"

namespace eas451 {
namespace {

constexpr std::string_view zsh_head = R"(#compdef eas451
# zsh completion for eas451; `eas451 completion zsh` prints it
_eas451() {
    local at='' previous=$words[CURRENT-1] i
    local -a commands options values
    for ((i = 2; i < CURRENT; ++i)); do
        case $words[i] in
)";

constexpr std::string_view zsh_tail = R"(    esac
    if [[ $words[CURRENT] == -* || -z "$commands$values" ]]; then
        _describe -o 'option' options
        return
    fi
    if (( $#commands )); then _describe 'command' commands; fi
    if (( $#values )); then compadd -- $values; fi
}
if [[ $funcstack[1] == _eas451 ]]; then _eas451 "$@"; else compdef _eas451 eas451; fi
)";

constexpr std::string_view fish_head = R"(# fish completion for eas451; `eas451 completion fish` prints it
function __eas451_at
    set -l at ''
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        switch "$at $word"
)";

constexpr std::string_view fish_middle = R"(        end
    end
    test "$at" = "$argv[1]"
end
complete -c eas451 -f
)";

/// "name:what it does" as _describe wants it.
std::string described(std::string_view name, std::string_view text) {
    std::string made;
    for (const char c : name) made += c == ':' ? "\\:" : std::string(1, c);
    return shell_quoted(made.append(":").append(text));
}

std::string zsh_options(const CommandTree& command) {
    std::string text;
    for (const CommandOption& option : command.options) {
        for (const std::string& name : option.names) text += "            " + described(name, option.text) + '\n';
    }
    return text;
}

std::string zsh_branch(const CommandTree& command, const CommandTree& program) {
    std::string text = "        " + shell_quoted(place_of(command)) + ")\n";
    if (!command.commands.empty()) {
        text += "        commands=(\n";
        for (const CommandTree& below : command.commands)
            text += "            " + described(below.path.back(), below.text) + '\n';
        text += "        )\n";
    }
    for (const CommandOption& argument : command.arguments) {
        if (!argument.choices.empty()) text += "        values=(" + with_blanks(argument.choices) + ")\n";
    }
    text += "        options=(\n" + zsh_options(command) + (command.path.empty() ? "" : zsh_options(program)) +
            "        )\n";
    return text + "        ;;\n";
}

std::string zsh_values(const CommandTree& command) {
    std::string text;
    for (const CommandOption& option : command.options) {
        if (option.value.empty()) continue;
        std::string pattern;
        for (const std::string& name : option.names) {
            pattern.append(pattern.empty() ? "" : "|")
                .append(command.path.empty() ? "*" : place_of(command))
                .append(":")
                .append(name);
        }
        const std::string does = option.takes_file()      ? "_files"
                                 : option.choices.empty() ? "_message " + shell_quoted(option.value)
                                                          : "compadd -- " + with_blanks(option.choices);
        text.append("        (").append(pattern).append(") ").append(does).append("; return ;;\n");
    }
    return text;
}

/// In single quotes for fish, where a backslash in them means something.
std::string fish_quoted(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + '\'';
}

std::string fish_option(const CommandOption& option, const std::string& condition) {
    std::string text = "complete -c eas451" + condition;
    for (const std::string& name : option.names) {
        const bool is_long = name.starts_with("--");
        text += (is_long ? " -l " : " -s ") + name.substr(is_long ? 2 : 1);
    }
    if (option.takes_file()) {
        text += " -r -F";
    } else if (!option.value.empty()) {
        text += option.choices.empty() ? " -x" : " -x -a " + fish_quoted(with_blanks(option.choices));
    }
    return text + " -d " + fish_quoted(option.text) + '\n';
}

std::string fish_command(const CommandTree& command) {
    const std::string here = fish_quoted(place_of(command));
    const std::string condition = command.path.empty() ? "" : " -n \"__eas451_at " + here + '"';
    std::string text;
    for (const CommandTree& below : command.commands) {
        text += "complete -c eas451 -n \"__eas451_at " + here + "\" -a " + below.path.back() + " -d " +
                fish_quoted(below.text) + '\n';
    }
    for (const CommandOption& argument : command.arguments) {
        if (!argument.choices.empty())
            text += "complete -c eas451" + condition + " -a " + fish_quoted(with_blanks(argument.choices)) + '\n';
    }
    for (const CommandOption& option : command.options) text += fish_option(option, condition);
    return text;
}

}  // namespace

std::string zsh_completion(const CommandTree& tree) {
    std::string names;
    for (const std::string& name : names_with_values(tree)) names += (names.empty() ? "" : "|") + name;
    std::string text(zsh_head);
    text += "        (" + names + ") ((++i)); continue ;;\n        esac\n        case \"$at $words[i]\" in\n";
    text += command_branches(tree, "        ") + "        esac\n    done\n    case \"$at:$previous\" in\n";
    for_each_command(tree, [&text](const CommandTree& command) { text += zsh_values(command); });
    text += "    esac\n    case $at in\n";
    for_each_command(tree, [&text, &tree](const CommandTree& command) { text += zsh_branch(command, tree); });
    return text.append(zsh_tail);
}

std::string fish_completion(const CommandTree& tree) {
    std::string text(fish_head);
    std::string options;
    for (const std::string& name : names_with_values(tree)) options += ' ' + fish_quoted("* " + name);
    text += "            case" + options + "\n                set skip 1\n";
    for_each_command(tree, [&text](const CommandTree& command) {
        for (const CommandTree& below : command.commands) {
            text += "            case " + fish_quoted(place_of(command) + ' ' + below.path.back()) +
                    "\n                set at " + place_of(below) + '\n';
        }
    });
    text += fish_middle;
    for_each_command(tree, [&text](const CommandTree& command) { text += fish_command(command); });
    return text;
}

}  // namespace eas451
