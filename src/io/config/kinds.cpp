// SPDX-License-Identifier: Apache-2.0
#include "kinds.hpp"

#include <algorithm>
#include <array>

namespace eas451 {
namespace {

constexpr std::array traits{
    KindTraits{Kind::section, "section", "a map of its keys", ""},
    KindTraits{Kind::section_or_off, "section or off", "a map of its keys, or off", ""},
    KindTraits{Kind::optional_section, "section", "a map of its keys", ""},
    KindTraits{Kind::list, "list of maps", "a list of maps, each item after a dash", ""},
    KindTraits{Kind::boolean, "switch", "true or false (or on, off, yes, no), without quotes",
               R"({"enum": [true, false, "on", "off", "yes", "no"]})"},
    KindTraits{Kind::duration, "duration", "a number with ms, s, m, h or d behind it, as in 30s",
               R"({"type": "string", "pattern": "^[0-9]{1,12}(ms|s|m|h|d)$"})"},
    KindTraits{Kind::size, "size", "a number of bytes, or one with KiB, MiB or GiB behind it, as in 64MiB",
               R"({"type": ["string", "integer"], "pattern": "^[0-9]{1,12}(KiB|MiB|GiB)?$"})"},
    KindTraits{Kind::count, "number", "a whole number, without quotes", R"({"type": "integer"})"},
    KindTraits{Kind::workers, "number of workers", "auto, or a whole number without quotes", ""},
    KindTraits{Kind::choice, "choice", "", ""},
    KindTraits{Kind::text, "text", "text, in quotes if it looks like something else",
               R"({"type": ["string", "number", "boolean"], "minLength": 1})"},
    KindTraits{Kind::path, "path", "the path of a file", R"({"type": "string", "minLength": 1})"},
    KindTraits{Kind::log_path, "path or -", "the path of a file, or \"-\" for stdout",
               R"({"type": "string", "minLength": 1})"},
    KindTraits{Kind::bind, "address and port",
               "a numeric address and a port, as in \"127.0.0.1:8443\" or \"[::1]:8443\"",
               R"({"type": "string", "pattern": "^([0-9.]+|\\[[0-9A-Fa-f:.]+\\]):[0-9]{1,5}$"})"},
    KindTraits{Kind::version, "EAS version", "a version, as in 14.0, with or without quotes",
               R"({"type": ["string", "number"], "minimum": 14,
                   "pattern": "^(0?1[4-9]|0?[2-9][0-9]|[1-9][0-9]{2})\\.[0-9]{1,3}$"})"},
    KindTraits{Kind::realm, "realm", "1 to 128 visible characters, without double quotes and backslashes",
               R"({"type": "string", "pattern": "^[ !#-\\[\\]-~]{1,128}$"})"},
    KindTraits{Kind::host_name, "host name", "a host name, as in mail.contoso.com",
               R"({"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,253}$"})"},
    KindTraits{Kind::host_pattern, "host name or pattern", "a host name, as in mail.contoso.com or *.contoso.com",
               R"({"type": "string", "pattern": "^(\\*\\.)?[A-Za-z0-9_.-]{1,253}$"})"},
    KindTraits{Kind::domain_name, "domain", "a domain, as in contoso.mail.onmicrosoft.com",
               R"({"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,253}$"})"},
    KindTraits{Kind::network, "network", "a network, as in 10.0.0.0/8 or 2001:db8::/32",
               R"({"type": "string", "pattern": "^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$"})"},
    KindTraits{Kind::ldap_server, "LDAP server",
               "ldaps://HOST, ldap://HOST (which means StartTLS), each with :PORT if it is not the usual one, "
               "or srv:DOMAIN",
               R"({"type": "string", "pattern": "^([Ll][Dd][Aa][Pp][Ss]?://[^/@?#]+|srv:[A-Za-z0-9_.-]+)$"})"},
    KindTraits{Kind::name_server, "name server",
               "a numeric address, with :PORT if it is not 53, as in 10.0.0.53, \"10.0.0.53:5353\" or \"[::1]:53\"",
               R"({"type": "string", "pattern": "^([0-9.]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?$|^[0-9A-Fa-f:.]+$"})"},
    KindTraits{Kind::https_server, "https server", "https://HOST or https://HOST:PORT, with nothing behind it",
               R"({"type": "string", "pattern": "^[Hh][Tt][Tt][Pp][Ss]://[^/@?#]+$"})"},
    KindTraits{Kind::owa_url, "OWA URL", "a URL, as in https://outlook.office.com/mail",
               R"({"type": "string", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"})"},
    KindTraits{Kind::eas_url, "EAS URL", "an https URL, as in https://mail.contoso.com/Microsoft-Server-ActiveSync",
               R"({"type": "string", "pattern": "^[Hh][Tt][Tt][Pp][Ss]://"})"},
    KindTraits{
        Kind::netbios_domains, "map of NetBIOS names to domains",
        "a map of NetBIOS names to domains, as in {CONTOSO: contoso.com}",
        R"({"type": "object", "additionalProperties": {"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,253}$"}})"},
    KindTraits{Kind::ldap_filter, "LDAP filter", "a filter in brackets, as in (objectClass=inetOrgPerson)",
               R"({"type": "string", "pattern": "^\\(.*\\)$"})"},
    KindTraits{Kind::attribute_names, "map of attribute names", "a map of attribute names, as in {sAMAccountName: uid}",
               R"({"type": "object", "additionalProperties": {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9-]{0,127}$"}})"},
};

constexpr std::array durations{Unit{"d", 86400000}, Unit{"h", 3600000}, Unit{"m", 60000}, Unit{"s", 1000},
                               Unit{"ms", 1}};
constexpr std::array sizes{Unit{"GiB", 1 << 30U}, Unit{"MiB", 1 << 20U}, Unit{"KiB", 1 << 10U}, Unit{"", 1}};
constexpr std::array no_unit{Unit{"", 1}};

std::string in_units(std::int64_t number, std::span<const Unit> units) {
    for (const Unit& unit : units) {
        if (number >= unit.factor && number % unit.factor == 0) {
            return std::to_string(number / unit.factor) + std::string(unit.name);
        }
    }
    return "0";
}

}  // namespace

const KindTraits& traits_of(Kind kind) {
    return *std::find_if(traits.begin(), traits.end(), [&](const KindTraits& row) { return row.kind == kind; });
}

std::span<const Unit> units_of(Kind kind) {
    if (kind == Kind::duration) return durations;
    return kind == Kind::size ? std::span<const Unit>(sizes) : std::span<const Unit>(no_unit);
}

std::string print_number(Kind kind, std::int64_t number) {
    if (kind == Kind::duration && number == 0) return "0s";
    if (kind == Kind::duration || kind == Kind::size) return in_units(number, units_of(kind));
    if (kind == Kind::workers && number == 0) return "auto";
    return std::to_string(number);
}

std::string print_range(const Type& type) {
    if (type.most == 0) return {};
    return print_number(type.kind, type.least) + " to " + print_number(type.kind, type.most);
}

}  // namespace eas451
