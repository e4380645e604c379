// SPDX-License-Identifier: Apache-2.0
// Settings: the configuration file as a value. One table (src/io/config/settings_table.cpp) holds
// every key with its type, default, range and text; parser, defaults, `config show`, the reference
// and the JSON Schema are all made from it.
//
// Immutable once loaded; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "eas451/core/access_record.hpp"
#include "eas451/core/organization_relationship.hpp"
#include "eas451/core/policy.hpp"
#include "eas451/core/result.hpp"
#include "eas451/io/config/key_places.hpp"
#include "eas451/io/document/document.hpp"
#include "eas451/io/net/certificate_files.hpp"
#include "eas451/io/runtime/log_level.hpp"

namespace eas451 {

/// An address to listen on; port 0 is any free port.
struct BindAddress {
    std::string address;  // IPv4, or IPv6 without brackets
    std::uint16_t port = 0;
    [[nodiscard]] bool is_loopback() const;
    [[nodiscard]] std::string to_string() const;  // "127.0.0.1:8443", "[::1]:8443"
};

struct TlsFiles : CertificateFiles {
    std::vector<CertificateFiles> others;
    /// In the order of the file; the first is for clients that ask for no name of ours.
    [[nodiscard]] std::vector<CertificateFiles> all() const {
        std::vector<CertificateFiles> files{*this};
        files.insert(files.end(), others.begin(), others.end());
        return files;
    }
};

struct ListenerSettings {
    BindAddress bind;
    std::optional<TlsFiles> tls;  // absent: `tls: off`
    std::vector<std::string> trusted_proxies;  // CIDRs, checked
    bool proxy_protocol = false;
};

struct AdminSettings {
    bool enabled = true;
    std::variant<BindAddress, std::filesystem::path> where = BindAddress{"127.0.0.1", 9451};
    std::optional<std::filesystem::path> password_hash_file;
    std::optional<TlsFiles> tls;
};

enum class DirectoryType : std::uint8_t { ldap, file };

struct LdapSettings {
    std::vector<std::string> servers;
    std::vector<std::string> name_servers;  // ADDRESS:PORT, asked for srv: alone; empty: those of /etc/resolv.conf
    std::optional<std::filesystem::path> ca_file;
    std::string bind_name;
    std::optional<std::filesystem::path> bind_password_file;
    std::string base;  // empty: rootDSE defaultNamingContext
    std::map<std::string, std::string> netbios_domains;
    bool global_catalog = false;
    std::optional<std::uint16_t> global_catalog_port;  // absent: 3269, or 3268 with StartTLS
    std::string user_filter = "(&(objectCategory=person)(objectClass=user))";
    std::map<std::string, std::string> attributes;  // recipient_attributes to the names of another schema
    std::string relationships_base;  // empty: below rootDSE configurationNamingContext
};

struct DirectorySettings {
    DirectoryType type = DirectoryType::ldap;
    std::chrono::milliseconds deadline{5000};
    std::filesystem::path file;
    LdapSettings ldap;
    std::chrono::milliseconds cache_ttl{300000};
    std::chrono::milliseconds cache_negative_ttl{30000};
    std::chrono::milliseconds cache_login_ttl{600000};
    std::chrono::milliseconds cache_stale_local{900000};
    std::uint32_t cache_max_entries = 100000;
    std::optional<std::uint32_t> lockout_threshold;  // nothing: the domain's own
    std::optional<std::chrono::milliseconds> lockout_observation_window;
    std::uint32_t lockout_replicas = 1;
    std::uint32_t lockout_users_per_address = 10;
    std::chrono::milliseconds lockout_address_recovers{6000};
};

struct ExchangeSettings {
    std::vector<std::string> servers;
    std::optional<std::filesystem::path> ca_file;
    std::uint64_t max_body = 64ULL << 20U;
};

/// Every wait, count and size of the server (law 7).
struct LimitSettings {
    std::chrono::milliseconds proxy_header{5000};  // a PROXY header, before the handshake
    std::chrono::milliseconds handshake{10000};  // TLS handshake
    std::chrono::milliseconds ticket_lifetime{7200000};  // of a TLS session without a full handshake
    std::chrono::milliseconds head{15000};       // from the first byte of a head to its end
    std::chrono::milliseconds body{60000};       // reading a body that is thrown away
    std::chrono::milliseconds body_grace{10000};  // before body_rate is asked of a body
    std::uint64_t body_rate = 256;               // bytes a second; 0: none
    std::chrono::milliseconds idle{120000};      // between two requests
    std::chrono::milliseconds write{30000};      // one answer
    std::chrono::milliseconds total{300000};     // a request, from its first byte to its answer's last
    std::chrono::milliseconds held{3600000};     // until an answer is there; not part of total
    std::chrono::milliseconds drain{30000};      // from SIGTERM to the end
    std::uint32_t connections = 16000;           // in all
    std::uint32_t unauthenticated_per_address = 100;  // of one address, before the first right password; 0: any
    std::uint32_t handshakes = 1000;             // in all, at once
    std::chrono::milliseconds exchange_check{10000};   // between two health checks of an Exchange server that is up
    std::chrono::milliseconds exchange_idle{60000};    // a connection without a request
    std::chrono::milliseconds exchange_connect{5000};  // to connect to one, TLS included; and for the answer to a check
};

struct Settings {
    std::filesystem::path file;  // where it was read from; relative paths are already resolved
    KeyPlaces places;            // of what that file gives
    std::vector<ListenerSettings> listeners;
    std::vector<std::string> public_names;  // lower-case; empty: the certificates' names
    unsigned workers = 0;  // 0: auto, one per core
    std::string user;      // empty: stay who we are
    bool lab = false;
    AdminSettings admin;
    bool authenticate = true;  // authentication.basic: directory; false: off
    std::string realm;     // empty: the first public name
    std::chrono::milliseconds refusal_delay{100};  // from a request to its 401 of ours, at the least
    bool smtp_logins = false;                      // a mail address that is no UPN is a login too
    DirectorySettings directory;
    bool relationships_from_directory = true;
    std::chrono::milliseconds relationships_max_age{3600000};
    std::chrono::milliseconds relationships_refresh{60000};
    std::vector<OrganizationRelationship> static_relationships;
    std::optional<std::filesystem::path> targets_ca_file;  // for check --online alone; empty: the system's
    /// Everything under `redirect`, and what else decisions need; public_names are filled in by the
    /// server, which knows the certificates.
    Policy policy;
    std::optional<ExchangeSettings> exchange;
    LimitSettings limits;
    bool access_log_enabled = true;
    AccessLogFormat access_log_format = AccessLogFormat::w3c;
    std::string access_log_path = "-";
    LogLevel log_level = LogLevel::info;
    LogFormat log_format = LogFormat::text;
    std::vector<std::string> trace_users;  // of named_users(); empty: nobody
    std::chrono::milliseconds trace_for{3600000};
};

/// Reads and checks a configuration: YAML or JSON by content. Every mistake of the file in one run,
/// in the order of the file: unknown and duplicate keys, wrong types, values out of range, and what
/// does not go together. Opens no other file.
Result<Settings, std::vector<Mistake>> load_settings(const std::filesystem::path& file);
Result<Settings, std::vector<Mistake>> parse_settings(std::string_view text, const std::filesystem::path& file);

/// The effective configuration as YAML that load_settings() reads back; secrets are only ever named
/// by file, so nothing has to be masked but what looks like a password in a URL.
std::string show_settings(const Settings& settings);
/// The same as one JSON object.
std::string show_settings_json(const Settings& settings);
/// docs/configuration.md, from the table.
std::string settings_reference();
/// JSON Schema (draft 2020-12) for editors, from the table.
std::string settings_schema();

}  // namespace eas451
