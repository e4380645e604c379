// SPDX-License-Identifier: Apache-2.0
// What a good configuration becomes.
#include "eas451/io/config/settings.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

namespace eas451 {
namespace {

using namespace std::chrono_literals;

const std::string minimal =
    "listeners: [{bind: \"127.0.0.1:0\", tls: {certificate: a, key: b}}]\ndirectory: {type: file, file: d.yaml}\n";

Settings settings_of(std::string_view text) {
    auto result = parse_settings(text, "/etc/eas451/eas451.yaml");
    if (result.has_value()) return *std::move(result);
    for (const Mistake& mistake : result.error()) ADD_FAILURE() << to_string(mistake);
    return {};
}
Settings with(const std::string& more) {
    return settings_of(minimal + more);
}

constexpr std::string_view every_key = R"(
listeners:
  - bind: "0.0.0.0:443"
    tls: {certificate: tls.crt, key: /keys/tls.key}
    trusted_proxies: [10.0.0.0/8, "2001:DB8::/32", 192.0.2.1]
    proxy_protocol: yes
  - bind: "[::1]:8443"
    tls: off
  - bind: "[::1]:8444"
    tls:
      certificate: tls.crt
      key: tls.key
      ocsp_response: tls.ocsp
      others:
        - {certificate: b.crt, key: b.key}
        - {certificate: /c.crt, key: c.key, ocsp_response: c.ocsp}
public_names: [Mail.Contoso.com, "*.contoso.com"]
workers: 3
user: eas451
lab: on
admin: {bind: "10.1.2.3:9000", password_hash_file: hash, tls: {certificate: a.crt, key: a.key}}
authentication: {basic: off, realm: "Contoso mail"}
directory:
  type: ldap
  deadline: 7s
  file: users.ldif
  ldap:
    servers: [ldaps://DC1.contoso.com, "ldap://dc2.contoso.com:3890", srv:contoso.com]
    name_servers: [10.0.0.53, "[2001:DB8::35]", "127.0.0.1:5353"]
    ca_file: ca.pem
    bind_name: svc@contoso.com
    bind_password_file: secret
    base: DC=contoso,DC=com
    netbios_domains: {CONTOSO: Contoso.com, FABRIKAM: fabrikam.com}
    global_catalog: true
    global_catalog_port: 3891
    user_filter: (objectClass=inetOrgPerson)
    attributes: {samaccountname: uid, userPrincipalName: mail}
    relationships_base: CN=Exchange
  cache: {ttl: 1m, negative_ttl: 2s, login_ttl: 3s, stale_local: 0s, max_entries: 1000}
organization_relationships:
  from_directory: no
  max_age: 2h
  refresh: 4s
  static:
    - name: Office 365
      domain_names: [Contoso.mail.onmicrosoft.com, contoso.onmicrosoft.com]
      target_owa_url: https://outlook.office.com/mail
      eas_url: https://mail.fabrikam.com/Microsoft-Server-ActiveSync
      minimum_protocol_version: "16.1"
    - name: bare
      domain_names: [bare.example]
redirect:
  mode: report
  only_users: [Zoe@contoso.com, adam@CONTOSO.com, zoe@contoso.com]
  minimum_protocol_version: 14.1
  skip: {user_agents: [Old/1], device_types: [BB10]}
  location: target_owa_url
  allowed_hosts: [Outlook.office365.com]
exchange: {servers: ["https://EX1.contoso.com", "https://[2001:db8::1]:8443"], ca_file: ex.pem, max_body: 1MiB}
limits: {handshake: 1s, head: 2s, body: 3s, idle: 4s, write: 5s, drain: 6s, connections: 7, total: 8s, held: 9s,
         body_rate: 10, body_grace: 11s, proxy_header: 12s, unauthenticated_per_address: 13, handshakes: 14, exchange_check: 15s, exchange_connect: 16s,
         ticket_lifetime: 8s}
access_log: {format: json, path: log/access.log}
log: {level: debug, format: json}
)";

TEST(Settings, ListenersAndTheProcess) {
    const Settings s = settings_of(every_key);
    ASSERT_EQ(s.listeners.size(), 3U);
    EXPECT_EQ(s.file, "/etc/eas451/eas451.yaml");
    EXPECT_EQ(s.listeners[0].bind.to_string(), "0.0.0.0:443");
    ASSERT_TRUE(s.listeners[0].tls);
    EXPECT_EQ(s.listeners[0].tls->certificate, "/etc/eas451/tls.crt");
    EXPECT_EQ(s.listeners[0].tls->key, "/keys/tls.key");
    EXPECT_EQ(s.listeners[0].trusted_proxies,
              (std::vector<std::string>{"10.0.0.0/8", "2001:db8::/32", "192.0.2.1/32"}));
    EXPECT_TRUE(s.listeners[0].proxy_protocol);
    EXPECT_EQ(s.listeners[1].bind.address, "::1");
    EXPECT_EQ(s.listeners[1].bind.port, 8443);
    EXPECT_FALSE(s.listeners[1].tls);
    EXPECT_FALSE(s.listeners[1].proxy_protocol);
    EXPECT_TRUE(s.listeners[0].tls->others.empty());
    EXPECT_FALSE(s.listeners[0].tls->ocsp_response);
    const auto all = s.listeners[2].tls->all();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].certificate, "/etc/eas451/tls.crt");
    EXPECT_EQ(all[0].ocsp_response, "/etc/eas451/tls.ocsp");
    EXPECT_EQ(all[1].key, "/etc/eas451/b.key");
    EXPECT_FALSE(all[1].ocsp_response);
    EXPECT_EQ(all[2].certificate, "/c.crt");
    EXPECT_EQ(all[2].ocsp_response, "/etc/eas451/c.ocsp");
    EXPECT_EQ(s.public_names, (std::vector<std::string>{"mail.contoso.com", "*.contoso.com"}));
    EXPECT_EQ(s.workers, 3U);
    EXPECT_EQ(s.user, "eas451");
    EXPECT_TRUE(s.lab);
    EXPECT_TRUE(s.admin.enabled);
    EXPECT_EQ(std::get<BindAddress>(s.admin.where).to_string(), "10.1.2.3:9000");
    EXPECT_EQ(s.admin.password_hash_file, "/etc/eas451/hash");
    ASSERT_TRUE(s.admin.tls);
    EXPECT_EQ(s.admin.tls->key, "/etc/eas451/a.key");
}

TEST(Settings, AuthenticationAndDirectory) {
    const Settings s = settings_of(every_key);
    EXPECT_FALSE(s.authenticate);
    EXPECT_FALSE(s.policy.authentication);
    EXPECT_EQ(s.realm, "Contoso mail");
    EXPECT_EQ(s.directory.type, DirectoryType::ldap);
    EXPECT_EQ(s.directory.deadline, 7s);
    EXPECT_EQ(s.directory.file, "/etc/eas451/users.ldif");
    const LdapSettings& ldap = s.directory.ldap;
    EXPECT_EQ(ldap.servers,
              (std::vector<std::string>{"ldaps://dc1.contoso.com", "ldap://dc2.contoso.com:3890", "srv:contoso.com"}));
    EXPECT_EQ(ldap.name_servers, (std::vector<std::string>{"10.0.0.53:53", "[2001:db8::35]:53", "127.0.0.1:5353"}));
    EXPECT_EQ(ldap.ca_file, "/etc/eas451/ca.pem");
    EXPECT_EQ(ldap.bind_name, "svc@contoso.com");
    EXPECT_EQ(ldap.bind_password_file, "/etc/eas451/secret");
    EXPECT_EQ(ldap.base, "DC=contoso,DC=com");
    EXPECT_EQ(ldap.netbios_domains,
              (std::map<std::string, std::string>{{"CONTOSO", "contoso.com"}, {"FABRIKAM", "fabrikam.com"}}));
    EXPECT_TRUE(ldap.global_catalog);
    EXPECT_EQ(ldap.global_catalog_port, 3891);
    EXPECT_EQ(ldap.user_filter, "(objectClass=inetOrgPerson)");
    EXPECT_EQ(ldap.attributes,
              (std::map<std::string, std::string>{{"sAMAccountName", "uid"}, {"userPrincipalName", "mail"}}));
    EXPECT_EQ(ldap.relationships_base, "CN=Exchange");
    EXPECT_EQ(s.directory.cache_ttl, 60s);
    EXPECT_EQ(s.directory.cache_negative_ttl, 2s);
    EXPECT_EQ(s.directory.cache_login_ttl, 3s);
    EXPECT_EQ(s.directory.cache_stale_local, 0s);
    EXPECT_EQ(s.directory.cache_max_entries, 1000U);
}

TEST(Settings, RelationshipsAndRedirect) {
    const Settings s = settings_of(every_key);
    EXPECT_FALSE(s.relationships_from_directory);
    EXPECT_EQ(s.relationships_refresh, 4s);
    EXPECT_EQ(s.relationships_max_age, 2h);
    ASSERT_EQ(s.static_relationships.size(), 2U);
    const OrganizationRelationship& office = s.static_relationships[0];
    EXPECT_EQ(office.name, "Office 365");
    EXPECT_EQ(office.domain_names,
              (std::vector<std::string>{"contoso.mail.onmicrosoft.com", "contoso.onmicrosoft.com"}));
    EXPECT_EQ(office.target_owa_url, "https://outlook.office.com/mail");
    EXPECT_EQ(office.eas_url, "https://mail.fabrikam.com/Microsoft-Server-ActiveSync");
    EXPECT_EQ(office.minimum_protocol_version, (ProtocolVersion{16, 1}));
    EXPECT_EQ(office.source, OrganizationRelationship::Source::static_configuration);
    EXPECT_TRUE(s.static_relationships[1].target_owa_url.empty());
    EXPECT_FALSE(s.static_relationships[1].minimum_protocol_version);
    EXPECT_EQ(s.policy.mode, RedirectMode::report);
    EXPECT_EQ(s.policy.only_users, (std::vector<std::string>{"adam@contoso.com", "zoe@contoso.com"}));
    EXPECT_EQ(s.policy.minimum_protocol_version, (ProtocolVersion{14, 1}));
    EXPECT_EQ(s.policy.skip_user_agents, (std::vector<std::string>{"Old/1"}));
    EXPECT_EQ(s.policy.skip_device_types, (std::vector<std::string>{"BB10"}));
    EXPECT_EQ(s.policy.location, RedirectLocation::target_owa_url);
    EXPECT_EQ(s.policy.allowed_hosts, (std::vector<std::string>{"outlook.office365.com"}));
}

TEST(Settings, ExchangeLimitsAndLogs) {
    const Settings s = settings_of(every_key);
    ASSERT_TRUE(s.exchange);
    EXPECT_TRUE(s.policy.has_exchange);
    EXPECT_EQ(s.exchange->servers, (std::vector<std::string>{"https://ex1.contoso.com", "https://[2001:db8::1]:8443"}));
    EXPECT_EQ(s.exchange->ca_file, "/etc/eas451/ex.pem");
    EXPECT_EQ(s.exchange->max_body, 1U << 20U);
    EXPECT_EQ(s.limits.proxy_header, 12s);
    EXPECT_EQ(s.limits.handshake, 1s);
    EXPECT_EQ(s.limits.ticket_lifetime, 8s);
    EXPECT_EQ(s.limits.head, 2s);
    EXPECT_EQ(s.limits.body, 3s);
    EXPECT_EQ(s.limits.idle, 4s);
    EXPECT_EQ(s.limits.write, 5s);
    EXPECT_EQ(s.limits.drain, 6s);
    EXPECT_EQ(s.limits.connections, 7U);
    EXPECT_EQ(s.limits.total, 8s);
    EXPECT_EQ(s.limits.held, 9s);
    EXPECT_EQ(s.limits.body_rate, 10U);
    EXPECT_EQ(s.limits.body_grace, 11s);
    EXPECT_EQ(s.limits.unauthenticated_per_address, 13U);
    EXPECT_EQ(s.limits.handshakes, 14U);
    EXPECT_EQ(s.limits.exchange_check, 15s);
    EXPECT_EQ(s.limits.exchange_connect, 16s);
    EXPECT_EQ(s.access_log_format, AccessLogFormat::json);
    EXPECT_EQ(s.access_log_path, "/etc/eas451/log/access.log");
    EXPECT_EQ(s.log_level, LogLevel::debug);
    EXPECT_EQ(s.log_format, LogFormat::json);
}

TEST(Settings, WhatIsLeftOutHasItsDefault) {
    const Settings s = settings_of(minimal);
    const Settings fresh;
    EXPECT_TRUE(s.authenticate);
    EXPECT_FALSE(s.lab);
    EXPECT_FALSE(s.exchange);
    EXPECT_FALSE(s.policy.has_exchange);
    EXPECT_EQ(s.workers, 0U);
    EXPECT_EQ(s.policy.minimum_protocol_version, first_version_with_status);
    EXPECT_EQ(s.directory.cache_ttl, fresh.directory.cache_ttl);
    EXPECT_EQ(s.limits.idle, fresh.limits.idle);
    EXPECT_EQ(s.access_log_path, "-");
    EXPECT_EQ(std::get<BindAddress>(s.admin.where).to_string(), "127.0.0.1:9451");
}

TEST(Settings, NullIsTheDefaultEverywhere) {
    const Settings s = with("workers: ~\nadmin:\nexchange: null\nlimits: {idle: null}\npublic_names: null\n");
    EXPECT_EQ(show_settings(s), show_settings(settings_of(minimal)));
}

TEST(Settings, AdminIsAnAddressASocketOrOff) {
    EXPECT_FALSE(with("admin: off\n").admin.enabled);
    EXPECT_FALSE(with("admin: \"off\"\n").admin.enabled);
    EXPECT_FALSE(with("admin: false\n").admin.enabled);
    EXPECT_EQ(std::get<std::filesystem::path>(with("admin: {unix: run/admin.sock}\n").admin.where),
              "/etc/eas451/run/admin.sock");
}

TEST(Settings, AccessLogIsASectionOrOff) {
    EXPECT_TRUE(settings_of(minimal).access_log_enabled);
    EXPECT_TRUE(with("access_log: {format: json}\n").access_log_enabled);
    for (const char* off : {"off", "\"off\"", "false"}) {
        const Settings s = with(std::string("access_log: ") + off + "\n");
        EXPECT_FALSE(s.access_log_enabled) << off;
        EXPECT_FALSE(settings_of(show_settings(s)).access_log_enabled) << show_settings(s);
    }
}

TEST(Settings, AccessLogPathMayBeStdoutOrAFileOfThatName) {
    EXPECT_EQ(with("access_log: {path: \"-\"}\n").access_log_path, "-");
    EXPECT_EQ(with("access_log: {path: ./-}\n").access_log_path, "/etc/eas451/-");
}

TEST(Settings, CredentialsDirectoryIsWhereSystemdPutIt) {
    ASSERT_EQ(setenv("CREDENTIALS_DIRECTORY", "/run/credentials/eas451", 1), 0);
    const Settings s = with("admin: {password_hash_file: $CREDENTIALS_DIRECTORY/admin}\n");
    EXPECT_EQ(s.admin.password_hash_file, "/run/credentials/eas451/admin");
    ASSERT_EQ(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    const auto unset = parse_settings(minimal + "admin: {password_hash_file: $CREDENTIALS_DIRECTORY/admin}\n", "f");
    ASSERT_TRUE(unset.has_error());
    EXPECT_EQ(to_string(unset.error()[0]).find("f:3:29: admin.password_hash_file: the variable CREDENTIALS_DIRECTORY"),
              0U);
}

TEST(Settings, YamlAndJsonOfTheSameContentAreTheSame) {
    const Settings from_yaml = settings_of(every_key);
    const std::string json = show_settings_json(from_yaml);
    ASSERT_EQ(json.front(), '{');
    EXPECT_EQ(show_settings(settings_of(json)), show_settings(from_yaml));
    EXPECT_EQ(show_settings(settings_of(R"({"listeners": [{"bind": "127.0.0.1:0",
        "tls": {"certificate": "a", "key": "b"}}], "workers": "auto",
        "directory": {"type": "file", "file": "d.yaml"}, "redirect": {"mode": "off", "minimum_protocol_version": 14.1},
        "exchange": {"servers": ["https://a"], "max_body": 1048576}, "lab": true})")),
              show_settings(with("redirect: {mode: off, minimum_protocol_version: \"14.1\"}\n"
                                 "exchange: {servers: [https://a], max_body: 1MiB}\nlab: yes\n")));
}

TEST(BindAddress, KnowsLoopback) {
    for (const char* address : {"127.0.0.1", "127.255.0.1", "::1", "::ffff:127.0.0.1"}) {
        EXPECT_TRUE((BindAddress{address, 1}.is_loopback())) << address;
    }
    for (const char* address : {"0.0.0.0", "10.0.0.1", "::", "::ffff:10.0.0.1", "128.0.0.1"}) {
        EXPECT_FALSE((BindAddress{address, 1}.is_loopback())) << address;
    }
}

TEST(LoadSettings, ResolvesPathsFromTheFolderOfTheFile) {
    std::string pattern = (std::filesystem::temp_directory_path() / "settings_test.XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    const std::filesystem::path folder = pattern;
    std::ofstream(folder / "a.yaml") << minimal;
    const auto loaded = load_settings(folder / "a.yaml");
    ASSERT_TRUE(loaded.has_value());
    EXPECT_EQ(loaded->directory.file, folder / "d.yaml");
    std::ofstream(folder / "large.yaml") << minimal << '#' << std::string(1U << 20U, 'x');
    EXPECT_TRUE(load_settings(folder / "large.yaml").has_error());
    EXPECT_TRUE(load_settings(folder / "none.yaml").has_error());
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace eas451
