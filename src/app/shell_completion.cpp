// SPDX-License-Identifier: Apache-2.0
// What the shells have in common, and bash.
#include "shell_completion.hpp"

#include <algorithm>

namespace eas451 {
namespace {

constexpr std::string_view bash_head = R"(# bash completion for eas451; `eas451 completion bash` prints it
# shellcheck shell=bash
_eas451() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} at='' words='' i
    COMPREPLY=()
    # --option=value is three words here.
    if [[ $word == '=' ]]; then
        word=''
    elif [[ $previous == '=' ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    for ((i = 1; i < COMP_CWORD; ++i)); do
        case ${COMP_WORDS[i]} in
)";

constexpr std::string_view bash_files = R"(            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            return
            ;;
)";

constexpr std::string_view bash_tail = R"(    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _eas451 eas451
)";

std::string pattern_of(const std::vector<std::string>& words) {
    std::string pattern;
    for (const std::string& word : words) pattern.append(pattern.empty() ? "" : " | ").append(shell_quoted(word));
    return pattern;
}

/// What an option of this command takes. The program's options may stand behind every command.
std::string bash_values(const CommandTree& command) {
    std::string text;
    for (const CommandOption& option : command.options) {
        if (option.value.empty()) continue;
        std::string pattern;
        for (const std::string& name : option.names) {
            pattern += (pattern.empty() ? "" : " | ") +
                       (command.path.empty() ? "*:" + name : shell_quoted(place_of(command) + ':' + name));
        }
        text += "        " + pattern + ")\n";
        if (option.takes_file()) {
            text += bash_files;
            continue;
        }
        if (!option.choices.empty()) {
            text += "            mapfile -t COMPREPLY < <(compgen -W " + shell_quoted(with_blanks(option.choices)) +
                    " -- \"$word\")\n";
        }
        text += "            return\n            ;;\n";
    }
    return text;
}

std::string bash_words(const CommandTree& command, const CommandTree& program) {
    std::vector<std::string> words;
    for (const CommandTree& below : command.commands) words.push_back(below.path.back());
    for (const CommandOption& argument : command.arguments)
        words.insert(words.end(), argument.choices.begin(), argument.choices.end());
    std::vector<std::string> names;
    const auto add = [&names](const CommandTree& of) {
        for (const CommandOption& option : of.options) {
            for (const std::string& name : option.names) {
                if (std::ranges::find(names, name) == names.end()) names.push_back(name);
            }
        }
    };
    add(command);
    add(program);
    const std::string options = shell_quoted(with_blanks(names));
    const bool has_words = !words.empty();
    std::string text = "        " + shell_quoted(place_of(command)) + ") ";
    // Options are offered to whoever begins one, or where nothing else can be completed.
    return text +
           (has_words ? "if [[ $word == -* ]]; then words=" + options +
                            "; else words=" + shell_quoted(with_blanks(words)) + "; fi"
                      : "words=" + options) +
           " ;;\n";
}

}  // namespace

std::string shell_quoted(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text) {
        if (c == '\'') {
            quoted += "'\\''";
        } else {
            quoted += c;
        }
    }
    return quoted + '\'';
}

std::string place_of(const CommandTree& command) {
    std::string place;
    for (const std::string& word : command.path) place += (place.empty() ? "" : "/") + word;
    return place;
}

std::string with_blanks(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

std::vector<std::string> names_with_values(const CommandTree& tree) {
    std::vector<std::string> names;
    for_each_command(tree, [&names](const CommandTree& command) {
        for (const CommandOption& option : command.options) {
            if (!option.value.empty()) names.insert(names.end(), option.names.begin(), option.names.end());
        }
    });
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

std::string command_branches(const CommandTree& tree, std::string_view indent) {
    std::string text;
    for_each_command(tree, [&text, indent](const CommandTree& command) {
        for (const CommandTree& below : command.commands) {
            text.append(indent).append(shell_quoted(place_of(command) + ' ' + below.path.back()));
            text.append(") at=").append(place_of(below)).append(" ;;\n");
        }
    });
    return text;
}

std::string bash_completion(const CommandTree& tree) {
    std::string text(bash_head);
    text += "            " + pattern_of(names_with_values(tree)) + ")\n";
    text +=
        "                ((++i))\n                [[ ${COMP_WORDS[i]} == '=' ]] && ((++i))\n                continue\n "
        "               ;;\n";
    text += "        esac\n        case \"$at ${COMP_WORDS[i]}\" in\n" + command_branches(tree, "            ");
    text += "        esac\n    done\n    case \"$at:$previous\" in\n";
    for_each_command(tree, [&text](const CommandTree& command) { text += bash_values(command); });
    text += "    esac\n    case $at in\n";
    for_each_command(tree, [&text, &tree](const CommandTree& command) { text += bash_words(command, tree); });
    return text.append(bash_tail);
}

}  // namespace eas451
