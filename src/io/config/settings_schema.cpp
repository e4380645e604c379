// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "eas451/io/document/document.hpp"
#include "kinds.hpp"
#include "yaml_text.hpp"

namespace eas451 {
namespace {

using Json = nlohmann::ordered_json;

Json schema_of_map(const std::string& prefix);

/// The same schema, which also takes null: a key that is null has its default.
Json or_null(Json schema) {
    if (schema.contains("enum")) {
        schema["enum"].push_back(nullptr);
    } else if (schema.contains("anyOf")) {
        schema["anyOf"].push_back({{"type", "null"}});
    } else {
        Json types = schema["type"].is_array() ? schema["type"] : Json::array({schema["type"]});
        types.push_back("null");
        schema["type"] = std::move(types);
    }
    return schema;
}

Json schema_of_one(const Type& type) {
    if (type.kind == Kind::choice) return {{"enum", choices_of(type)}};
    Json number{{"type", "integer"}, {"minimum", type.least}, {"maximum", type.most}};
    if (type.kind == Kind::count) return number;
    if (type.kind == Kind::workers) return {{"anyOf", Json::array({{{"const", "auto"}}, number})}};
    return Json::parse(traits_of(type.kind).schema);
}

Json schema_of_value(const Type& type) {
    if (!type.many) return schema_of_one(type);
    Json list{{"type", "array"}, {"items", schema_of_one(type)}};
    if (type.required) list["minItems"] = 1;
    return list;
}

Json schema_of_key(const Key& key) {
    switch (key.type.kind) {
        case Kind::section:
        case Kind::optional_section:
            return schema_of_map(prefix_of(key));
        case Kind::section_or_off:
            return {{"anyOf", Json::array({{{"enum", {"off", "no", false}}}, schema_of_map(prefix_of(key))})}};
        case Kind::list: {
            Json list{{"type", "array"}, {"items", schema_of_map(prefix_of(key))}};
            if (key.type.required) list["minItems"] = 1;
            return list;
        }
        default:
            return schema_of_value(key.type);
    }
}

Json default_of(const Key& key) {
    if (key.type.kind == Kind::section_or_off) return std::string(key.fallback);
    if (key.type.kind == Kind::list) return Json::array();
    const auto node = parse_document(key.fallback, "default");
    return json_of(key.type, *read_value(key.type, *node, {}, [](Position, const std::string&) {}));
}

Json schema_of_map(const std::string& prefix) {
    Json properties = Json::object();
    Json required = Json::array();
    for (const Key* key : keys_in(prefix)) {
        Json schema = schema_of_key(*key);
        if (!key->type.required) schema = or_null(std::move(schema));
        schema["description"] = key->text;
        if (const std::string range = print_range(key->type); !range.empty()) {
            schema["description"] = std::string(key->text) + " From " + range + '.';
        }
        if (!key->fallback.empty()) schema["default"] = default_of(*key);
        if (key->type.required) required.push_back(last_name(key->path));
        properties[std::string(last_name(key->path))] = std::move(schema);
    }
    Json map{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
    if (!required.empty()) map["required"] = std::move(required);
    return map;
}

}  // namespace

std::string settings_schema() {
    Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "eas451 configuration"}};
    schema.update(schema_of_map(""));
    return schema.dump(2) + '\n';
}

}  // namespace eas451
