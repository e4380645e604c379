// SPDX-License-Identifier: Apache-2.0
#include "cli.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <functional>

#include "commands.hpp"

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
    ExplainRequest explain;
    std::function<int()> run;

    [[nodiscard]] std::optional<std::filesystem::path> password_path() const {
        if (password_file.empty()) return std::nullopt;
        return password_file;
    }
};

void add_json(CLI::App& command, Arguments& arguments) {
    command.add_flag("--json", arguments.json, "print one JSON object");
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

void add_auth(CLI::App& app, Arguments& arguments) {
    auto* command = app.add_subcommand("auth", "try a password against the directory, by one bind");
    command->add_option("LOGIN", arguments.login, "user@domain, NETBIOS\\user or user")->required();
    command->add_option("--password-file", arguments.password_file,
                        "read the password from the first line of this file; else $EAS451_PASSWORD, or typed");
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
                        "stdin, or typed twice at a terminal");
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

}  // namespace

int run_cli(int argc, char** argv) {
    CLI::App app("eas451 tells a phone where its mailbox went", "eas451");
    Arguments arguments;
    const char* from_environment = std::getenv("EAS451_CONFIG");
    arguments.config = from_environment != nullptr && *from_environment != '\0' ? from_environment : default_config;
    app.add_option("-c,--config", arguments.config, "configuration file; also $EAS451_CONFIG")->capture_default_str();
    app.set_version_flag("--version", version());
    app.require_subcommand(1);
    app.fallthrough();
    add_serve_and_check(app, arguments);
    add_explain(app, arguments);
    add_auth(app, arguments);
    add_config(app, arguments);
    add_small_ones(app, arguments);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_ok : exit_usage;
    }
    return arguments.run();
}

}  // namespace eas451
