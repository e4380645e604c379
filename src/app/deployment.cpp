// SPDX-License-Identifier: Apache-2.0
#include "deployment.hpp"

#include <algorithm>
#include <ctime>
#include <iterator>
#include <system_error>

#include "eas451/core/answer.hpp"
#include "eas451/io/directory/file_directory.hpp"
#include "eas451/io/directory/ldap_directory.hpp"
#include "eas451/io/directory/password_hash.hpp"
#include "eas451/io/document/secret_file.hpp"
#include "eas451/io/log/log.hpp"
#include "eas451/io/net/tls_context.hpp"
#include "exchange_options.hpp"

namespace eas451 {
namespace {

/// Everything of the settings that the LDAP directory needs; `problems` gets what cannot be read.
LdapDirectoryOptions ldap_options(const Settings& settings, Problems& problems) {
    const LdapSettings& ldap = settings.directory.ldap;
    LdapDirectoryOptions options;
    options.servers = ldap.servers;
    options.name_servers = ldap.name_servers;
    if (auto tls = make_client_context(ldap.ca_file)) {
        options.tls = std::move(*tls);
    } else {
        problems.push_back({Problem::Kind::configuration, "directory.ldap.ca_file: " + tls.error()});
    }
    options.bind_name = ldap.bind_name;
    if (ldap.bind_password_file) {
        if (auto password = read_secret_file(*ldap.bind_password_file)) {
            options.bind_password = std::make_shared<const Secret>(std::move(*password));
        } else {
            problems.push_back({Problem::Kind::configuration, "directory.ldap.bind_password_file: " + password.error()});
        }
    }
    options.base = ldap.base;
    options.relationships_base = ldap.relationships_base;
    options.netbios_domains = ldap.netbios_domains;
    options.global_catalog = ldap.global_catalog;
    options.global_catalog_port = ldap.global_catalog_port.value_or(0);
    options.user_filter = ldap.user_filter;
    options.attributes = ldap.attributes;
    options.smtp_logins = settings.smtp_logins;
    options.deadline = settings.directory.deadline;
    options.realm = settings.realm;
    options.ttl = settings.directory.cache_ttl;
    options.negative_ttl = settings.directory.cache_negative_ttl;
    options.login_ttl = settings.directory.cache_login_ttl;
    options.stale_local = settings.directory.cache_stale_local;
    options.max_entries = settings.directory.cache_max_entries;
    options.lockout.threshold = settings.directory.lockout_threshold;
    if (const auto window = settings.directory.lockout_observation_window) {
        options.lockout.observation_window = std::chrono::ceil<std::chrono::seconds>(*window);
    }
    options.replicas = settings.directory.lockout_replicas;
    options.failing_users_per_address = settings.directory.lockout_users_per_address;
    options.failing_user_leaves_after = settings.directory.lockout_address_recovers;
    options.static_relationships = settings.static_relationships;
    options.relationships_from_directory = settings.relationships_from_directory;
    options.relationships_max_age = settings.relationships_max_age;
    options.relationships_refresh = settings.relationships_refresh;
    return options;
}

}  // namespace

Problems directory_mistakes(const Settings& settings) {
    Problems problems;
    if (settings.directory.type != DirectoryType::ldap) return problems;
    if (!is_ldap_filter(settings.directory.ldap.user_filter)) {
        problems.push_back({Problem::Kind::configuration,
                            "directory.ldap.user_filter: " + settings.directory.ldap.user_filter + " is no LDAP filter"});
    }
    return problems;
}

namespace {

Result<std::shared_ptr<Directory>, Problems> open_ldap_directory(const Settings& settings) {
    if (Problems mistakes = directory_mistakes(settings); !mistakes.empty()) return mistakes;
    auto options = ldap_directory_options(settings);
    if (!options) return options.error();
    return make_ldap_directory(std::move(*options));
}

/// The lab's certificate is made on the first start, so that nobody needs openssl to try the server, and
/// again when it has expired. A file that somebody else put there is never touched.
bool wants_lab_certificate(const TlsFiles& files) {
    std::error_code ignored;
    const bool has_certificate = std::filesystem::exists(files.certificate, ignored);
    if (!has_certificate && !std::filesystem::exists(files.key, ignored)) return true;
    if (!has_certificate) return false;
    const auto loaded = load_server_tls({CertificateFiles(files)}, nullptr, {});
    return loaded && loaded->certificates.front().is_lab_made && loaded->not_after() <= std::time(nullptr);
}

void make_lab_certificate_if_wanted(const Settings& settings, const TlsFiles& files, Problems& problems) {
    if (!settings.lab || !wants_lab_certificate(files)) return;
    if (const auto made = make_lab_certificate(files.certificate, files.key, settings.public_names); !made) {
        problems.push_back({Problem::Kind::unavailable, made.error()});
        return;
    }
    log::always("lab: made a self-signed certificate, " + files.certificate.string());
}

std::optional<ServerTls> open_certificates(const Settings& settings, const std::optional<TlsFiles>& files,
                                           const std::shared_ptr<TicketKeys>& tickets, Problems& problems) {
    if (!files) return std::nullopt;
    make_lab_certificate_if_wanted(settings, *files, problems);
    auto loaded = load_server_tls(files->all(), tickets, settings.limits.ticket_lifetime);
    if (loaded) {
        for (const std::string& warning : loaded->warnings) log::warning(warning);
        return std::move(*loaded);
    }
    for (std::string& error : loaded.error()) problems.push_back({Problem::Kind::unavailable, std::move(error)});
    return std::nullopt;
}

/// A wildcard of a certificate is no name to show to a user.
std::string realm_of(const std::string& public_name) {
    constexpr std::string_view wildcard = "*.";
    return public_name.starts_with(wildcard) ? public_name.substr(wildcard.size()) : public_name;
}

Problems texts(const std::vector<Mistake>& mistakes) {
    Problems problems;
    for (const Mistake& mistake : mistakes) {
        problems.push_back({Problem::Kind::configuration, (mistake.is_unreadable ? "directory.file: " : "") + to_string(mistake)});
    }
    return problems;
}

}  // namespace

Result<std::shared_ptr<const LdapDirectoryOptions>, Problems> ldap_directory_options(const Settings& settings) {
    Problems problems;
    auto options = std::make_shared<const LdapDirectoryOptions>(ldap_options(settings, problems));
    if (!problems.empty()) return problems;
    return options;
}

Result<std::shared_ptr<Directory>, Problems> open_directory(const Settings& settings) {
    if (settings.directory.type == DirectoryType::ldap) return open_ldap_directory(settings);
    if (Problems mistakes = mistakes_of_directory_file(settings); !mistakes.empty()) return mistakes;
    auto opened = open_file_directory({settings.directory.file, settings.static_relationships, settings.relationships_from_directory,
                                       settings.smtp_logins});
    if (!opened) return texts(opened.error());
    return std::move(*opened);
}

Problems mistakes_of_directory_file(const Settings& settings) {
    std::error_code ignored;
    const auto status = std::filesystem::status(settings.directory.file, ignored);
    if (std::filesystem::is_regular_file(status)) return {};
    const std::string why = std::filesystem::exists(status) ? "it is no regular file" : "there is no such file";
    return {{Problem::Kind::configuration, "directory.file: " + settings.directory.file.string() + ": " + why}};
}

std::vector<std::string> public_names(const Settings& settings,
                                      const std::vector<std::optional<ServerTls>>& certificates) {
    std::vector<std::string> names = settings.public_names;
    if (!names.empty()) return names;
    for (const auto& certificate : certificates) {
        if (!certificate) continue;
        for (const CertificateFacts& one : certificate->certificates) names.insert(names.end(), one.names.begin(), one.names.end());
    }
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

Problems mistakes_of_names(const std::vector<std::string>& names) {
    if (!names.empty()) return {};
    return {{Problem::Kind::configuration,
             "public_names: not given, and no certificate names us; a redirect could not be told from a loop"}};
}

std::vector<std::optional<ServerTls>> readable_certificates(const Settings& settings) {
    std::vector<std::optional<ServerTls>> certificates(settings.listeners.size());
    for (std::size_t i = 0; i < certificates.size(); ++i) {
        const auto& files = settings.listeners[i].tls;
        if (!files) continue;
        if (auto loaded = load_server_tls(files->all(), nullptr, {})) certificates[i] = std::move(*loaded);
    }
    return certificates;
}

Result<Secret, std::string> read_admin_hash(const std::filesystem::path& file) {
    auto line = read_secret_file(file);
    if (!line) return line;
    std::string_view hash = line->reveal();
    while (hash.ends_with(' ') || hash.ends_with('\t')) hash.remove_suffix(1);
    if (is_password_hash(hash)) return Secret(std::string(hash));
    return {boost::system::in_place_error, "the first line of " + file.string() + " is no hash; `eas451 hash-password` makes one"};
}

Problems mistakes_of_admin_password(const AdminSettings& admin) {
    if (!admin.enabled || !admin.password_hash_file) return {};
    const auto hash = read_admin_hash(*admin.password_hash_file);
    if (hash) return {};
    return {{Problem::Kind::configuration, "admin.password_hash_file: " + hash.error()}};
}

Result<std::shared_ptr<const Deployment>, Problems> build_deployment(Settings settings, TakenOver former) {
    auto made = std::make_shared<Deployment>();
    made->tickets = former.tickets != nullptr ? std::move(former.tickets) : std::make_shared<TicketKeys>(settings.limits.ticket_lifetime);
    made->trace = UserTrace::of(settings, std::move(former.trace));
    Problems problems = directory_mistakes(settings);
    const bool can_open_directory = problems.empty();
    for (const ListenerSettings& listener : settings.listeners) {
        made->certificates.push_back(open_certificates(settings, listener.tls, made->tickets, problems));
        made->admissions.emplace_back(listener);
    }
    made->admin_certificate = open_certificates(settings, settings.admin.tls, made->tickets, problems);
    if (settings.exchange) {
        if (auto options = exchange_watch_options(settings); options) {
            made->exchange = std::move(*options);
        } else {
            problems.push_back({Problem::Kind::unavailable, options.error()});
        }
    }
    made->policy = settings.policy;
    made->policy.public_names = public_names(settings, made->certificates);
    if (problems.empty()) problems = mistakes_of_names(made->policy.public_names);
    std::ranges::copy(mistakes_of_admin_password(settings.admin), std::back_inserter(problems));
    auto directory = can_open_directory ? open_directory(settings) : Result<std::shared_ptr<Directory>, Problems>(nullptr);
    if (directory) {
        made->directory = std::move(*directory);
    } else {
        const Problems found = directory.error();  // it returns a copy each time
        problems.insert(problems.end(), found.begin(), found.end());
    }
    if (!problems.empty()) return problems;
    made->challenges = challenge_lines(settings.realm.empty() ? realm_of(made->policy.public_names.front()) : settings.realm);
    made->settings = std::move(settings);
    return std::shared_ptr<const Deployment>(std::move(made));
}

}  // namespace eas451
