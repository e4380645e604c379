// SPDX-License-Identifier: Apache-2.0
// What is made from the table of keys: the effective configuration, the reference, the schema.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "eas451/io/config/settings.hpp"

namespace eas451 {
namespace {

using Json = nlohmann::json;

Settings settings_of(std::string_view text) {
    auto result = parse_settings(text, "/etc/eas451/eas451.yaml");
    if (result.has_value()) return *std::move(result);
    for (const Mistake& mistake : result.error()) ADD_FAILURE() << to_string(mistake);
    return {};
}

std::string contents_of(const std::string& file) {
    std::ifstream stream(std::string(EAS451_SOURCE_DIR) + "/" + file, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

const std::string minimal = "listeners: [{bind: \"127.0.0.1:0\"}]\npublic_names: [mail.contoso.com]\n"
    "directory: {type: file, file: d.yaml}\n";

TEST(ShowSettings, ReadsBackToTheSameSettings) {
    const Settings settings = settings_of(minimal + R"(
user: "null"
workers: 12
admin: {unix: "a b/\u00e9\"#: {.sock"}
authentication: {realm: " a: b #"}
exchange: {servers: [https://ex1], max_body: 65537}
limits: {idle: 1500ms, head: 90s, connections: 1}
organization_relationships:
  static:
    - {name: "on", domain_names: [a.example], minimum_protocol_version: 16.1}
    - {name: "1e3", domain_names: [b.example], eas_url: "https://b.example:444/x"}
redirect: {mode: off, only_users: ["a\\b", "- c", "~"], skip: {user_agents: ["{x", "!y", "&z", "*w", "%v", "@u", "'t"]}}
access_log: {path: "a'b"}
)");
    const std::string yaml = show_settings(settings);
    const Settings again = settings_of(yaml);
    EXPECT_EQ(show_settings(again), yaml);
    EXPECT_EQ(again.user, "null");
    EXPECT_EQ(again.realm, " a: b #");
    EXPECT_EQ(std::get<std::filesystem::path>(again.admin.where), "/etc/eas451/a b/\xC3\xA9\"#: {.sock");
    EXPECT_EQ(again.limits.idle, std::chrono::milliseconds(1500));
    EXPECT_EQ(again.exchange->max_body, 65537U);
    EXPECT_EQ(again.static_relationships[0].name, "on");
    EXPECT_EQ(again.static_relationships[1].name, "1e3");
    EXPECT_EQ(again.policy.skip_user_agents, settings.policy.skip_user_agents);
    EXPECT_EQ(again.policy.only_users, (std::vector<std::string>{"- c", "a\\b", "~"}));
    EXPECT_EQ(again.policy.mode, RedirectMode::off);
    EXPECT_EQ(show_settings_json(settings_of(show_settings_json(settings))), show_settings_json(settings));
}

TEST(ShowSettings, WritesForPeople) {
    const std::string yaml = show_settings(settings_of(minimal));
    EXPECT_EQ(yaml.find("listeners:\n  - bind: \"127.0.0.1:0\"\n    tls: \"off\"\n    trusted_proxies: []\n"), 0U)
        << yaml;
    EXPECT_NE(yaml.find("\nworkers: auto\n"), std::string::npos);
    EXPECT_NE(yaml.find("\n  idle: 2m\n"), std::string::npos);
    EXPECT_NE(yaml.find("\nexchange: null\n"), std::string::npos);
    EXPECT_NE(yaml.find("\n  file: /etc/eas451/d.yaml\n"), std::string::npos);
    EXPECT_NE(show_settings(settings_of(minimal + "admin: off\n")).find("\nadmin: \"off\"\n"), std::string::npos);
}

TEST(ShowSettings, MasksAPasswordInAUrl) {
    Settings settings = settings_of(minimal);
    settings.static_relationships.resize(1);
    settings.static_relationships[0].target_owa_url = "https://user:hunter2@a.example/owa@x";
    settings.exchange.emplace().servers = {"https://a:hunter2@b", "https://a@b", "https://b:443"};
    for (const std::string& text : {show_settings(settings), show_settings_json(settings)}) {
        EXPECT_EQ(text.find("hunter2"), std::string::npos);
        EXPECT_NE(text.find("https://user:***@a.example/owa@x"), std::string::npos);
        EXPECT_NE(text.find("https://a:***@b"), std::string::npos);
        EXPECT_NE(text.find("https://b:443"), std::string::npos);
    }
}

/// Every key of the schema with its own schema, by its path; what is in a list by "[]".
void collect(const Json& schema, const std::string& path, std::map<std::string, Json>& keys) {
    const Json* map = &schema;
    if (schema.contains("anyOf")) {
        for (const Json& choice : schema["anyOf"]) {
            if (choice.contains("properties")) map = &choice;
        }
    }
    if (map->contains("items")) collect((*map)["items"], path + "[]", keys);
    if (!map->contains("properties")) return;
    EXPECT_EQ((*map)["additionalProperties"], false) << path;
    for (const auto& [name, key] : (*map)["properties"].items()) {
        const std::string key_path = path.empty() ? name : path + '.' + name;
        keys[key_path] = key;
        collect(key, key_path, keys);
    }
}

std::map<std::string, Json> schema_keys() {
    std::map<std::string, Json> keys;
    collect(Json::parse(settings_schema()), "", keys);
    return keys;
}

/// Every key that is shown of settings in which everything is there.
void collect_shown(const Json& value, const std::string& path, std::set<std::string>& paths) {
    if (value.is_array() && !value.empty() && value[0].is_object()) return collect_shown(value[0], path + "[]", paths);
    if (!value.is_object() || path == "directory.ldap.netbios_domains" || path == "directory.ldap.attributes") return;
    for (const auto& [name, entry] : value.items()) {
        const std::string key_path = path.empty() ? name : path + '.' + name;
        paths.insert(key_path);
        collect_shown(entry, key_path, paths);
    }
}

Settings with_everything() {
    return settings_of("directory: {type: file, file: d.yaml}\n"
                       "listeners: [{bind: \"127.0.0.1:0\", tls: {certificate: a, key: b, others: [{certificate: c, key: d}]}}]\n"
                       "admin: {tls: {certificate: a, key: b, others: [{certificate: c, key: d}]}}\n"
                       "organization_relationships: {static: [{name: a, domain_names: [a.b]}]}\n"
                       "exchange: {servers: [https://a]}\n");
}

TEST(SettingsSchema, ListsEveryKeyWithItsText) {
    std::set<std::string> in_schema;
    for (const auto& [path, key] : schema_keys()) {
        in_schema.insert(path);
        EXPECT_FALSE(key["description"].get<std::string>().empty()) << path;
    }
    std::set<std::string> shown;
    collect_shown(Json::parse(show_settings_json(with_everything())), "", shown);
    EXPECT_EQ(in_schema, shown);
    EXPECT_GE(in_schema.size(), 65U);
}

TEST(SettingsSchema, DefaultsAreThoseOfTheProgram) {
    const Json shown = Json::parse(show_settings_json(with_everything()));
    std::size_t compared = 0;
    for (const auto& [path, key] : schema_keys()) {
        // Given in with_everything(), because nothing is there without them.
        static const std::set<std::string> given{"directory.type", "listeners[].tls", "admin.tls",
                                                 "organization_relationships.static", "listeners[].tls.others", "admin.tls.others"};
        if (!key.contains("default") || given.contains(path)) continue;
        std::string pointer = "/" + path;
        for (std::size_t at = 0; (at = pointer.find("[].", at)) != std::string::npos;) pointer.replace(at, 3, "/0/");
        std::replace(pointer.begin(), pointer.end(), '.', '/');
        EXPECT_EQ(shown.at(Json::json_pointer(pointer)), key["default"]) << path;
        ++compared;
    }
    EXPECT_GE(compared, 30U);
    EXPECT_EQ(schema_keys().at("directory.type")["default"], "ldap");
    EXPECT_EQ(Settings().directory.type, DirectoryType::ldap);
}

TEST(SettingsSchema, HasPatternsChoicesAndLimits) {
    const auto keys = schema_keys();
    EXPECT_EQ(Json::parse(settings_schema())["$schema"], "https://json-schema.org/draft/2020-12/schema");
    EXPECT_EQ(Json::parse(settings_schema())["required"], Json::array({"listeners"}));
    EXPECT_EQ(keys.at("redirect.mode")["enum"], Json::array({"on", "off", "report", nullptr}));
    EXPECT_TRUE(keys.at("limits.idle").contains("pattern"));
    EXPECT_EQ(keys.at("limits.connections")["maximum"], 1000000);
    EXPECT_EQ(keys.at("workers")["anyOf"][1]["minimum"], 1);
    EXPECT_EQ(keys.at("exchange.servers")["minItems"], 1);
}

TEST(SettingsReference, IsTheFileInDocs) {
    // To renew it: eas451 config reference > docs/configuration.md
    EXPECT_EQ(contents_of("docs/configuration.md"), settings_reference());
}

TEST(SettingsReference, NamesEveryKeyAndItsExampleIsAGoodConfiguration) {
    const std::string reference = settings_reference();
    for (const auto& [path, key] : schema_keys()) {
        EXPECT_NE(reference.find("\n| `" + path + "` |"), std::string::npos) << path;
    }
    const std::size_t start = reference.find("```yaml\n") + 8;
    const Settings example = settings_of(reference.substr(start, reference.find("```", start) - start));
    EXPECT_EQ(example.static_relationships.size(), 1U);
    EXPECT_TRUE(example.exchange);
}

TEST(SettingsFiles, OfTheSourcesLoad) {
    for (const char* file : {"config/eas451.yaml", "config/lab.yaml"}) {
        const auto loaded = load_settings(std::string(EAS451_SOURCE_DIR) + "/" + file);
        if (loaded.has_value()) continue;
        for (const Mistake& mistake : loaded.error()) ADD_FAILURE() << to_string(mistake);
    }
    const Settings lab = *load_settings(std::string(EAS451_SOURCE_DIR) + "/config/lab.yaml");
    EXPECT_TRUE(lab.lab);
    EXPECT_TRUE(lab.authenticate);
    EXPECT_EQ(lab.listeners.at(0).bind.to_string(), "127.0.0.1:8443");
    EXPECT_EQ(lab.directory.file, std::string(EAS451_SOURCE_DIR) + "/config/directory.yaml");
    const Settings production = *load_settings(std::string(EAS451_SOURCE_DIR) + "/config/eas451.yaml");
    EXPECT_FALSE(production.lab);
    EXPECT_TRUE(production.exchange);
}

}  // namespace
}  // namespace eas451
