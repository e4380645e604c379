// SPDX-License-Identifier: Apache-2.0
// The commands of the binary, one function each. They print results to stdout and errors to stderr,
// and return the exit code of the contract.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "eas451/core/eas_request.hpp"
#include "eas451/core/result.hpp"
#include "eas451/core/secret.hpp"
#include "eas451/io/config/settings.hpp"

namespace eas451 {

/// sysexits(3), where the contract uses them.
inline constexpr int exit_ok = 0;
inline constexpr int exit_findings = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_unavailable = 69;
inline constexpr int exit_configuration = 78;

struct ExplainRequest {
    std::string login;
    std::optional<std::string> protocol_version;  // not given: 14.1, and none on OPTIONS
    std::string command = "Sync";
    std::string method = "POST";
    std::string user_agent;
    std::string device_type = "explain";
    bool json = false;
};

struct AuditRequest {
    std::string format = "table";  // csv, json
    bool all = false;              // also those with whom nothing is wrong, and notes
};

struct ProbeRequest {
    std::string url;
    std::string user;
    std::optional<std::filesystem::path> password_file;
    std::optional<std::string> protocol_version;  // not given: the highest that OPTIONS offers
    std::string command = "FolderSync";
    std::string device_id = "eas451probe";
    std::string device_type = "eas451";
    std::string user_agent = "eas451-probe";
    std::optional<std::filesystem::path> ca_file;
    std::string connect;  // HOST:PORT; empty: where the URL says
    unsigned timeout = 30;  // seconds, of each request
    bool insecure = false;
    bool allow_http = false;
    bool no_follow = false;
    bool json = false;
};

int serve(const std::filesystem::path& config);
/// `online`: what the configuration names is opened, too.
int check(const std::filesystem::path& config, bool online, bool json);
int explain(const std::filesystem::path& config, const ExplainRequest& request);
int audit(const std::filesystem::path& config, const AuditRequest& request);
int auth(const std::filesystem::path& config, const std::string& login, const std::optional<std::filesystem::path>& password_file,
         bool json);
/// Acts as a phone; needs no configuration.
int probe(const ProbeRequest& asked);
int config_show(const std::filesystem::path& config, bool json);
int config_reference();
int config_schema();
int hash_password_command(const std::optional<std::filesystem::path>& password_file, bool json);
int healthcheck(const std::filesystem::path& config, bool json);
int print_version(bool json);

std::string version();

/// Loads the settings for a command that cannot go on without them; prints the mistakes to stderr.
std::optional<Settings> settings_or_mistakes(const std::filesystem::path& config);

/// A password from the file, from $EAS451_PASSWORD, or typed: without echo at a terminal, else one
/// line of stdin. Never from the command line, where every user of the machine sees it.
Result<Secret, std::string> read_password(const std::optional<std::filesystem::path>& file);

}  // namespace eas451
