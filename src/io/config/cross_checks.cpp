// SPDX-License-Identifier: Apache-2.0
#include "cross_checks.hpp"

#include <sys/un.h>

#include <algorithm>
#include <boost/url/parse.hpp>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "eas451/io/document/file_kind.hpp"

namespace eas451 {
namespace {

std::string item(std::string_view list, std::size_t index) {
    return std::string(list) + '[' + std::to_string(index) + ']';
}

std::string line_of(const SettingsReader& reader, const std::string& path) {
    return "line " + std::to_string(reader.place_of(path).line);
}

/// Whether the second of them cannot be opened beside the first.
bool are_one(const BindAddress& a, const BindAddress& b) {
    const auto is_all_of = [](const BindAddress& all, const BindAddress& other) {
        const bool is_version_6 = other.address.find(':') != std::string::npos;
        return all.address == (is_version_6 ? "::" : "0.0.0.0");
    };
    return a.port == b.port && a.port != 0 && (a.address == b.address || is_all_of(a, b) || is_all_of(b, a));
}

void check_listener(const ListenerSettings& listener, const std::string& path, SettingsReader& reader) {
    const bool has_proxies = !listener.trusted_proxies.empty() || reader.is_wrong(path + ".trusted_proxies");
    const bool tls_is_wrong = reader.is_wrong(path + ".tls") || reader.is_wrong(path + ".bind");
    if (!listener.tls && !tls_is_wrong && !has_proxies && !listener.bind.is_loopback()) {
        reader.complain(path + ".tls", "off, though " + listener.bind.to_string() +
                                           " is not loopback; give a certificate and key, or name the proxies that "
                                           "speak TLS for us in trusted_proxies");
    }
    if (listener.proxy_protocol && !has_proxies) {
        reader.complain(path + ".proxy_protocol",
                        "on, though no proxy is trusted; name the proxies in trusted_proxies, or switch it off");
    }
}

void check_listeners(const Settings& settings, SettingsReader& reader) {
    if (reader.is_given("listeners") && settings.listeners.empty() && !reader.is_wrong("listeners")) {
        reader.complain("listeners", "empty; give at least one, as in - bind: \"127.0.0.1:8443\"");
    }
    std::vector<std::pair<BindAddress, std::string>> seen;  // with their paths
    for (std::size_t i = 0; i < settings.listeners.size(); ++i) {
        const ListenerSettings& listener = settings.listeners[i];
        const std::string path = item("listeners", i);
        if (!reader.is_given(path + ".bind")) continue;
        check_listener(listener, path, reader);
        if (listener.bind.port == 0 || reader.is_wrong(path + ".bind")) continue;
        const auto first = std::ranges::find_if(seen, [&](const auto& other) { return are_one(other.first, listener.bind); });
        if (first != seen.end()) {
            const std::string what = first->first.address == listener.bind.address ? " is already in " : " is taken with " + first->first.to_string() + " in ";
            reader.complain(path + ".bind", listener.bind.to_string() + what + line_of(reader, first->second) +
                                                "; give each listener an address or port of its own");
        }
        seen.emplace_back(listener.bind, path + ".bind");
    }
}

/// Certificates name us too, but only those of listeners: without a name a loop could not be told.
void check_public_names(const Settings& settings, SettingsReader& reader) {
    if (!settings.public_names.empty() || reader.is_wrong("public_names") || reader.is_wrong("listeners")) return;
    for (const ListenerSettings& listener : settings.listeners) {
        if (listener.tls) return;
    }
    reader.complain("public_names", reader.place_of(reader.is_given("public_names") ? "public_names" : "listeners"),
                    "empty, and no listener has a certificate that names us; give our own names, as in "
                    "[mail.contoso.com], so that a redirect can be told from a loop");
}

void check_admin_place(const Settings& settings, SettingsReader& reader) {
    constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
    const AdminSettings& admin = settings.admin;
    if (const auto* file = std::get_if<std::filesystem::path>(&admin.where)) {
        if (file->native().size() > longest) {
            reader.complain("admin.unix", file->string() + " is longer than the " + std::to_string(longest) +
                                              " bytes that a socket's path may have; give a shorter one");
        }
        return;
    }
    const auto& bind = std::get<BindAddress>(admin.where);
    for (std::size_t i = 0; i < settings.listeners.size(); ++i) {
        if (!are_one(bind, settings.listeners[i].bind) || reader.is_wrong(item("listeners", i) + ".bind")) continue;
        const std::string path = reader.is_given("admin.bind") ? "admin.bind" : item("listeners", i) + ".bind";
        reader.complain(path, "the admin listener, " + bind.to_string() + ", and " + item("listeners", i) + ", " +
                                  settings.listeners[i].bind.to_string() + ", cannot both be there; give admin.bind another port");
    }
}

void check_admin(const Settings& settings, SettingsReader& reader) {
    const AdminSettings& admin = settings.admin;
    if (!admin.enabled || reader.is_wrong("admin.bind")) return;
    if (reader.is_given("admin.bind") && reader.is_given("admin.unix")) {
        reader.complain("admin.unix", "given beside admin.bind; leave one of them out");
        return;
    }
    check_admin_place(settings, reader);
    const auto* const bind = std::get_if<BindAddress>(&admin.where);
    if (bind == nullptr || bind->is_loopback()) return;
    const bool has_password = admin.password_hash_file || reader.is_wrong("admin.password_hash_file");
    const bool has_tls = admin.tls || reader.is_wrong("admin.tls");
    if (has_password && has_tls) return;
    const std::string missing = has_password ? "admin.tls"
                                : has_tls    ? "admin.password_hash_file"
                                             : "admin.password_hash_file and admin.tls";
    reader.complain("admin.bind", bind->to_string() + " is not loopback; give " + missing + " too");
}

/// The defaults may stand there, as they do in what `config show` prints.
bool is_lockout_changed(const DirectorySettings& settings) {
    const auto lockout = [](const DirectorySettings& of) {
        return std::tie(of.lockout_threshold, of.lockout_observation_window, of.lockout_replicas, of.lockout_users_per_address,
                        of.lockout_address_recovers);
    };
    const DirectorySettings defaults;
    return lockout(settings) != lockout(defaults);
}

void check_file_directory(const std::filesystem::path& file, SettingsReader& reader) {
    if (reader.is_wrong("directory.file")) return;
    if (file.empty()) {
        reader.complain("directory.type", "file, though directory.file is missing; give its path");
        return;
    }
    if (file_kind(file)) return;
    reader.complain("directory.file", "'" + file.filename().string() + "' has no known ending; the file must end in " +
                                          std::string(known_endings));
}

/// With the authorities of the system, whoever forges an answer of DNS could name a server of his own, which has
/// an honest certificate, and would be told the passwords.
void check_discovery(const LdapSettings& ldap, SettingsReader& reader) {
    constexpr std::size_t most_name_servers = 3;  // of the C library (MAXNS)
    if (ldap.name_servers.size() > most_name_servers) {
        reader.complain("directory.ldap.name_servers", "more than 3; leave out those that are asked last");
    }
    const std::string list = "directory.ldap.servers";
    if (ldap.ca_file || reader.is_wrong("directory.ldap.ca_file") || reader.is_wrong(list)) return;
    for (std::size_t i = 0; i < ldap.servers.size(); ++i) {
        if (!ldap.servers[i].starts_with("srv:")) continue;
        reader.complain(item(list, i), ldap.servers[i] + " without ca_file; DNS may be forged, so give the authority of "
                                                         "the domain controllers in directory.ldap.ca_file");
    }
}

/// Whoever moved the one port has moved the other, and where to is not ours to guess.
void check_catalog(const LdapSettings& ldap, SettingsReader& reader) {
    const std::string port_path = "directory.ldap.global_catalog_port";
    if (!ldap.global_catalog && reader.is_given(port_path) && !reader.is_wrong("directory.ldap.global_catalog")) {
        reader.complain(port_path, "given, though global_catalog is off; switch it on, or leave the port out");
    }
    if (!ldap.global_catalog || reader.is_given(port_path)) return;
    if (reader.is_wrong("directory.ldap.servers")) return;
    for (std::size_t i = 0; i < ldap.servers.size(); ++i) {
        const auto url = boost::urls::parse_uri(ldap.servers[i]);
        if (!url || !url->has_port()) continue;
        const bool is_usual = url->port_number() == (url->scheme() == "ldaps" ? 636 : 389);
        if (is_usual) continue;
        reader.complain(item("directory.ldap.servers", i),
                        ldap.servers[i] + " has a port of its own, so that of its global catalog is not known; give "
                                          "global_catalog_port, or leave this port out (users are looked up at 3269, or "
                                          "3268 for ldap://, and the rest at 636 or 389)");
    }
}

void check_ldap(const LdapSettings& ldap, SettingsReader& reader) {
    check_catalog(ldap, reader);
    if (ldap.servers.empty() && !reader.is_wrong("directory.ldap.servers")) {
        const std::string by_default = reader.is_given("directory.type") ? "" : " (the default; for a file write type: file)";
        reader.complain("directory.ldap.servers", "missing, though directory.type is ldap" + by_default +
                                                      "; give one or more, as in [ldaps://dc1.contoso.com]");
    }
    check_discovery(ldap, reader);
    const bool has_name = !ldap.bind_name.empty();
    const bool has_password = ldap.bind_password_file.has_value();
    const bool is_wrong =
        reader.is_wrong("directory.ldap.bind_name") || reader.is_wrong("directory.ldap.bind_password_file");
    if (has_name == has_password || is_wrong) return;
    if (has_name) {
        reader.complain("directory.ldap.bind_name", "given without bind_password_file; give both or neither");
    } else {
        reader.complain("directory.ldap.bind_password_file", "given without bind_name; give both or neither");
    }
}

/// Whoever asks while a directory is silent is to be told to come back, and not cut off.
void check_held(const Settings& settings, SettingsReader& reader) {
    if (settings.limits.held > settings.directory.deadline) return;
    if (reader.is_wrong("limits.held") || reader.is_wrong("directory.deadline")) return;
    reader.complain(reader.is_given("limits.held") ? "limits.held" : "directory.deadline",
                    "limits.held is not above directory.deadline, so that a silent directory would cut connections "
                    "instead of being an outage; make limits.held longer, or directory.deadline shorter");
}

void check_directory(const Settings& settings, SettingsReader& reader) {
    if (!settings.authenticate && !settings.lab) {
        reader.complain("authentication.basic", "off outside the lab; set it to directory, or lab: true");
    }
    if (reader.is_wrong("directory.type")) return;
    if (settings.directory.type == DirectoryType::file) {
        if (is_lockout_changed(settings.directory)) {
            reader.complain("directory.lockout", "has no effect with directory.type file: there is no lockout shield for a "
                                                 "file; leave it out, or have the users in LDAP");
        }
        check_file_directory(settings.directory.file, reader);
    } else {
        check_ldap(settings.directory.ldap, reader);
    }
}

void check_relationship_times(const Settings& settings, SettingsReader& reader) {
    const std::string refresh = "organization_relationships.refresh";
    if (!settings.relationships_from_directory || settings.relationships_refresh < settings.relationships_max_age) return;
    if (reader.is_wrong(refresh) || reader.is_wrong("organization_relationships.max_age")) return;
    reader.complain(reader.is_given(refresh) ? refresh : "organization_relationships.max_age",
                    "refresh is not below max_age, so that relationships would be too old between two readings; make "
                    "refresh a fraction of max_age");
}

void check_relationships(const Settings& settings, SettingsReader& reader) {
    check_relationship_times(settings, reader);
    const std::string list = "organization_relationships.static";
    std::map<std::string, std::string> seen;  // domain, path
    for (std::size_t i = 0; i < settings.static_relationships.size(); ++i) {
        const std::string path = item(list, i) + ".domain_names";
        const auto& domains = settings.static_relationships[i].domain_names;
        if (reader.is_wrong(path)) continue;
        if (domains.empty()) reader.complain(path, "empty; give at least one domain");
        for (std::size_t j = 0; j < domains.size(); ++j) {
            const auto [first, is_new] = seen.emplace(domains[j], item(path, j));
            if (is_new) continue;
            reader.complain(item(path, j), "'" + domains[j] + "' is already in " + line_of(reader, first->second) +
                                               "; a domain stands in one relationship, once");
        }
    }
}

void check_exchange(const ExchangeSettings& exchange, SettingsReader& reader) {
    constexpr std::size_t most_servers = 16;  // ExchangeServers::most
    const std::string list = "exchange.servers";
    if (reader.is_wrong(list)) return;
    if (exchange.servers.empty()) reader.complain(list, "empty; give one or more, as in [https://ex1.contoso.com]");
    if (exchange.servers.size() > most_servers) reader.complain(list, "more than 16; leave some out");
    std::map<std::string, std::string> seen;  // server, path
    for (std::size_t i = 0; i < exchange.servers.size(); ++i) {
        const auto [first, is_new] = seen.emplace(exchange.servers[i], item(list, i));
        if (is_new || reader.is_wrong(item(list, i))) continue;
        reader.complain(item(list, i), exchange.servers[i] + " is already in " + line_of(reader, first->second) +
                                           "; name each server once");
    }
}

}  // namespace

void check_together(const Settings& settings, SettingsReader& reader) {
    check_listeners(settings, reader);
    check_public_names(settings, reader);
    check_admin(settings, reader);
    check_directory(settings, reader);
    check_held(settings, reader);
    check_relationships(settings, reader);
    if (settings.exchange) check_exchange(*settings.exchange, reader);
}

}  // namespace eas451
