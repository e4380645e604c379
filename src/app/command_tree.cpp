// SPDX-License-Identifier: Apache-2.0
#include "command_tree.hpp"

#include <CLI/CLI.hpp>
#include <string_view>

namespace eas451 {
namespace {

/// CLI11 keeps what a value may be only as text behind the type: "TEXT:{a,b}", "SECONDS:INT in [1 - 300]".
void read_type(const std::string& type, CommandOption& option) {
    const std::size_t choices = type.find(":{");
    const std::size_t range = type.find(" in [");
    if (choices != std::string::npos) {
        option.value = type.substr(0, choices);
        std::string_view list = std::string_view(type).substr(choices + 2);
        list = list.substr(0, list.find('}'));
        while (!list.empty()) {
            const std::string_view word = list.substr(0, list.find(','));
            option.choices.emplace_back(word);
            list.remove_prefix(std::min(word.size() + 1, list.size()));
        }
    } else {
        option.value = range == std::string::npos ? type : type.substr(0, type.rfind(':', range));
    }
}

CommandOption read_option(const CLI::Option& option) {
    CommandOption made;
    for (const std::string& name : option.get_snames()) made.names.push_back('-' + name);
    for (const std::string& name : option.get_lnames()) made.names.push_back("--" + name);
    if (made.names.empty()) made.names.push_back(option.get_single_name());
    if (option.get_items_expected_max() > 0) read_type(option.get_type_name(), made);
    made.fallback = option.get_default_str();
    made.text = option.get_description();
    made.required = option.get_required();
    return made;
}

CommandTree read(const CLI::App& app, std::vector<std::string> path) {
    CommandTree made;
    made.path = std::move(path);
    made.text = app.get_description();
    const std::string footer = app.get_footer();
    const std::size_t at = footer.find(exit_status_title);
    if (at != std::string::npos) made.exit_status = footer.substr(at + std::string_view(exit_status_title).size());
    for (const CLI::Option* option : app.get_options()) {
        (option->get_positional() ? made.arguments : made.options).push_back(read_option(*option));
    }
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        std::vector<std::string> below = made.path;
        below.push_back(command->get_name());
        made.commands.push_back(read(*command, std::move(below)));
    }
    return made;
}

}  // namespace

CommandTree command_tree(const CLI::App& app) {
    return read(app, {});
}

}  // namespace eas451
