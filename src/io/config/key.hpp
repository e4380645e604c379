// SPDX-License-Identifier: Apache-2.0
// Key: one row of the settings table, and what the rows are made of. The table is the only place
// that knows the keys; whoever reads, prints or documents settings walks it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "eas451/io/config/settings.hpp"

namespace eas451 {

/// The value of a key between the text of a file and the member of Settings. Durations are in
/// milliseconds, sizes in bytes, choices an index into the choices; paths, addresses and versions are
/// text. No value: not given, which is the default.
using Value = std::variant<std::monostate, bool, std::int64_t, std::string, std::vector<std::string>,
                           std::map<std::string, std::string>>;

/// What a value may be. Each has a row in kinds.cpp that reads, prints and describes it.
enum class Kind : std::uint8_t {
    section,           // a map of further keys
    section_or_off,    // the same, or `off`
    optional_section,  // the same; left out, the feature is off
    list,              // a list of maps
    boolean,
    duration,
    size,
    count,
    workers,
    choice,
    text,
    path,
    log_path,
    bind,
    version,
    realm,
    host_name,
    host_pattern,
    domain_name,
    network,
    ldap_server,
    name_server,
    https_server,
    owa_url,
    eas_url,
    ldap_filter,
    netbios_domains,
    attribute_names,
};

struct Type {
    Kind kind;
    bool many = false;       // a list of such values
    std::int64_t least = 0;  // duration, size, count, workers
    std::int64_t most = 0;
    std::string_view choices{};  // "on|off|report", in the order of the enumeration
    bool required = false;
};

/// Which map of each list that a path goes through ("[]"), from the outermost in.
using Indices = std::vector<std::size_t>;

/// Reads and writes the member of Settings. Of a section: whether it is there; of a list: how many.
struct Binding {
    Value (*get)(const Settings& settings, const Indices& at) = nullptr;
    void (*set)(Settings& settings, const Indices& at, const Value& value) = nullptr;
};

struct Key {
    std::string_view path;  // "directory.cache.ttl", "listeners[].bind"
    Type type;
    std::string_view fallback;  // the default as YAML; empty: none
    std::string_view example;   // as YAML, for the example at the top of the reference; empty: left out
    Binding value;
    std::string_view text;  // what it is for: plain sentences
};

/// All rows: a section or list before what is in it, and in the order in which they are shown.
std::span<const Key> settings_table();

/// The keys directly in a section or in the maps of a list, by prefix_of() it; those of the top for an
/// empty prefix.
std::vector<const Key*> keys_in(std::string_view prefix);
/// What a path starts with that is below this key: "limits." or "listeners[].".
std::string prefix_of(const Key& key);
std::string_view last_name(std::string_view path);
std::vector<std::string_view> choices_of(const Type& type);
bool is_section(Kind kind);
constexpr bool is_map(Kind kind) { return kind == Kind::netbios_domains || kind == Kind::attribute_names; }

}  // namespace eas451
