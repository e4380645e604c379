// SPDX-License-Identifier: Apache-2.0
#include "cli.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <utility>

#include "command_tree.hpp"
#include "commands.hpp"
#include "eas451/core/phone_request.hpp"
#include "manual_page.hpp"
#include "shell_completion.hpp"

namespace eas451 {
namespace {

constexpr const char* default_config = "/etc/eas451/eas451.yaml";

/// Where the parsed arguments land, and what they ask for.
struct Arguments {
    std::string config;
    bool json = false;
    bool online = false;
    std::string login;
    std::string password_file;
    std::string word;  // a shell, or a section of the manual
    ExplainRequest explain;
    AuditRequest audit;
    ProbeRequest probe;
    std::function<int()> run;

    [[nodiscard]] std::optional<std::filesystem::path> password_path() const {
        if (password_file.empty()) return std::nullopt;
        return password_file;
    }
};

void add_json(CLI::App& command, Arguments& arguments) {
    command.add_flag("--json", arguments.json, "print one JSON object");
}

void add_password_file(CLI::App& command, Arguments& arguments) {
    command.add_option("--password-file", arguments.password_file,
                       "read the password from the first line of this file; else $EAS451_PASSWORD, or typed")
        ->type_name("FILE");
}

void add_serve_and_check(CLI::App& app, Arguments& arguments) {
    auto* serving = app.add_subcommand("serve", "run the server");
    serving->callback([&] { arguments.run = [&] { return serve(arguments.config); }; });
    auto* checking = app.add_subcommand("check", "name every mistake in the configuration");
    add_json(*checking, arguments);
    checking->add_flag("--online", arguments.online, "open what the configuration names, too: certificates, keys, the directory");
    checking->callback([&] { arguments.run = [&] { return check(arguments.config, arguments.online, arguments.json); }; });
}

void add_explain(CLI::App& app, Arguments& arguments) {
    auto* command = app.add_subcommand("explain", "what a device of this user would be answered, step by step");
    ExplainRequest& request = arguments.explain;
    command->add_option("LOGIN", request.login, "user@domain, NETBIOS\\user or user")->required();
    command->add_option("--protocol-version", request.protocol_version, "EAS version of the device; none on OPTIONS")
        ->default_str("14.1");
    auto* name = command->add_option("--command", request.command, "EAS command")->capture_default_str();
    command->add_option("--method", request.method, "POST or OPTIONS")
        ->capture_default_str()
        ->check(CLI::IsMember({"POST", "OPTIONS"}))
        ->excludes(name);
    command->add_option("--user-agent", request.user_agent, "User-Agent of the device");
    command->add_option("--device-type", request.device_type, "DeviceType of the device");
    add_json(*command, arguments);
    command->callback([&] {
        arguments.explain.json = arguments.json;
        arguments.run = [&] { return explain(arguments.config, arguments.explain); };
    });
}

void add_audit(CLI::App& app, Arguments& arguments) {
    auto* command = app.add_subcommand("audit", "what a device of every mail-enabled recipient would be answered, and what mends it");
    auto* format = command->add_option("--format", arguments.audit.format, "table, csv or json")
                       ->capture_default_str()
                       ->check(CLI::IsMember({"table", "csv", "json"}));
    command->add_flag("--json", arguments.json, "the same as --format json")->excludes(format);
    command->add_flag("--all", arguments.audit.all, "list those with whom nothing is wrong, too");
    command->callback([&] {
        if (arguments.json) arguments.audit.format = "json";
        arguments.run = [&] { return audit(arguments.config, arguments.audit); };
    });
}

void add_probe(CLI::App& app, Arguments& arguments) {
    auto* command = app.add_subcommand("probe", "act as a phone: OPTIONS, one command, one redirect, and what a phone would do now");
    ProbeRequest& asked = arguments.probe;
    command->add_option("URL", asked.url, "https://HOST/Microsoft-Server-ActiveSync, or HOST")->required();
    command->add_option("--user", asked.user, "the login, as on the phone")->required()->type_name("LOGIN");
    add_password_file(*command, arguments);
    command->add_option("--protocol-version", asked.protocol_version, "EAS version of the phone; else the highest that is offered")
        ->type_name("N.N");
    std::vector<std::string> names;
    for (const EasCommand known : phone_commands()) names.emplace_back(to_string(known));
    command->add_option("--command", asked.command, "the command after OPTIONS")->capture_default_str()->check(CLI::IsMember(names));
    command->add_option("--device-id", asked.device_id, "DeviceId of the phone")->capture_default_str();
    command->add_option("--device-type", asked.device_type, "DeviceType of the phone")->capture_default_str();
    command->add_option("--user-agent", asked.user_agent, "User-Agent of the phone")->capture_default_str();
    command->add_flag("--no-follow", asked.no_follow, "stop at a redirect: the new server gets no password");
    command->add_option("--ca-file", asked.ca_file, "trust these certificates instead of the system's")->type_name("FILE");
    command->add_option("--connect", asked.connect, "connect there instead, as after a change of DNS; the certificate is still that of URL")
        ->type_name("HOST:PORT");
    command->add_option("--timeout", asked.timeout, "seconds for each request")
        ->type_name("SECONDS")
        ->capture_default_str()
        ->check(CLI::Range(1, 300));
    command->add_flag("--insecure", asked.insecure, "do not verify the certificate of URL: whoever answers gets the password");
    command->add_flag("--allow-http", asked.allow_http, "take an http URL: the password travels in clear");
    add_json(*command, arguments);
    command->callback([&] {
        arguments.probe.json = arguments.json;
        arguments.probe.password_file = arguments.password_path();
        arguments.run = [&] { return probe(arguments.probe); };
    });
}

void add_auth(CLI::App& app, Arguments& arguments) {
    auto* command = app.add_subcommand("auth", "try a password against the directory, by one bind");
    command->add_option("LOGIN", arguments.login, "user@domain, NETBIOS\\user or user")->required();
    add_password_file(*command, arguments);
    add_json(*command, arguments);
    command->callback([&] {
        arguments.run = [&] { return auth(arguments.config, arguments.login, arguments.password_path(), arguments.json); };
    });
}

void add_config(CLI::App& app, Arguments& arguments) {
    auto* command = app.add_subcommand("config", "the configuration and its keys");
    command->require_subcommand(1);
    auto* show = command->add_subcommand("show", "the effective configuration");
    add_json(*show, arguments);
    show->callback([&] { arguments.run = [&] { return config_show(arguments.config, arguments.json); }; });
    auto* reference = command->add_subcommand("reference", "every key, as Markdown");
    reference->callback([&] { arguments.run = config_reference; });
    auto* schema = command->add_subcommand("schema", "the JSON Schema for editors");
    schema->callback([&] { arguments.run = config_schema; });
}

void add_small_ones(CLI::App& app, Arguments& arguments) {
    auto* hashing = app.add_subcommand("hash-password", "a hash for the file directory or the admin listener");
    hashing->add_option("--password-file", arguments.password_file,
                        "read the password from the first line of this file; else from $EAS451_PASSWORD or the first line of "
                        "stdin, or typed twice at a terminal")
        ->type_name("FILE");
    add_json(*hashing, arguments);
    hashing->callback(
        [&] { arguments.run = [&] { return hash_password_command(arguments.password_path(), arguments.json); }; });
    auto* health = app.add_subcommand("healthcheck", "ask the running server whether it is ready");
    add_json(*health, arguments);
    health->callback([&] { arguments.run = [&] { return healthcheck(arguments.config, arguments.json); }; });
    auto* versions = app.add_subcommand("version", "version, build and libraries");
    add_json(*versions, arguments);
    versions->callback([&] { arguments.run = [&] { return print_version(arguments.json); }; });
}

/// What is printed is made from `app` itself.
void add_completion_and_manual(CLI::App& app, Arguments& arguments) {
    const auto print = [](const std::string& text) {
        std::cout << text;
        return exit_ok;
    };
    auto* completing = app.add_subcommand("completion", "the script by which a shell completes the command line");
    completing->add_option("SHELL", arguments.word, "the shell")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
    completing->callback([&app, &arguments, print] {
        arguments.run = [&app, &arguments, print] {
            const CommandTree tree = command_tree(app);
            if (arguments.word == "bash") return print(bash_completion(tree));
            return print(arguments.word == "zsh" ? zsh_completion(tree) : fish_completion(tree));
        };
    });
    auto* manual = app.add_subcommand("manpage", "a manual page, for man(1): 8 of the commands, 5 of the configuration");
    manual->add_option("SECTION", arguments.word, "the section")->required()->check(CLI::IsMember({"8", "5"}));
    manual->callback([&app, &arguments, print] {
        arguments.run = [&app, &arguments, print] {
            return print(arguments.word == "8" ? manual_page_8(command_tree(app), version()) : manual_page_5(version()));
        };
    });
}

/// Of each command; what is usual besides stands in the manual page.
constexpr std::pair<const char*, const char*> exit_statuses[] = {
    {"serve", "0; 78 a bad configuration; 69 it cannot bind, load a certificate or drop privileges."},
    {"check", "0 all is fine; 1 there are findings; 78 the file cannot be read."},
    {"explain", "0; 1 the login is unknown; 69 the directory cannot be asked; 78 a bad configuration."},
    {"audit", "0; 1 there are findings; 69 the directory cannot be asked; 78 a bad configuration."},
    {"probe", "0 the phone gets its mail, or a URL to get it from (--no-follow); 1 it does not."},
    {"auth", "0; 1 the password or the login is rejected; 69 the directory cannot be asked; 78 a bad configuration."},
    {"hash-password", "0; 1 there is no password to hash."},
    {"healthcheck", "0 the server is ready; 1 it is not, or does not answer."},
    {"version", "0."},
    {"completion", "0."},
    {"manpage", "0."},
};

void add_exit_statuses(CLI::App& app) {
    for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
        for (const auto& [name, text] : exit_statuses) {
            if (command->get_name() == name) command->footer(std::string(exit_status_title) + text);
        }
    }
    for (CLI::App* command : app.get_subcommand("config")->get_subcommands([](CLI::App*) { return true; })) {
        command->footer(std::string(exit_status_title) + (command->get_name() == "show" ? "0; 78 a bad configuration." : "0."));
    }
}

/// What CLI11 says of both is of no help: that a command is missing, and every word that was left, a password among them.
std::string words_not_known(const CLI::App& app) {
    std::vector<std::string> words = app.remaining(true);
    if (words.empty()) return {};
    const auto is_option = [](const std::string& word) { return word.size() > 1 && word.front() == '-'; };
    const auto option = std::ranges::find_if(words, is_option);
    if (option != words.end()) return "unknown option '" + option->substr(0, option->find('=')) + "'";
    return app.get_subcommands().empty() ? "unknown command '" + words.front() + "'" : "more arguments than there may be";
}

int report(const CLI::App& app, const CLI::ParseError& error) {
    const auto code = static_cast<CLI::ExitCodes>(error.get_exit_code());
    const bool may_be_word = code == CLI::ExitCodes::RequiredError || code == CLI::ExitCodes::ExtrasError;
    const std::string unknown = may_be_word ? words_not_known(app) : std::string();
    if (unknown.empty()) return app.exit(error) == 0 ? exit_ok : exit_usage;
    std::cerr << "eas451: " << unknown << "\nRun with --help for more information.\n";
    return exit_usage;
}

/// A full disk makes a file that looks whole to whoever looks at the exit status alone.
int written(int code) {
    if (code != exit_ok || std::cout.flush()) return code;
    std::cerr << "eas451: the output could not be written\n";
    return exit_unavailable;
}

}  // namespace

int run_cli(int argc, char** argv) {
    CLI::App app("eas451 tells a phone where its mailbox went", "eas451");
    Arguments arguments;
    const char* from_environment = std::getenv("EAS451_CONFIG");
    arguments.config = from_environment != nullptr && *from_environment != '\0' ? from_environment : default_config;
    app.add_option("-c,--config", arguments.config, "configuration file; also $EAS451_CONFIG")->type_name("FILE")->default_str(default_config);
    app.set_version_flag("--version", version());
    app.require_subcommand(1);
    app.fallthrough();
    add_serve_and_check(app, arguments);
    add_explain(app, arguments);
    add_audit(app, arguments);
    add_probe(app, arguments);
    add_auth(app, arguments);
    add_config(app, arguments);
    add_small_ones(app, arguments);
    add_completion_and_manual(app, arguments);
    add_exit_statuses(app);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return written(report(app, error));
    }
    return written(arguments.run());
}

}  // namespace eas451
