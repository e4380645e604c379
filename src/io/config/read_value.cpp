// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>

#include "addresses.hpp"
#include "eas451/core/answer.hpp"
#include "eas451/core/smtp_address.hpp"
#include "eas451/core/text.hpp"
#include "kinds.hpp"

namespace eas451 {
namespace {

/// What is wrong, and the mend.
struct Complaint {
    std::string text;
};
using Reading = Result<Value, Complaint>;

/// A scalar that is not empty and holds no control bytes.
struct Scalar {
    const Type& type;
    std::string_view text;
    bool quoted;
    const std::filesystem::path& folder;
};

std::string joined(const std::vector<std::string_view>& words) {
    std::string text;
    for (const std::string_view word : words) text += (text.empty() ? "" : ", ") + std::string(word);
    return text;
}

std::string form_of(const Type& type) {
    if (type.kind == Kind::choice) return "one of " + joined(choices_of(type));
    return std::string(traits_of(type.kind).form);
}

Complaint wrong(const Type& type, const std::string& what) {
    return {what + " is no " + std::string(traits_of(type.kind).name) + "; write " + form_of(type)};
}
Complaint wrong(const Scalar& scalar) {
    return wrong(scalar.type, shown(scalar.text));
}

std::optional<std::int64_t> parse_digits(std::string_view text) {
    constexpr std::size_t most_digits = 12;
    std::int64_t number = 0;
    if (text.empty() || text.size() > most_digits || !std::all_of(text.begin(), text.end(), is_ascii_digit)) {
        return std::nullopt;
    }
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::optional<std::int64_t> factor_of(Kind kind, std::string_view unit) {
    for (const Unit& known : units_of(kind)) {
        if (known.name == unit) return known.factor;
    }
    return std::nullopt;
}

Reading read_number(const Scalar& scalar) {
    const Kind kind = scalar.type.kind;
    if (kind == Kind::workers && scalar.text == "auto") return Value(std::int64_t{0});
    const std::size_t digits = std::min(scalar.text.find_first_not_of("0123456789"), scalar.text.size());
    const auto number = parse_digits(scalar.text.substr(0, digits));
    const auto factor = factor_of(kind, scalar.text.substr(digits));
    const bool may_be_quoted = kind == Kind::duration || kind == Kind::size;
    if (!number || !factor || (scalar.quoted && !may_be_quoted)) return wrong(scalar);
    constexpr auto too_many = std::numeric_limits<std::int64_t>::max();
    const std::int64_t value = *number > too_many / *factor ? too_many : *number * *factor;
    const Type& type = scalar.type;
    if (value >= type.least && value <= type.most) return Value(value);
    const bool below = value < type.least;
    return Complaint{std::string(scalar.text) + (below ? " is below the least, " : " is above the most, ") +
                     print_number(kind, below ? type.least : type.most) + "; use " + print_range(type)};
}

Reading read_boolean(const Scalar& scalar) {
    for (const std::string_view word : {"true", "on", "yes"}) {
        if (!scalar.quoted && scalar.text == word) return Value(true);
    }
    for (const std::string_view word : {"false", "off", "no"}) {
        if (!scalar.quoted && scalar.text == word) return Value(false);
    }
    return wrong(scalar);
}

Reading read_choice(const Scalar& scalar) {
    const auto choices = choices_of(scalar.type);
    const auto found = std::find(choices.begin(), choices.end(), scalar.text);
    if (found != choices.end()) return Value(std::int64_t{found - choices.begin()});
    return Complaint{shown(scalar.text) + " is not known here; write " + form_of(scalar.type)};
}

Reading read_path(const Scalar& scalar) {
    if (scalar.type.kind == Kind::log_path && scalar.text == "-") return Value(std::string("-"));
    constexpr std::string_view credentials = "$CREDENTIALS_DIRECTORY/";
    if (scalar.text.starts_with(credentials)) {
        const char* const folder = std::getenv("CREDENTIALS_DIRECTORY");
        if (folder == nullptr || *folder == '\0') {
            return Complaint{
                "the variable CREDENTIALS_DIRECTORY is not set; start as a systemd service with LoadCredential=, or "
                "set it"};
        }
        return Value(
            (std::filesystem::path(folder) / scalar.text.substr(credentials.size())).lexically_normal().string());
    }
    return Value((scalar.folder / scalar.text).lexically_normal().string());
}

/// What YAML and JSON read as something else: a number, a switch. Nothing at all has no scalar.
bool is_no_text(const Scalar& scalar) {
    constexpr std::string_view words[] = {"true", "false", "on", "off", "yes", "no"};
    if (scalar.quoted) return false;
    const auto is_it = [&scalar](std::string_view word) { return equals_ignore_case(word, scalar.text); };
    if (std::any_of(std::begin(words), std::end(words), is_it)) return true;
    double number = 0;
    const char* const end = scalar.text.data() + scalar.text.size();
    const char* const begin = scalar.text.data() + (scalar.text.starts_with('+') ? 1 : 0);
    const bool begins_as_one = begin != end && (is_ascii_digit(*begin) || *begin == '-' || *begin == '.');
    return begins_as_one && std::from_chars(begin, end, number).ptr == end;
}

Reading read_text(const Scalar& scalar) {
    if (is_no_text(scalar)) return Complaint{shown(scalar.text) + " is no text; put it in quotes, if it is meant"};
    return Value(std::string(scalar.text));
}

Reading checked(const Scalar& scalar, bool good) {
    if (!good) return wrong(scalar);
    return Value(std::string(scalar.text));
}
Reading lower_cased(const Scalar& scalar, bool good) {
    if (!good) return wrong(scalar);
    return Value(ascii_lower(scalar.text));
}
Reading lower_cased(const Scalar& scalar, std::optional<std::string> good) {
    if (!good) return wrong(scalar);
    return Value(*std::move(good));
}

Reading read_bind(const Scalar& scalar) {
    const auto address = parse_bind_address(scalar.text);
    if (!address) return wrong(scalar);
    return Value(address->to_string());
}

Reading read_version(const Scalar& scalar) {
    const auto version = ProtocolVersion::parse(scalar.text);
    if (!version) return wrong(scalar);
    if (*version < first_version_with_status) {
        return Complaint{shown(scalar.text) + " is below the least, " + first_version_with_status.to_string() +
                         ", before which devices do not understand a 451; write " + form_of(scalar.type)};
    }
    return Value(version->to_string());
}

Reading read_network(const Scalar& scalar) {
    Network network = parse_network(scalar.text);
    if (network.canonical) return Value(*std::move(network.canonical));
    if (network.nearest.empty()) return wrong(scalar);
    return Complaint{shown(scalar.text) + " has bits set behind its prefix; write " + network.nearest};
}

Reading read_name_server(const Scalar& scalar) {
    const auto address = parse_name_server(scalar.text);
    if (!address) return wrong(scalar);
    return Value(address->to_string());
}

/// With the longest name that is asked for in front, it is still a name.
bool is_srv_domain(std::string_view domain) {
    constexpr std::string_view longest = "_ldap._tcp.dc._msdcs.";
    return is_domain_name(std::string(longest) + std::string(domain));
}

Reading read_ldap_server(const Scalar& scalar) {
    constexpr std::string_view srv = "srv:";
    if (scalar.text.starts_with(srv)) return lower_cased(scalar, is_srv_domain(scalar.text.substr(srv.size())));
    auto url = parse_server_url(scalar.text, "ldaps");
    return lower_cased(scalar, url ? std::move(url) : parse_server_url(scalar.text, "ldap"));
}

Reading read_target(const Scalar& scalar) {
    const auto url =
        scalar.type.kind == Kind::eas_url ? eas_url_from_override(scalar.text) : eas_url_from_owa_url(scalar.text);
    if (url.has_value()) return Value(std::string(scalar.text));
    return Complaint{shown(mask_password(std::string(scalar.text))) + " cannot be used (" +
                     std::string(to_string(url.error())) + "); write " + form_of(scalar.type)};
}

/// Whether the brackets are those of one filter; what is between them, the codec knows.
bool is_in_brackets(std::string_view text) {
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '(') ++depth;
        if (text[i] == ')') --depth;
        if (depth <= 0 && i + 1 != text.size()) return false;
    }
    return depth == 0 && text.size() > 2;
}

Reading read_scalar(const Scalar& scalar) {
    const std::string_view text = scalar.text;
    switch (scalar.type.kind) {
        case Kind::boolean:
            return read_boolean(scalar);
        case Kind::duration:
        case Kind::size:
        case Kind::count:
        case Kind::workers:
            return read_number(scalar);
        case Kind::choice:
            return read_choice(scalar);
        case Kind::path:
        case Kind::log_path:
            return read_path(scalar);
        case Kind::bind:
            return read_bind(scalar);
        case Kind::version:
            return read_version(scalar);
        case Kind::realm:
            return is_no_text(scalar) ? read_text(scalar) : checked(scalar, is_valid_realm(text));
        case Kind::host_name:
        case Kind::domain_name:
            return lower_cased(scalar, is_domain_name(text));
        case Kind::host_pattern:
            return lower_cased(scalar, is_domain_name(text.substr(text.starts_with("*.") ? 2 : 0)));
        case Kind::network:
            return read_network(scalar);
        case Kind::ldap_server:
            return read_ldap_server(scalar);
        case Kind::name_server:
            return read_name_server(scalar);
        case Kind::https_server:
            return lower_cased(scalar, parse_server_url(text, "https"));
        case Kind::owa_url:
        case Kind::eas_url:
            return read_target(scalar);
        case Kind::ldap_filter:
            return checked(scalar, is_in_brackets(text));
        default:
            return read_text(scalar);
    }
}

std::string_view node_name(NodeKind kind) {
    if (kind == NodeKind::sequence) return "a list";
    return kind == NodeKind::mapping ? "a map" : "nothing";
}

std::optional<Value> read_one(const Type& type, const Node& node, const std::filesystem::path& folder,
                              const Complain& complain) {
    const auto reading = [&]() -> Reading {
        if (node.kind != NodeKind::scalar) return wrong(type, std::string(node_name(node.kind)));
        if (node.scalar.empty()) return Complaint{"empty; write " + form_of(type) + ", or leave the key out"};
        if (contains_control(node.scalar)) return Complaint{"a control byte in " + shown(node.scalar) + "; remove it"};
        return read_scalar({type, node.scalar, node.quoted, folder});
    }();
    if (reading.has_value()) return *reading;
    complain(node.at, reading.error().text);
    return std::nullopt;
}

std::optional<Value> read_many(const Type& type, const Node& node, const std::filesystem::path& folder,
                               const Complain& complain) {
    if (node.kind != NodeKind::sequence) {
        complain(node.at, "must be a list; write its items in [brackets], or one a line after a dash");
        return std::nullopt;
    }
    std::vector<std::string> items;
    for (const Node& item : node.items) {
        if (auto value = read_one(type, item, folder, complain)) items.push_back(std::get<std::string>(*value));
    }
    if (items.size() != node.items.size()) return std::nullopt;
    return items;
}

}  // namespace

std::string shown(std::string_view text) {
    constexpr std::size_t most = 60;
    std::string copy = text.size() > most ? std::string(text.substr(0, most)) + "..." : std::string(text);
    std::replace_if(copy.begin(), copy.end(), is_control, '?');
    return '\'' + copy + '\'';
}

std::optional<Value> read_value(const Type& type, const Node& node, const std::filesystem::path& folder,
                                const Complain& complain) {
    if (is_map(type.kind)) return read_names(type, node, complain);
    return type.many ? read_many(type, node, folder, complain) : read_one(type, node, folder, complain);
}

}  // namespace eas451
