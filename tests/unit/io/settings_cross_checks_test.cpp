// SPDX-License-Identifier: Apache-2.0
// Values that are right by themselves and wrong together.
#include <gtest/gtest.h>

#include "eas451/io/config/settings.hpp"

namespace eas451 {
namespace {

std::string mistakes_of(std::string_view text) {
    const auto result = parse_settings(text, "f");
    if (result.has_value()) return "none\n";
    std::string lines;
    for (const Mistake& mistake : result.error()) lines += to_string(mistake) + "\n";
    return lines;
}

const std::string file_directory = "directory: {type: file, file: d.yaml}\n";
const std::string listener = "listeners: [{bind: \"127.0.0.1:0\", tls: {certificate: a, key: b}}]\n";

std::string listening(const std::string& items) {
    return mistakes_of(file_directory + "listeners:\n" + items + "public_names: [mail.contoso.com]\n");
}
std::string with(const std::string& more) {
    return mistakes_of(listener + file_directory + more);
}
std::string with_directory(const std::string& directory) {
    return mistakes_of(listener + directory);
}

TEST(SettingsTogether, ListenersAreNotEmpty) {
    EXPECT_EQ(mistakes_of(file_directory + "listeners: []\n"),
              "f:2:1: listeners: empty; give at least one, as in - bind: \"127.0.0.1:8443\"\n");
    EXPECT_EQ(mistakes_of(file_directory + "listeners: ~\n"),
              "f:1:1: listeners: missing; give a list of maps, each item after a dash\n");
    EXPECT_EQ(listening("  - word\n"), "f:3:5: listeners[0]: must be a map of its keys\n");
}

TEST(SettingsTogether, AnAddressThatIsTakenWithAllOfItsKind) {
    const std::string two = "  - {bind: \"0.0.0.0:80\", tls: {certificate: a, key: b}}\n  - {bind: \"127.0.0.1:80\"}\n";
    EXPECT_EQ(listening(two),
              "f:4:6: listeners[1].bind: 127.0.0.1:80 is taken with 0.0.0.0:80 in line 3; give each listener an address or port of its own\n");
    const std::string behind = "  - {bind: \"[::1]:80\"}\n  - {bind: \"[::]:80\", tls: {certificate: a, key: b}}\n";
    EXPECT_EQ(listening(behind),
              "f:4:6: listeners[1].bind: [::]:80 is taken with [::1]:80 in line 3; give each listener an address or port of its own\n");
    const std::string apart =
        "  - {bind: \"[::]:80\", tls: {certificate: a, key: b}}\n  - {bind: \"0.0.0.0:80\", tls: {certificate: a, key: b}}\n"
        "  - {bind: \"127.0.0.1:81\"}\n  - {bind: \"127.0.0.2:81\"}\n  - {bind: \"127.0.0.1:0\"}\n  - {bind: \"127.0.0.1:0\"}\n";
    EXPECT_EQ(listening(apart), "none\n");
}

TEST(SettingsTogether, TheAdminListenerHasAPlaceOfItsOwn) {
    const std::string listeners = "listeners: [{bind: \"127.0.0.1:443\", tls: {certificate: a, key: b}}]\n";
    const auto beside = [&](const std::string& of, const std::string& admin) { return mistakes_of(of + file_directory + admin); };
    EXPECT_EQ(beside(listeners, "admin: {bind: \"127.0.0.1:443\"}\n"),
              "f:3:9: admin.bind: the admin listener, 127.0.0.1:443, and listeners[0], 127.0.0.1:443, cannot both be there; give "
              "admin.bind another port\n");
    EXPECT_EQ(beside("listeners: [{bind: \"0.0.0.0:9451\", tls: {certificate: a, key: b}}]\n", ""),
              "f:1:14: listeners[0].bind: the admin listener, 127.0.0.1:9451, and listeners[0], 0.0.0.0:9451, cannot both be there; "
              "give admin.bind another port\n");
    EXPECT_EQ(beside("listeners: [{bind: \"0.0.0.0:9451\", tls: {certificate: a, key: b}}]\n", "admin: off\n"), "none\n");
    EXPECT_EQ(beside(listeners, "admin: {bind: \"127.0.0.1:444\"}\n"), "none\n");
    const std::string longest = "/" + std::string(106, 'x');
    EXPECT_EQ(beside(listeners, "admin: {unix: " + longest + "}\n"), "none\n");
    EXPECT_EQ(beside(listeners, "admin: {unix: " + longest + "y}\n"),
              "f:3:9: admin.unix: " + longest + "y is longer than the 107 bytes that a socket's path may have; give a shorter one\n");
}

TEST(SettingsTogether, TlsIsOffOnlyOnLoopbackOrBehindProxies) {
    const std::string text =
        " is not loopback; give a certificate and key, or name the proxies that speak TLS for us "
        "in trusted_proxies\n";
    EXPECT_EQ(listening("  - bind: \"0.0.0.0:443\"\n    tls: off\n"),
              "f:4:5: listeners[0].tls: off, though 0.0.0.0:443" + text);
    EXPECT_EQ(listening("  - bind: \"[::]:443\"\n"), "f:3:5: listeners[0].tls: off, though [::]:443" + text);
    EXPECT_EQ(listening("  - bind: \"127.9.9.9:80\"\n    tls: off\n  - bind: \"[::1]:80\"\n"), "none\n");
    EXPECT_EQ(listening("  - bind: \"0.0.0.0:80\"\n    trusted_proxies: [10.0.0.1]\n"), "none\n");
    EXPECT_EQ(listening("  - bind: \"0.0.0.0:443\"\n    tls: {certificate: a, key: b}\n"), "none\n");
    // What is wrong by itself is said once.
    EXPECT_EQ(listening("  - bind: \"0.0.0.0:443\"\n    tls: {certificate: a}\n"),
              "f:4:5: listeners[0].tls.key: missing; give the path of a file\n");
}

TEST(SettingsTogether, ProxyProtocolNeedsAProxyToTrust) {
    EXPECT_EQ(listening("  - bind: \"127.0.0.1:80\"\n    proxy_protocol: on\n"),
              "f:4:5: listeners[0].proxy_protocol: on, though no proxy is trusted; name the proxies in "
              "trusted_proxies, or switch it off\n");
    EXPECT_EQ(listening("  - bind: \"127.0.0.1:80\"\n    proxy_protocol: on\n    trusted_proxies: [::1]\n"), "none\n");
}

TEST(SettingsTogether, EachListenerHasAnAddressOfItsOwn) {
    EXPECT_EQ(listening("  - bind: \"127.0.0.1:80\"\n  - bind: \"127.0.0.1:81\"\n  - bind: \"127.0.0.1:80\"\n"),
              "f:5:5: listeners[2].bind: 127.0.0.1:80 is already in line 3; give each listener an address or port of "
              "its own\n");
    EXPECT_EQ(listening("  - bind: \"127.0.0.1:0\"\n  - bind: \"127.0.0.1:0\"\n"), "none\n");
}

TEST(SettingsTogether, OurOwnNamesAreGivenOrInACertificate) {
    const std::string text =
        "public_names: empty, and no listener has a certificate that names us; give our own names, as in "
        "[mail.contoso.com], so that a redirect can be told from a loop\n";
    const std::string plain = "listeners: [{bind: \"127.0.0.1:0\"}]\n";
    EXPECT_EQ(mistakes_of(file_directory + plain), "f:2:1: " + text);
    EXPECT_EQ(mistakes_of(file_directory + plain + "public_names: []\n"), "f:3:1: " + text);
    EXPECT_EQ(mistakes_of(file_directory + plain + "lab: true\nadmin: {tls: {certificate: a, key: b}}\n"),
              "f:2:1: " + text);
    EXPECT_EQ(mistakes_of(file_directory + plain + "public_names: [a]\n"), "none\n");
    EXPECT_EQ(mistakes_of(file_directory + "listeners: [{bind: \"127.0.0.1:0\"}, {bind: \"127.0.0.1:1\", tls: "
                                           "{certificate: a, key: b}}]\n"),
              "none\n");
    // What is wrong by itself is said once.
    EXPECT_EQ(mistakes_of(file_directory + plain + "public_names: [a b]\n").find("f:3:16: public_names: 'a b'"), 0U);
}

TEST(SettingsTogether, AdminBeyondLoopbackNeedsAPasswordAndTls) {
    const std::string tls = ", tls: {certificate: a, key: b}";
    const std::string hash = ", password_hash_file: h";
    const auto admin = [](const std::string& more) { return with("admin: {bind: \"10.0.0.1:9451\"" + more + "}\n"); };
    EXPECT_EQ(admin(""),
              "f:3:9: admin.bind: 10.0.0.1:9451 is not loopback; give admin.password_hash_file and "
              "admin.tls too\n");
    EXPECT_EQ(admin(tls), "f:3:9: admin.bind: 10.0.0.1:9451 is not loopback; give admin.password_hash_file too\n");
    EXPECT_EQ(admin(hash), "f:3:9: admin.bind: 10.0.0.1:9451 is not loopback; give admin.tls too\n");
    EXPECT_EQ(admin(tls + hash), "none\n");
    EXPECT_EQ(with("admin: {unix: admin.sock}\n"), "none\n");
    EXPECT_EQ(with("admin: {unix: a, bind: \"127.0.0.1:1\"}\n"),
              "f:3:9: admin.unix: given beside admin.bind; leave one of them out\n");
}

TEST(SettingsTogether, BasicIsOffInTheLabOnly) {
    EXPECT_EQ(with("authentication: {basic: off}\n"),
              "f:3:18: authentication.basic: off outside the lab; set it to directory, or lab: true\n");
    EXPECT_EQ(with("authentication: {basic: off}\nlab: true\n"), "none\n");
}

TEST(SettingsTogether, AFileDirectoryNeedsAFileWithAKnownEnding) {
    EXPECT_EQ(with_directory("directory:\n  type: file\n"),
              "f:3:3: directory.type: file, though directory.file is missing; give its path\n");
    EXPECT_EQ(with_directory("directory: {type: file, file: a.csv}\n"),
              "f:2:25: directory.file: 'a.csv' has no known ending; the file must end in .yaml, .yml, .json or "
              ".ldif\n");
    for (const char* file : {"a.yaml", "a.yml", "a.json", "a.ldif", "a.LDIF", "a.Yaml"}) {
        EXPECT_EQ(with_directory("directory: {type: file, file: " + std::string(file) + "}\n"), "none\n");
    }
    EXPECT_EQ(with_directory("directory: {type: ldap, file: a.csv, ldap: {servers: [ldaps://a]}}\n"), "none\n");
}

TEST(SettingsTogether, ALockoutShieldIsForLdapAlone) {
    const std::string none = "directory.lockout: has no effect with directory.type file: there is no lockout shield for a file; "
                             "leave it out, or have the users in LDAP\n";
    for (const char* key : {"threshold: 10", "observation_window: 30m", "replicas: 2", "users_per_address: 11", "address_recovers: 7s"}) {
        const std::string lockout = ", lockout: {" + std::string(key) + "}";
        EXPECT_EQ(with_directory("directory: {type: file, file: a.yaml" + lockout + "}\n"), "f:2:39: " + none) << key;
        EXPECT_EQ(with_directory("directory: {ldap: {servers: [ldaps://a]}" + lockout + "}\n"), "none\n") << key;
    }
    EXPECT_EQ(with_directory("directory: {type: file, file: a.yaml, lockout: {replicas: 1, users_per_address: 10}}\n"), "none\n");
}

TEST(SettingsTogether, LdapNeedsServersAndAWholeAccount) {
    EXPECT_EQ(with_directory("directory:\n  ldap: {servers: []}\n"),
              "f:3:10: directory.ldap.servers: missing, though directory.type is ldap (the default; for a file write type: "
              "file); give one or more, as in [ldaps://dc1.contoso.com]\n");
    EXPECT_EQ(with_directory("directory:\n  type: ldap\n"),
              "f:2:1: directory.ldap.servers: missing, though directory.type is ldap; give one or more, as in "
              "[ldaps://dc1.contoso.com]\n");
    EXPECT_NE(with_directory("directory: {file: a.yaml}\n").find("(the default; for a file write type: file)"),
              std::string::npos);
    EXPECT_EQ(with_directory("directory: {ldap: {servers: [ldaps://a], bind_name: x}}\n"),
              "f:2:42: directory.ldap.bind_name: given without bind_password_file; give both or neither\n");
    EXPECT_EQ(with_directory("directory: {ldap: {servers: [ldaps://a], bind_password_file: x}}\n"),
              "f:2:42: directory.ldap.bind_password_file: given without bind_name; give both or neither\n");
    EXPECT_EQ(with_directory("directory: {ldap: {servers: [ldaps://a], bind_name: x, bind_password_file: y}}\n"), "none\n");
    EXPECT_EQ(with_directory("directory: 5\n"), "f:2:12: directory: must be a map of its keys\n");
    EXPECT_EQ(with_directory("directory: {ldap: 5}\n"), "f:2:19: directory.ldap: must be a map of its keys\n");
    EXPECT_EQ(with_directory("directory: {type: files}\n"),
              "f:2:19: directory.type: 'files' is not known here; write one of ldap, file\n");
}

TEST(SettingsTogether, DiscoveryNeedsAnAuthorityOfItsOwn) {
    EXPECT_EQ(with_directory("directory: {ldap: {servers: [ldaps://a, srv:contoso.com]}}\n"),
              "f:2:41: directory.ldap.servers[1]: srv:contoso.com without ca_file; DNS may be forged, so give the "
              "authority of the domain controllers in directory.ldap.ca_file\n");
    EXPECT_EQ(with_directory("directory: {ldap: {servers: [srv:contoso.com], ca_file: ca.pem}}\n"), "none\n");
    const auto asking = [](const std::string& name_servers) {
        return with_directory("directory: {ldap: {servers: [srv:a], ca_file: ca.pem, name_servers: [" + name_servers + "]}}\n");
    };
    EXPECT_EQ(asking("10.0.0.1, 10.0.0.2, 10.0.0.3"), "none\n");
    EXPECT_EQ(asking("10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4"),
              "f:2:55: directory.ldap.name_servers: more than 3; leave out those that are asked last\n");
}

TEST(SettingsTogether, AGlobalCatalogIsAtItsUsualPortOrAtOneThatIsGiven) {
    const auto ldap = [](const std::string& keys) { return with_directory("directory: {ldap: {" + keys + "}}\n"); };
    EXPECT_EQ(ldap("servers: [ldaps://a, 'ldaps://b:636', ldap://c, 'ldap://d:389', srv:e], ca_file: ca.pem, global_catalog: on"), "none\n");
    const std::string mend = " has a port of its own, so that of its global catalog is not known; give global_catalog_port, "
                             "or leave this port out (users are looked up at 3269, or 3268 for ldap://, and the rest at 636 "
                             "or 389)\n";
    EXPECT_EQ(ldap("servers: [ldaps://a, 'ldaps://b:637', 'ldap://c:636', 'ldaps://d:3269'], global_catalog: on"),
              "f:2:41: directory.ldap.servers[1]: ldaps://b:637" + mend +
                  "f:2:58: directory.ldap.servers[2]: ldap://c:636" + mend +
                  "f:2:74: directory.ldap.servers[3]: ldaps://d:3269" + mend);
    EXPECT_EQ(ldap("servers: ['ldaps://b:637'], global_catalog: on, global_catalog_port: 3269"), "none\n");
    EXPECT_EQ(ldap("servers: ['ldaps://b:637'], global_catalog: off"), "none\n");
    EXPECT_EQ(ldap("servers: [ldaps://b], global_catalog_port: 3269"),
              "f:2:42: directory.ldap.global_catalog_port: given, though global_catalog is off; switch it on, or leave the "
              "port out\n");
    EXPECT_EQ(ldap("servers: [ldaps://b], global_catalog: on, global_catalog_port: 65536").find("none"), std::string::npos);
}

TEST(SettingsTogether, AnAnswerIsWaitedForLongerThanTheDirectoryIs) {
    const auto both = [](const std::string& deadline, const std::string& held) {
        return with_directory("directory: {type: file, file: d.yaml, deadline: " + deadline + "}\nlimits: {held: " + held + "}\n");
    };
    const std::string mistake =
        "f:3:10: limits.held: limits.held is not above directory.deadline, so that a silent directory would cut connections "
        "instead of being an outage; make limits.held longer, or directory.deadline shorter\n";
    EXPECT_EQ(both("5s", "5001ms"), "none\n");
    EXPECT_EQ(both("5s", "5s"), mistake);
    EXPECT_EQ(both("5s", "100ms"), mistake);
    EXPECT_EQ(with("limits: {held: 5s}\n").find("f:3:10: limits.held"), 0U);
    EXPECT_EQ(both("5 seconds", "1s").find("limits.held"), std::string::npos);
}

TEST(SettingsTogether, ExchangeServersAreSixteenAtMostAndNamedOnce) {
    const auto naming = [](int servers) {
        std::string list;
        for (int i = 0; i < servers; ++i) list += (i == 0 ? "https://ex" : ", https://ex") + std::to_string(i);
        return with("exchange: {servers: [" + list + "]}\n");
    };
    EXPECT_EQ(naming(16), "none\n");
    EXPECT_EQ(naming(17), "f:3:12: exchange.servers: more than 16; leave some out\n");
    EXPECT_EQ(with("exchange: {servers: [https://a, https://b, 'https://A']}\n"),
              "f:3:44: exchange.servers[2]: https://a is already in line 3; name each server once\n");
    EXPECT_EQ(with("exchange: {servers: [https://a, 'https://a:8443']}\n"), "none\n");
}

std::string relationships(const std::string& items) {
    return with("organization_relationships:\n  static:\n" + items);
}

TEST(SettingsTogether, ADomainStandsInOneRelationshipOnce) {
    EXPECT_EQ(
        relationships("  - {name: a, domain_names: [a.example, b.example, A.example]}\n"
                      "  - {name: b, domain_names: [c.example]}\n"
                      "  - name: c\n    domain_names:\n      - d.example\n      - B.EXAMPLE\n"),
        "f:5:52: organization_relationships.static[0].domain_names[2]: 'a.example' is already in line 5; a domain "
        "stands in one relationship, once\n"
        "f:10:9: organization_relationships.static[2].domain_names[1]: 'b.example' is already in line 5; a domain "
        "stands in one relationship, once\n");
}

TEST(SettingsTogether, RelationshipsAreNamedAndHaveDomainsAndGoodUrls) {
    const std::string path = "organization_relationships.static[0].";
    EXPECT_EQ(relationships("  - {name: a, domain_names: [a.example]}\n"), "none\n");
    EXPECT_EQ(relationships("  - {name: a, domain_names: []}\n"),
              "f:5:15: " + path + "domain_names: empty; give at least one domain\n");
    EXPECT_EQ(relationships("  - {domain_names: [a.example]}\n").find("f:5:5: " + path + "name: missing"), 0U);
    EXPECT_EQ(relationships("  - {name: '', domain_names: [a.example]}\n").find("f:5:12: " + path + "name: empty"), 0U);
    EXPECT_EQ(relationships("  - {name: a, domain_names: ['a b']}\n").find("f:5:30: " + path + "domain_names: 'a b'"),
              0U);
    const auto url = [](const std::string& key, const std::string& value) {
        return relationships("  - {name: a, domain_names: [a.example], " + key + ": '" + value + "'}\n");
    };
    EXPECT_EQ(url("eas_url", "http://a.example").find("f:5:51: " + path + "eas_url: 'http://a.example' cannot be"), 0U);
    EXPECT_EQ(url("eas_url", "https://a.example:8443/x"), "none\n");
    EXPECT_EQ(url("target_owa_url", "http://a.example/owa"), "none\n");
    EXPECT_EQ(url("target_owa_url", "a.example").find("f:5:58: " + path + "target_owa_url: 'a.example'"), 0U);
    // A password in a URL is refused, and not repeated.
    const std::string secret = url("target_owa_url", "https://u:hunter2@a.example");
    EXPECT_NE(secret.find("https://u:***@a.example"), std::string::npos) << secret;
    EXPECT_EQ(secret.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace eas451
