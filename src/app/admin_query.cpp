// SPDX-License-Identifier: Apache-2.0
#include "admin_query.hpp"

#include <algorithm>
#include <optional>

#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

using Parameters = std::map<std::string, std::string>;

Result<std::string, std::string> decoded(std::string_view text) {
    std::string plain(text);
    std::ranges::replace(plain, '+', ' ');
    auto bytes = percent_decode(plain);
    if (!bytes) return {boost::system::in_place_error, "a % in the query is not followed by two hexadecimal digits"};
    if (contains_control(*bytes) || !is_valid_utf8(*bytes)) {
        return {boost::system::in_place_error, "the query holds a control byte, or is not UTF-8"};
    }
    return {boost::system::in_place_value, std::move(*bytes)};
}

}  // namespace

Result<Parameters, std::string> parse_admin_query(std::string_view query) {
    Parameters parameters;
    while (!query.empty()) {
        const std::string_view one = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), one.size() + 1));
        if (one.empty()) continue;
        const std::size_t equals = std::min(one.find('='), one.size());
        auto name = decoded(one.substr(0, equals));
        if (!name) return {boost::system::in_place_error, name.error()};
        auto value = decoded(one.substr(std::min(one.size(), equals + 1)));
        if (!value) return {boost::system::in_place_error, value.error()};
        if (!parameters.try_emplace(*name, std::move(*value)).second) {
            return {boost::system::in_place_error, "parameter " + *name + " stands there twice"};
        }
    }
    return parameters;
}

Result<ExplainRequest, std::string> explain_request_of(std::string_view query) {
    auto parameters = parse_admin_query(query);
    if (!parameters) return {boost::system::in_place_error, parameters.error()};
    const auto take = [&parameters](const char* name) -> std::optional<std::string> {
        auto node = parameters->extract(name);
        if (node.empty()) return std::nullopt;
        return std::move(node.mapped());
    };
    ExplainRequest asked;
    asked.login = take("login").value_or("");
    asked.protocol_version = take("protocol_version");
    const auto command = take("command");
    const auto method = take("method");
    if (command && method) return {boost::system::in_place_error, "method excludes command"};
    asked.command = command.value_or(asked.command);
    asked.method = method.value_or(asked.method);
    asked.user_agent = take("user_agent").value_or(asked.user_agent);
    asked.device_type = take("device_type").value_or(asked.device_type);
    if (!parameters->empty()) {
        return {boost::system::in_place_error, "no parameter " + parameters->begin()->first +
                                                   " is known; there are login, protocol_version, command, method, user_agent, device_type"};
    }
    if (asked.login.empty()) return {boost::system::in_place_error, "login: whose? login=user@domain, NETBIOS\\user or user"};
    if (asked.method != "POST" && asked.method != "OPTIONS") return {boost::system::in_place_error, "method: not POST or OPTIONS"};
    return asked;
}

}  // namespace eas451
