// SPDX-License-Identifier: Apache-2.0
#include "online_check.hpp"

#include <ctime>

#include "eas451/io/directory/ldap_check.hpp"
#include "eas451/io/exchange/exchange_check.hpp"
#include "eas451/io/net/certificate_age.hpp"
#include "exchange_options.hpp"
#include "prerequisites.hpp"
#include "relationship_notes.hpp"
#include "target_findings.hpp"
#include "wait_for.hpp"

namespace eas451 {
namespace {

using Relationships = std::shared_ptr<const RelationshipTable>;

void warn_of_secret(const LdapSettings& ldap, Findings& findings) {
    if (!ldap.bind_password_file) return;
    std::error_code ignored;
    const auto permissions = std::filesystem::status(*ldap.bind_password_file, ignored).permissions();
    if ((permissions & std::filesystem::perms::others_read) == std::filesystem::perms::none) return;
    findings.warnings.push_back("directory.ldap.bind_password_file: everybody on this machine can read " +
                                ldap.bind_password_file->string() + "; take that right from others: chmod o-rwx");
}

/// Null: the directory's could not be read.
Relationships ask_directory(const Settings& settings, const Policy& policy, Seen& seen, Findings& findings) {
    const auto options = ldap_directory_options(settings);
    if (!options) {
        append(findings.errors, options.error());
        return nullptr;
    }
    if (!directory_mistakes(settings).empty()) {
        findings.warnings.emplace_back("--online: the directory was not asked, since serve would refuse the configuration");
        return nullptr;
    }
    boost::asio::io_context loop(1);
    const DirectoryFindings found = wait_for(loop, check_ldap_directory(*options));
    append(findings.facts, found.facts);
    append(findings.errors, found.errors);
    append(findings.warnings, found.warnings);
    seen.shows_moved_users = found.shows_moved_users;
    const bool are_all = found.relationships != nullptr || !settings.relationships_from_directory;
    const Relationships fixed = std::make_shared<const RelationshipTable>(settings.static_relationships);
    const Relationships& relationships = found.relationships != nullptr ? found.relationships : fixed;
    append(findings.warnings, relationship_notes(*relationships, policy));
    warn_of_secret(settings.directory.ldap, findings);
    return are_all ? relationships : nullptr;
}

void ask_exchange(const Settings& settings, Seen& seen, Findings& findings) {
    auto options = exchange_watch_options(settings);
    if (!options) {
        ++seen.exchange_errors;
        return findings.errors.push_back(options.error());
    }
    boost::asio::io_context loop(1);
    const ExchangeFindings found = wait_for(loop, check_exchange_servers(std::move(*options)));
    append(findings.facts, found.facts);
    append(findings.warnings, found.warnings);
    append(findings.errors, found.errors);
    seen.exchange_errors = found.errors.size();
    seen.exchange_versions = found.versions;
}

void look_at_certificates_of(const std::string& path, const TlsFiles& files, bool lab, Findings& findings) {
    std::error_code ignored;
    const auto exists = [&ignored](const std::filesystem::path& file) { return std::filesystem::exists(file, ignored); };
    if (lab && !exists(files.certificate) && !exists(files.key)) return;  // they are made at start
    const std::string of_file = path + ": ";
    const auto loaded = load_server_tls(files.all(), nullptr, {});
    if (!loaded) {
        for (const std::string& error : loaded.error()) findings.errors.push_back(of_file + error);
        return;
    }
    for (const std::string& warning : loaded->warnings) findings.warnings.push_back(of_file + warning);
    for (const CertificateFacts& certificate : loaded->certificates) {
        if (certificate.not_after <= std::time(nullptr)) {
            findings.errors.push_back(of_file + "the certificate " + certificate.file.string() + " has expired: no phone connects; renew it, and reload");
        }
        const auto soon = expires_soon(certificate.not_after, std::time(nullptr));
        if (soon) findings.warnings.push_back(of_file + "the certificate " + certificate.file.string() + " " + *soon);
    }
}

void look_at_certificates(const Settings& settings, Findings& findings) {
    for (std::size_t i = 0; i < settings.listeners.size(); ++i) {
        const auto& files = settings.listeners[i].tls;
        if (files) look_at_certificates_of("listeners[" + std::to_string(i) + "].tls", *files, settings.lab, findings);
    }
    if (settings.admin.tls) look_at_certificates_of("admin.tls", *settings.admin.tls, settings.lab, findings);
}

/// Opened or made by serve, with rights that may be other ones than ours.
void look_at_places(const Settings& settings, Findings& findings) {
    const auto look = [&findings](const std::string& key, const std::filesystem::path& file) {
        std::error_code ignored;
        const auto folder = std::filesystem::absolute(file, ignored).parent_path();
        if (!std::filesystem::is_directory(folder, ignored)) {
            findings.errors.push_back(key + ": there is no folder " + folder.string() + ", and serve does not make it");
        } else if (std::filesystem::is_directory(file, ignored)) {
            findings.errors.push_back(key + ": " + file.string() + " is a folder; name a file in it");
        }
    };
    if (settings.access_log_enabled && settings.access_log_path != "-") look("access_log.path", settings.access_log_path);
    const auto* unix_path = std::get_if<std::filesystem::path>(&settings.admin.where);
    if (settings.admin.enabled && unix_path != nullptr) look("admin.unix", *unix_path);
}

}  // namespace

void check_online(const Settings& settings, const Policy& policy, Relationships relationships, Findings& findings) {
    Seen seen;
    seen.has_exchange = settings.exchange.has_value();
    seen.wants_directory = settings.relationships_from_directory;
    if (settings.directory.type == DirectoryType::ldap) relationships = ask_directory(settings, policy, seen, findings);
    look_at_certificates(settings, findings);
    look_at_places(settings, findings);
    if (settings.exchange) ask_exchange(settings, seen, findings);
    // Those of the configuration can be tried whatever the directory says.
    const RelationshipTable fixed(settings.static_relationships);
    seen.targets = look_at_targets(settings, policy, relationships != nullptr ? *relationships : fixed, findings);
    seen.relationships = relationships.get();
    findings.prerequisites = prerequisites(seen, policy);
}

}  // namespace eas451
