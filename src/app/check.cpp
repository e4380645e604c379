// SPDX-License-Identifier: Apache-2.0
// check: every mistake in the configuration and, for type file, in the directory file, at once; and
// what serve would refuse besides.
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "deployment.hpp"
#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/policy.hpp"
#include "eas451/io/directory/ldap_check.hpp"
#include "eas451/io/exchange/exchange_check.hpp"
#include "eas451/io/exchange/exchange_servers.hpp"
#include "exchange_options.hpp"
#include "privileges.hpp"
#include "relationship_notes.hpp"
#include "wait_for.hpp"

namespace eas451 {
namespace {

struct Findings {
    std::vector<std::string> errors;
    std::vector<std::string> warnings;
    std::vector<std::string> facts;  // with --online: what was found
};

int report(const Findings& findings, int code, bool json) {
    if (json) {
        const nlohmann::ordered_json object{{"ok", code == exit_ok}, {"errors", findings.errors}, {"warnings", findings.warnings}, {"facts", findings.facts}};
        std::cout << object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
        return code;
    }
    for (const std::string& fact : findings.facts) std::cout << "found: " << fact << '\n';
    for (const std::string& error : findings.errors) std::cout << error << '\n';
    for (const std::string& warning : findings.warnings) std::cout << "warning: " << warning << '\n';
    if (findings.errors.empty()) std::cout << "no mistakes found\n";
    return code;
}

/// There is nothing to find mistakes in; a syntax error is a mistake like others, with its place.
bool is_unreadable(const std::filesystem::path& config) {
    std::error_code ignored;
    return !std::filesystem::is_regular_file(config, ignored) || ::access(config.c_str(), R_OK) != 0;
}

void append(std::vector<std::string>& to, const std::vector<std::string>& more) { to.insert(to.end(), more.begin(), more.end()); }
void append(std::vector<std::string>& to, const Problems& problems) {
    for (const Problem& problem : problems) to.push_back(problem.text);
}

Policy policy_of(const Settings& settings) {
    Policy policy = settings.policy;
    policy.public_names = settings.public_names;  // those of certificates are known once these are opened
    return policy;
}

void warn_of_secret(const LdapSettings& ldap, Findings& findings) {
    if (!ldap.bind_password_file) return;
    std::error_code ignored;
    const auto permissions = std::filesystem::status(*ldap.bind_password_file, ignored).permissions();
    if ((permissions & std::filesystem::perms::others_read) == std::filesystem::perms::none) return;
    findings.warnings.push_back("directory.ldap.bind_password_file: everybody on this machine can read " +
                                ldap.bind_password_file->string() + "; make its mode 0600");
}

void ask_servers(const Settings& settings, Findings& findings) {
    const auto options = ldap_directory_options(settings);
    if (!options) {
        for (const Problem& problem : options.error()) findings.errors.push_back(problem.text);
        return;
    }
    if (!directory_mistakes(settings).empty()) {
        findings.warnings.emplace_back("--online: the directory was not asked, since serve would refuse the configuration");
        return;
    }
    boost::asio::io_context loop(1);
    const DirectoryFindings found = wait_for(loop, check_ldap_directory(*options));
    findings.facts = found.facts;
    append(findings.errors, found.errors);
    append(findings.warnings, found.warnings);
    const RelationshipTable fixed(settings.static_relationships);
    const RelationshipTable& relationships = found.relationships != nullptr ? *found.relationships : fixed;
    append(findings.warnings, relationship_notes(relationships, policy_of(settings)));
    warn_of_secret(settings.directory.ldap, findings);
}

void ask_exchange(const Settings& settings, Findings& findings) {
    auto options = exchange_watch_options(settings);
    if (!options) return findings.errors.push_back(options.error());
    boost::asio::io_context loop(1);
    const ExchangeFindings found = wait_for(loop, check_exchange_servers(std::move(*options)));
    append(findings.facts, found.facts);
    append(findings.errors, found.errors);
}

void look_at_relationships(const Settings& settings, Findings& findings) {
    const bool is_file = settings.directory.type == DirectoryType::file;
    const auto directory = is_file ? open_directory(settings) : Result<std::shared_ptr<Directory>, Problems>(nullptr);
    if (!directory) {
        for (const Problem& problem : directory.error()) findings.errors.push_back(problem.text);
        return;
    }
    const Policy policy = policy_of(settings);
    findings.warnings = is_file ? relationship_notes(*(*directory)->relationships(), policy)
                                : relationship_notes(RelationshipTable(settings.static_relationships), policy);
}

void look_at_certificates_of(const std::string& path, const TlsFiles& files, bool lab, Findings& findings) {
    constexpr std::int64_t seconds_a_day = 86400;
    constexpr std::int64_t soon_days = 14;
    std::error_code ignored;
    if (lab && !std::filesystem::exists(files.certificate, ignored)) return;  // it is made at start
    const std::string of_file = path + ": ";
    const auto loaded = load_server_tls(files.all(), nullptr, {});
    if (!loaded) {
        for (const std::string& error : loaded.error()) findings.errors.push_back(of_file + error);
        return;
    }
    for (const std::string& warning : loaded->warnings) findings.warnings.push_back(of_file + warning);
    for (const CertificateFacts& certificate : loaded->certificates) {
        const std::int64_t days = (certificate.not_after - std::time(nullptr)) / seconds_a_day;
        if (days >= soon_days || certificate.not_after <= std::time(nullptr)) continue;
        findings.warnings.push_back(path + ": the certificate " + certificate.file.string() + " expires in " +
                                    std::to_string(days) + " days");
    }
}

void look_at_certificates(const Settings& settings, Findings& findings) {
    for (std::size_t i = 0; i < settings.listeners.size(); ++i) {
        const auto& files = settings.listeners[i].tls;
        if (files) look_at_certificates_of("listeners[" + std::to_string(i) + "].tls", *files, settings.lab, findings);
    }
    if (settings.admin.tls) look_at_certificates_of("admin.tls", *settings.admin.tls, settings.lab, findings);
}

void look_for_our_names(const Settings& settings, Findings& findings) {
    if (!settings.public_names.empty()) return;
    const auto certificates = readable_certificates(settings);
    for (std::size_t i = 0; i < certificates.size(); ++i) {
        if (settings.listeners[i].tls && !certificates[i]) return;  // --online says why not
    }
    append(findings.errors, mistakes_of_names(public_names(settings, certificates)));
}

/// No mistake: where DNS has two faces, the published name leads to Exchange in here, and to us out there.
void look_for_a_loop(const Settings& settings, Findings& findings) {
    const auto names = public_names(settings, readable_certificates(settings));
    const auto& servers = settings.exchange->servers;
    for (std::size_t i = 0; i < servers.size(); ++i) {
        const std::string host = ExchangeServer::at(servers[i]).host;
        if (!host_matches(host, names)) continue;
        const std::string text = "exchange.servers[" + std::to_string(i) + "]: " + servers[i];
        const bool is_one = std::ranges::find(names, host) != names.end();
        findings.warnings.push_back(is_one ? text + " has one of our own names: should that lead from here to us, requests would go round; "
                                                    "give a name that is the server's alone, unless DNS here leads to Exchange for good"
                                           : text + " is one of our own names by a wildcard; say in public_names which are ours");
    }
}

void look_at_exchange(const Settings& settings, Findings& findings) {
    if (!settings.exchange) return;
    look_for_a_loop(settings, findings);
    if (settings.directory.type == DirectoryType::file && !settings.lab) {
        findings.warnings.emplace_back(
            "directory.type: file, in front of Exchange: a password that was changed in the domain and not in the file goes to "
            "Exchange with every request, wrong, and may lock the account; have the users in LDAP");
    }
}

void look_at_the_rest(const Settings& settings, Findings& findings) {
    append(findings.errors, directory_mistakes(settings));
    append(findings.errors, mistakes_of_admin_password(settings.admin));
    look_for_our_names(settings, findings);
    look_at_exchange(settings, findings);
    if (const auto allowed = check_privileges(settings); !allowed) findings.errors.push_back(allowed.error());
    if (settings.lab) findings.warnings.emplace_back("lab: true is not for production");
}

}  // namespace

int check(const std::filesystem::path& config, bool online, bool json) {
    Findings findings;
    const auto settings = load_settings(config);
    if (!settings) {
        for (const Mistake& mistake : settings.error()) findings.errors.push_back(to_string(mistake));
        return report(findings, is_unreadable(config) ? exit_configuration : exit_findings, json);
    }
    if (online && settings->directory.type == DirectoryType::ldap) {
        ask_servers(*settings, findings);
    } else {
        look_at_relationships(*settings, findings);
    }
    if (online) look_at_certificates(*settings, findings);
    if (online && settings->exchange) ask_exchange(*settings, findings);
    look_at_the_rest(*settings, findings);
    return report(findings, findings.errors.empty() ? exit_ok : exit_findings, json);
}

}  // namespace eas451
