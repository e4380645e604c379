// SPDX-License-Identifier: Apache-2.0
// Mistakes of one key: what is said, and where.
#include <gtest/gtest.h>

#include <algorithm>

#include "eas451/io/config/settings.hpp"

namespace eas451 {
namespace {

/// Every mistake, one a line, as printed.
std::string mistakes_of(std::string_view text) {
    const auto result = parse_settings(text, "f");
    if (result.has_value()) return "none\n";
    std::string lines;
    for (const Mistake& mistake : result.error()) lines += to_string(mistake) + "\n";
    return lines;
}

/// Those of one line, which is line 2 of a configuration that is good without it.
std::string mistakes_with(const std::string& line) {
    return mistakes_of("listeners: [{bind: \"127.0.0.1:0\", tls: {certificate: a, key: b}}]\n" + line +
                       "\ndirectory: {type: file, file: d.yaml}\n");
}

TEST(SettingsMistakes, TextThatIsReadAsSomethingElseIsInQuotes) {
    for (const std::string value : {"1", "1.5", "-2", "+3", "1e3", ".5", "true", "False", "on", "no"}) {
        const std::string mend = ": '" + value + "' is no text; put it in quotes, if it is meant\n";
        EXPECT_EQ(mistakes_with("redirect: {only_users: [" + value + "]}"), "f:2:25: redirect.only_users" + mend) << value;
        EXPECT_EQ(mistakes_with("authentication: {realm: " + value + "}"), "f:2:25: authentication.realm" + mend) << value;
        EXPECT_EQ(mistakes_with("redirect: {only_users: [\"" + value + "\"]}"), "none\n") << value;
    }
    for (const std::string value : {"1a", "a1", "e3", "1.2.3", "-", "truer", "1-2", "one"}) {
        EXPECT_EQ(mistakes_with("redirect: {only_users: [" + value + "]}"), "none\n") << value;
    }
    EXPECT_EQ(mistakes_of(R"({"listeners": [{"bind": "127.0.0.1:0"}], "public_names": ["a.b"], "directory": {"type": "file", "file": "d.yaml"},
"log": {"trace_users": [12, "12"]}})"),
              "f:2:25: log.trace_users: '12' is no text; put it in quotes, if it is meant\n");
}

TEST(SettingsMistakes, TenInOneRunInTheOrderOfTheFile) {
    EXPECT_EQ(mistakes_of(R"(listeners:
  - bind: localhost:443
    tsl: off
  - proxy_protocol: off
workers: 0
lab: maybe
directory:
  type: file
  deadline: 30
  file: users.txt
redirect:
  allowed_hosts: ["https://x"]
limits:
  idle: 0s
logs: {}
)"),
              "f:2:11: listeners[0].bind: 'localhost:443' is no address and port; write a numeric address and a port, "
              "as in \"127.0.0.1:8443\" or \"[::1]:8443\"\n"
              "f:3:5: unknown key 'tsl' in listeners[0]; did you mean 'tls'?\n"
              "f:4:5: listeners[1].bind: missing; give a numeric address and a port, as in \"127.0.0.1:8443\" or "
              "\"[::1]:8443\"\n"
              "f:5:10: workers: 0 is below the least, 1; use 1 to 256\n"
              "f:6:6: lab: 'maybe' is no switch; write true or false (or on, off, yes, no), without quotes\n"
              "f:9:13: directory.deadline: '30' is no duration; write a number with ms, s, m, h or d behind it, as in "
              "30s\n"
              "f:10:3: directory.file: 'users.txt' has no known ending; the file must end in .yaml, .yml, .json or "
              ".ldif\n"
              "f:12:19: redirect.allowed_hosts: 'https://x' is no host name; write a host name, as in "
              "mail.contoso.com\n"
              "f:14:9: limits.idle: 0s is below the least, 100ms; use 100ms to 1h\n"
              "f:15:1: unknown key 'logs'; did you mean 'log'?\n");
}

TEST(SettingsMistakes, TenInOneRunInJson) {
    EXPECT_EQ(mistakes_of(R"({
  "listeners": [{"bind": 443, "tls": true}],
  "workers": "4",
  "public_names": "mail.contoso.com",
  "directory": {"type": "file", "file": ["a.yaml"], "deadline": "2m"},
  "redirect": {"mode": true, "minimum_protocol_version": 16},
  "exchange": {"servers": ["http://ex1"]},
  "limits": {"connections": 1.5}
})"),
              "f:2:26: listeners[0].bind: '443' is no address and port; write a numeric address and a port, as in "
              "\"127.0.0.1:8443\" or \"[::1]:8443\"\n"
              "f:2:38: listeners[0].tls: must be a map of its keys, or off\n"
              "f:3:14: workers: '4' is no number of workers; write auto, or a whole number without quotes\n"
              "f:4:19: public_names: must be a list; write its items in [brackets], or one a line after a dash\n"
              "f:5:41: directory.file: a list is no path; write the path of a file\n"
              "f:5:65: directory.deadline: 2m is above the most, 1m; use 100ms to 1m\n"
              "f:6:24: redirect.mode: 'true' is not known here; write one of on, off, report\n"
              "f:6:58: redirect.minimum_protocol_version: '16' is no EAS version; write a version, as in 14.0, with "
              "or without quotes\n"
              "f:7:28: exchange.servers: 'http://ex1' is no https server; write https://HOST or https://HOST:PORT, "
              "with nothing behind it\n"
              "f:8:29: limits.connections: '1.5' is no number; write a whole number, without quotes\n");
}

TEST(SettingsMistakes, ADuplicateKeyHidesNoOtherMistake) {
    EXPECT_EQ(mistakes_of("listeners: [{bind: \"127.0.0.1:0\", tls: {certificate: a, key: b}}]\n"
                          "lab: maybe\nworkers: 2\nworkers: 3\nlimits: {idle: 0s, idle: 1m}\n"
                          "directory: {type: file, file: d.yaml}\n"),
              "f:2:6: lab: 'maybe' is no switch; write true or false (or on, off, yes, no), without quotes\n"
              "f:4:1: duplicate key, already set in line 3; keep one of them\n"
              "f:5:16: limits.idle: 0s is below the least, 100ms; use 100ms to 1h\n"
              "f:5:20: duplicate key, already set in line 5; keep one of them\n");
}

TEST(SettingsMistakes, SyntaxAndDuplicatesComeFromTheDocument) {
    EXPECT_EQ(mistakes_of("listeners: [{bind: \"127.0.0.1:0\", tls: {certificate: a, key: b}}]\n"
                          "directory: {type: file, file: d.yaml}\nlab: true\nlab: false\n"),
              "f:4:1: duplicate key, already set in line 3; keep one of them\n");
    EXPECT_EQ(mistakes_of("lab: [\n").find("f:2:1: not YAML: "), 0U) << mistakes_of("lab: [\n");
}

TEST(SettingsMistakes, AConfigurationIsAMap) {
    const std::string text = "f:1:1: the configuration must be a map of keys, as in 'listeners: ...'\n";
    EXPECT_EQ(mistakes_of("word"), text);
    EXPECT_EQ(mistakes_of("- a\n"), text);
    EXPECT_EQ(mistakes_of("[]"), text);
}

TEST(SettingsMistakes, AnEmptyFileSaysWhatIsNeeded) {
    EXPECT_EQ(mistakes_of(""),
              "f:1:1: listeners: missing; give a list of maps, each item after a dash\n"
              "f:1:1: directory.ldap.servers: missing, though directory.type is ldap (the default; for a file write type: file); "
              "give one or more, as in [ldaps://dc1.contoso.com]\n");
}

TEST(SettingsMistakes, ATraceHasAnEnd) {
    EXPECT_EQ(mistakes_with("log: {trace_users: [a], trace_for: 72h}"), "none\n");
    EXPECT_EQ(mistakes_with("log: {trace_users: [a], trace_for: 1s}"), "none\n");
    EXPECT_EQ(mistakes_with("log: {trace_for: 73h}"), "f:2:18: log.trace_for: 73h is above the most, 3d; use 1s to 3d\n");
    EXPECT_EQ(mistakes_with("log: {trace_for: 999ms}"), "f:2:18: log.trace_for: 999ms is below the least, 1s; use 1s to 3d\n");
}

TEST(SettingsMistakes, UnknownKeysAreHelpedOn) {
    EXPECT_EQ(mistakes_with("redirects: {}"), "f:2:1: unknown key 'redirects'; did you mean 'redirect'?\n");
    EXPECT_EQ(mistakes_with("Workers: 3"), "f:2:1: unknown key 'Workers'; did you mean 'workers'?\n");
    EXPECT_EQ(mistakes_with("realm: x"), "f:2:1: unknown key 'realm'; did you mean 'authentication.realm'?\n");
    EXPECT_EQ(mistakes_with("log: {colour: red}"),
              "f:2:7: unknown key 'colour' in log; the keys here are level, format, trace_users, trace_for\n");
    // The value of an unknown key may be a secret that stands in the wrong place.
    EXPECT_EQ(mistakes_with("bind_password: hunter2").find("hunter2"), std::string::npos);
}

struct Wrong {
    const char* name;
    std::string line;
    std::string start;
};
class SettingsWrongValue : public ::testing::TestWithParam<Wrong> {};

TEST_P(SettingsWrongValue, IsOneMistakeAtTheValue) {
    const std::string text = mistakes_with(GetParam().line);
    EXPECT_EQ(text.find(GetParam().start), 0U) << text;
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, SettingsWrongValue,
    ::testing::Values(
        Wrong{"boolean_upper_case", "lab: True", "f:2:6: lab: 'True' is no switch"},
        Wrong{"boolean_number", "lab: 1", "f:2:6: lab: '1' is no switch"},
        Wrong{"workers_one_past", "workers: 257", "f:2:10: workers: 257 is above the most, 256; use 1 to 256"},
        Wrong{"workers_octal", "workers: 0x10", "f:2:10: workers: '0x10' is no number of workers"},
        Wrong{"count_zero", "limits: {connections: 0}", "f:2:23: limits.connections: 0 is below the least, 1"},
        Wrong{"count_unit", "limits: {connections: 1KiB}", "f:2:23: limits.connections: '1KiB' is no number"},
        Wrong{"duration_past", "limits: {idle: 61m}", "f:2:16: limits.idle: 61m is above the most, 1h; use 100ms to"},
        Wrong{"duration_below", "limits: {idle: 99ms}", "f:2:16: limits.idle: 99ms is below the least, 100ms"},
        Wrong{"duration_unit", "limits: {idle: 5 m}", "f:2:16: limits.idle: '5 m' is no duration"},
        Wrong{"duration_negative", "limits: {idle: -5s}", "f:2:16: limits.idle: '-5s' is no duration"},
        Wrong{"duration_huge", "limits: {idle: 9999999999999d}", "f:2:16: limits.idle: '9999999999999d' is no"},
        Wrong{"duration_many_days", "limits: {idle: 999999999999d}", "f:2:16: limits.idle: 999999999999d is above"},
        Wrong{"size_unit", "exchange: {servers: [https://a], max_body: 64MB}",
              "f:2:44: exchange.max_body: '64MB' is no size"},
        Wrong{"size_past", "exchange: {servers: [https://a], max_body: 1073741825}",
              "f:2:44: exchange.max_body: 1073741825 is above the most, 1GiB"},
        Wrong{"text_empty", "user: ''", "f:2:7: user: empty; write text"},
        Wrong{"text_control", "user: \"a\\tb\"", "f:2:7: user: a control byte in 'a?b'; remove it"},
        Wrong{"path_nul", "access_log: {path: \"a\\0b\"}", "f:2:20: access_log.path: a control byte in 'a?b'"},
        Wrong{"path_empty", "access_log: {path: ''}", "f:2:20: access_log.path: empty; write the path of a file"},
        Wrong{"realm", "authentication: {realm: 'a\"b'}", "f:2:25: authentication.realm: 'a\"b' is no realm"},
        Wrong{"host_blank", "public_names: [a b]", "f:2:16: public_names: 'a b' is no host name"},
        Wrong{"host_star", "public_names: ['a.*.b']", "f:2:16: public_names: 'a.*.b' is no host name"},
        Wrong{"allowed_star", "redirect: {allowed_hosts: ['*.b']}", "f:2:28: redirect.allowed_hosts: '*.b' is no host"},
        Wrong{"list_null", "public_names: [a.b, ~]", "f:2:21: public_names: nothing is no host name"},
        Wrong{"list_map", "public_names: {a: b}", "f:2:15: public_names: must be a list"},
        Wrong{"section_list", "limits: []", "f:2:9: limits: must be a map of its keys"},
        Wrong{"version_below", "redirect: {minimum_protocol_version: 13.9}",
              "f:2:38: redirect.minimum_protocol_version: '13.9' is below the least, 14.0, before which devices do not "
              "understand a 451; write a version"},
        Wrong{"version_of_a_relationship",
              "organization_relationships: {static: [{name: a, domain_names: [a.b], minimum_protocol_version: 12.1}]}",
              "f:2:96: organization_relationships.static[0].minimum_protocol_version: '12.1' is below the least"},
        Wrong{"version", "redirect: {minimum_protocol_version: 14.x}",
              "f:2:38: redirect.minimum_protocol_version: '14.x'"},
        Wrong{"admin_word", "admin: maybe", "f:2:8: admin: must be a map of its keys, or off"},
        Wrong{"admin_port", "admin: {bind: '127.0.0.1:65536'}", "f:2:15: admin.bind: '127.0.0.1:65536' is no address"},
        Wrong{"admin_no_port", "admin: {bind: '127.0.0.1'}", "f:2:15: admin.bind: '127.0.0.1' is no address"},
        Wrong{"admin_v6", "admin: {bind: '::1:9451'}", "f:2:15: admin.bind: '::1:9451' is no address"},
        Wrong{"admin_zone", "admin: {bind: '[fe80::1%lo]:1'}", "f:2:15: admin.bind: '[fe80::1%lo]:1' is no address"},
        Wrong{"https_path", "exchange: {servers: [https://a/x]}",
              "f:2:22: exchange.servers: 'https://a/x' is no https"},
        Wrong{"https_slash", "exchange: {servers: ['https://a/']}",
              "f:2:22: exchange.servers: 'https://a/' is no https"},
        Wrong{"https_user", "exchange: {servers: ['https://u@a']}", "f:2:22: exchange.servers: 'https://u@a' is no"},
        Wrong{"https_port", "exchange: {servers: ['https://a:0']}", "f:2:22: exchange.servers: 'https://a:0' is no"},
        Wrong{"https_port_past", "exchange: {servers: ['https://a:65536']}",
              "f:2:22: exchange.servers: 'https://a:655"},
        Wrong{"exchange_without_servers", "exchange: {}", "f:2:1: exchange.servers: missing; give"},
        Wrong{"exchange_empty_servers", "exchange: {servers: []}",
              "f:2:12: exchange.servers: empty; give one or more"}),
    [](const auto& wrong) { return wrong.param.name; });

TEST(SettingsMistakes, NetworksNameTheOneThatWasMeant) {
    const auto with = [](const std::string& network) {
        return mistakes_of("listeners: [{bind: \"127.0.0.1:0\", trusted_proxies: ['" + network +
                           "']}]\npublic_names: [a]\ndirectory: {type: file, file: d.yaml}\n");
    };
    EXPECT_EQ(with("10.1.2.3/8"),
              "f:1:53: listeners[0].trusted_proxies: '10.1.2.3/8' has bits set behind its prefix; write 10.0.0.0/8\n");
    for (const char* bad : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/a", "::/129", "10.0.0", "proxy", "10.0.0.0/-1"}) {
        EXPECT_EQ(with(bad).find("f:1:53: listeners[0].trusted_proxies: '" + std::string(bad) + "' is no network"), 0U)
            << with(bad);
    }
    EXPECT_EQ(with("0.0.0.0/0"), "none\n");
    EXPECT_EQ(with("::/0"), "none\n");
}

TEST(SettingsMistakes, LdapServers) {
    const auto with = [](const std::string& server) {
        return mistakes_of("listeners: [{bind: \"127.0.0.1:0\", tls: {certificate: a, key: b}}]\n"
                           "directory: {ldap: {servers: ['" + server + "'], ca_file: a}}\n");
    };
    const std::string label = std::string(57, 'a') + '.';
    const std::string longest = "srv:" + label + label + label + label.substr(0, 57);  // 231 and 21 bytes
    EXPECT_EQ(with(longest), "none\n");
    EXPECT_EQ(with(longest + "aaa").find("f:2:30: directory.ldap.servers: '"), 0U);
    for (const char* good :
         {"ldap://dc1", "LDAPS://dc1:636", "ldaps://10.0.0.1", "ldap://[::1]:389", "srv:contoso.com"}) {
        EXPECT_EQ(with(good), "none\n") << good;
    }
    for (const char* bad : {"dc1", "ldapi:///x", "ldaps://", "ldaps://dc1:0", "ldaps://dc1:65536", "ldaps://dc1/",
                            "ldaps://u:p@dc1", "srv:", "srv:a b", "ldaps://dc1:x", "ldap://dc1?x"}) {
        EXPECT_EQ(with(bad).find("f:2:30: directory.ldap.servers: '"), 0U) << with(bad);
    }
}

TEST(SettingsMistakes, NameServers) {
    const auto with = [](const std::string& server) {
        return mistakes_of("listeners: [{bind: \"127.0.0.1:0\", tls: {certificate: a, key: b}}]\n"
                           "directory: {ldap: {servers: ['srv:a'], ca_file: a, name_servers: ['" + server + "']}}\n");
    };
    for (const char* good : {"10.0.0.53", "10.0.0.53:5353", "::1", "[::1]", "[::1]:65535", "2001:db8::35"}) {
        EXPECT_EQ(with(good), "none\n") << good;
    }
    for (const char* bad : {"dns.contoso.com", "10.0.0.53:0", "10.0.0.53:65536", "[10.0.0.53]", "10.0.0", "[::1", "[]",
                            "10.0.0.53:", "udp://10.0.0.53"}) {
        EXPECT_EQ(with(bad).find("f:2:67: directory.ldap.name_servers: '"), 0U) << with(bad);
    }
}

TEST(SettingsMistakes, NetbiosDomains) {
    const auto with = [](const std::string& map) {
        return mistakes_of(
            "listeners: [{bind: \"127.0.0.1:0\", tls: {certificate: a, key: b}}]\ndirectory: {ldap: {servers: [ldaps://a], "
            "netbios_domains: " +
            map + "}}\n");
    };
    EXPECT_EQ(with("{ABCDEFGHIJKLMNO: a.b}"), "none\n");
    EXPECT_NE(with("{ABCDEFGHIJKLMNOP: a.b}").find("is no NetBIOS name"), std::string::npos);
    EXPECT_NE(with("{A: 'a b'}").find("'a b' is no domain"), std::string::npos);
    EXPECT_NE(with("[A]").find("a list is no map of NetBIOS names"), std::string::npos);
}

std::string mistakes_of_ldap(const std::string& keys) {
    return mistakes_of("listeners: [{bind: \"127.0.0.1:0\", tls: {certificate: a, key: b}}]\n"
                       "directory: {ldap: {servers: [ldaps://a], " + keys + "}}\n");
}

TEST(SettingsMistakes, AttributeNames) {
    EXPECT_EQ(mistakes_of_ldap("attributes: {SAMACCOUNTNAME: uid}"), "none\n");
    EXPECT_NE(mistakes_of_ldap("attributes: {uid: uid}").find("'uid' is no attribute that is looked at"), std::string::npos);
    EXPECT_NE(mistakes_of_ldap("attributes: {mail: 'a)(b=*'}").find("'a)(b=*' is no attribute name"), std::string::npos);
    EXPECT_NE(mistakes_of_ldap("attributes: [mail]").find("a list is no map of attribute names"), std::string::npos);
}

TEST(SettingsMistakes, UserFilter) {
    EXPECT_EQ(mistakes_of_ldap("user_filter: '(&(a=b)(c=d))'"), "none\n");
    for (const char* bad : {"a=b", "(a=b", "(a=b)(c=d)", "()", ")a=b("}) {
        EXPECT_NE(mistakes_of_ldap("user_filter: '" + std::string(bad) + "'").find("is no LDAP filter"), std::string::npos) << bad;
    }
}

}  // namespace
}  // namespace eas451
